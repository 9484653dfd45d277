/* SPDX-License-Identifier: MIT */
/* strformat.h -- Python's conversions and format specifications, for strings. */
#ifndef STRFORMAT_H
#define STRFORMAT_H

#include "base/buf.h"

/* 'r': repr(), 'a': ascii(), 's' or 0: nothing.  In place. */
void strformat_convert(char conversion, struct buf *value);

/*
 * Append format(value, spec), as Python 3.10 and later do: fill, alignment, width,
 * precision, type 's'; widths count characters.  -1: `why` says what the specification
 * may not contain.
 */
int strformat_apply(
    const char *spec, const char *value, struct buf *out, char *why, size_t size);

#endif
