/* SPDX-License-Identifier: MIT */
/* pyrepr.h -- text as Python's repr(), ascii() and json.dumps() show it. */
#ifndef PYREPR_H
#define PYREPR_H

#include "base/buf.h"

/* repr() of the string of n bytes at s (UTF-8; an invalid byte is shown as \xNN). */
void pyrepr_str(struct buf *out, const char *s, size_t n);
/* ascii(): the same with every character beyond ASCII escaped. */
void pyrepr_ascii(struct buf *out, const char *s, size_t n);

/* json.dumps() of the string: a JSON string of ASCII; an invalid byte is as U+FFFD. */
void pyrepr_json(struct buf *out, const char *s, size_t n);

/* repr() of a float: the shortest text that reads back the same. */
void pyrepr_double(struct buf *out, double v);

/* The quote that repr() chooses: double ones only where that saves escaping. */
char pyrepr_quote(const char *s, size_t n);

#endif
