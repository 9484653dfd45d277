/* SPDX-License-Identifier: MIT */
/*
 * scalar.h -- what a YAML 1.1 scalar means to PyYAML's safe_load, and that value as text
 * in Python's str() and repr().
 */
#ifndef SCALAR_H
#define SCALAR_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

enum scalar_kind {
	SCALAR_STR,
	SCALAR_NULL,
	SCALAR_BOOL,
	SCALAR_INT,
	SCALAR_FLOAT,
	SCALAR_TIME, /* a date, or a date with a time */
	SCALAR_BINARY,
	SCALAR_MERGE, /* a plain << */
	SCALAR_VALUE, /* a plain =, which safe_load refuses as a value */
};

/* The kind of a plain scalar without a tag. */
enum scalar_kind scalar_resolve(const char *text);
/* The kind that a full tag ("tag:yaml.org,2002:int") gives; false: not one of ours. */
bool scalar_from_tag(const char *tag, enum scalar_kind *kind);
/* "a string", "a number", ...: for messages. */
const char *scalar_word(enum scalar_kind kind);

/*
 * Append Python's str() (or repr()) of the value.  Fails where safe_load would raise: a
 * day that is not in the calendar, "0x" without digits, an integer over 4,300 digits.
 */
int scalar_str(struct buf *out, enum scalar_kind kind, const char *text, struct err *err);
int scalar_repr(
    struct buf *out, enum scalar_kind kind, const char *text, struct err *err);

#endif
