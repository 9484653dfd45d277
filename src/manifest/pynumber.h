/* SPDX-License-Identifier: MIT */
/* pynumber.h -- YAML 1.1 numbers as Python prints them. */
#ifndef PYNUMBER_H
#define PYNUMBER_H

#include "base/buf.h"
#include "base/err.h"

/* Python's limit for converting between int and str. */
enum { PYINT_MAX_DIGITS = 4300 };

/* An integer of any size: sign, 0b, 0x, 0 (octal), sexagesimal, underscores. */
int pyint_text(struct buf *out, const char *text, struct err *err);
/* A float, shortest text that reads back as the same double; also what float() takes. */
int pyfloat_text(struct buf *out, const char *text, struct err *err);
/* repr() of a double. */
void pyfloat_repr(struct buf *out, double v);

#endif
