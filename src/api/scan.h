/* SPDX-License-Identifier: MIT */
/*
 * scan.h -- JSON read from front to back, value by value, without a tree: a metric costs no
 * more than its bytes.  Everything is bounded by the text; nesting by SCAN_DEPTH.
 *
 * Beyond RFC 8259, as Python's parser: NaN, Infinity and -Infinity are numbers.  Text that
 * is not UTF-8 is a mistake; \u0000, which no text of ours can hold, and a lone surrogate
 * become U+FFFD.
 */
#ifndef SCAN_H
#define SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { SCAN_DEPTH = 100 };

struct scan {
	const char *start, *p, *end;
	struct arena *a; /* decoded strings go there */
};

enum scan_kind {
	SCAN_END, /* no more text */
	SCAN_OBJECT,
	SCAN_ARRAY,
	SCAN_STR,
	SCAN_NUMBER,
	SCAN_BOOL,
	SCAN_NULL,
	SCAN_BAD,
};

struct scan_number {
	bool whole; /* written as an integer; i is exact */
	bool range; /* whole, and beyond 64 bits: i is nothing */
	int64_t i;
	double d;
};

/* What comes next; only blanks are passed over. */
enum scan_kind scan_peek(struct scan *s);
/* 0, or -1: what comes next is no (correct) value of that kind. */
int scan_str(struct scan *s, const char **out, size_t *n);
int scan_number(struct scan *s, struct scan_number *out);
int scan_bool(struct scan *s, bool *out);
/* Any value, checked like the rest but not kept. */
int scan_skip(struct scan *s);

/*
 * The inside of an object or array: after scan_enter(), scan_more() is 1 before each
 * element and 0 behind the last; *first is the caller's, true at the start.  In an object
 * each element begins with scan_key().
 */
int scan_enter(struct scan *s, char open);
int scan_more(struct scan *s, char close, bool *first);
int scan_key(struct scan *s, const char **name, size_t *n);

/* Text of a number as a whole: "12", "-0.5e3", "NaN".  -1: it is none. */
int scan_number_text(const char *text, size_t n, struct scan_number *out);

#endif
