/* SPDX-License-Identifier: MIT */
/*
 * page.h -- the text of a file as numbered lines, and mistakes reported against it.
 *
 * Lines end at \n, \r\n or \r, and where YAML 1.1 ends them too (U+0085, U+2028, U+2029).
 * A byte order mark at the front is not part of the text.
 */
#ifndef PAGE_H
#define PAGE_H

#include "base/arena.h"
#include "manifest/diag.h"

enum { PAGE_MAX_REPORTS = 100 };

struct page {
	struct arena *a;
	struct diags *ds;
	const char *file; /* as diag.file */
	const char *text;
	size_t n;
	size_t *starts; /* byte offset of each line, then n */
	size_t nlines;
	const char **lines; /* the text of each line once it was asked for */
	size_t *steps;	    /* byte offset of every 1024th character */
	size_t first;	    /* ds->n at the beginning */
	size_t told[2];	    /* reports of each level so far */
	struct diag spare;  /* what the reports past the limit are written to */
};

/* `text` is borrowed for as long as the page lives; it may be anything. */
void page_init(struct page *p, struct arena *a, const char *file, const char *text,
    size_t n, struct diags *ds);

/* The text of a line (from 1) without its end, or NULL. */
const char *page_line(struct page *p, int line);
/* Line and column of the character at a byte offset. */
struct mark page_mark(const struct page *p, size_t offset);
/* Byte offset of a character, counted from 0 in the whole text. */
size_t page_offset(const struct page *p, size_t character);
/* Bytes of the line end at offset; 0 when there is none. */
size_t page_break(const struct page *p, size_t offset);

/*
 * Report a mistake.  What passes PAGE_MAX_REPORTS of one level is only counted.  The
 * result may be given a hint until the next report.
 */
struct diag *page_error(struct page *p, struct mark at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
struct diag *page_warn(struct page *p, struct mark at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void page_hint(struct page *p, struct diag *d, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Put the reports of this page into the order of their places. */
void page_sort(struct page *p);

/* A word of the file for a message: at most 60 characters of it. */
const char *page_clip(struct page *p, const char *word);

#endif
