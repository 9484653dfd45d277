/* SPDX-License-Identifier: MIT */
/* pytext.h -- strings and bytes as Python's repr() shows them. */
#ifndef PYTEXT_H
#define PYTEXT_H

#include "base/buf.h"
#include "base/err.h"

void pystr_repr(struct buf *out, const char *s);
/* Decodes base64 text (other ASCII characters in it are skipped); b'...'. */
int pybytes_text(struct buf *out, const char *base64, struct err *err);

#endif
