/* SPDX-License-Identifier: MIT */
/* pytime.h -- YAML 1.1 timestamps as Python's date and datetime print them. */
#ifndef PYTIME_H
#define PYTIME_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Is a plain scalar of this text a timestamp? */
bool pytime_matches(const char *text);
/* Fails on dates and times that do not exist (2020-02-30). */
int pytime_text(struct buf *out, const char *text, bool repr, struct err *err);

#endif
