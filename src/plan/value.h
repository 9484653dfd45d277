/* SPDX-License-Identifier: MIT */
/* value.h -- does a text fit a parameter's type? */
#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>

#include "manifest/manifest.h"

/*
 * int: decimal digits with an optional sign (and Python's underscores between digits).
 * float: what Python's float() takes, inf and nan included.  bool: true/false, yes/no,
 * on/off, t/f, y/n, 1/0 in any case.  uri: has a scheme.  Everything fits the other
 * types.
 */
bool value_fits(enum param_kind kind, const char *text);
/* "an integer", "a number", "true or false", "a URI": for messages. */
const char *value_kind_words(enum param_kind kind);
/* Length of the "scheme:" at the start of text without the colon, 0 when there is none.
 */
size_t value_scheme(const char *text);

#endif
