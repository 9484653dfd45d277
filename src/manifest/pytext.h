/* SPDX-License-Identifier: MIT */
/* pytext.h -- binary data as Python's repr() shows it. */
#ifndef PYTEXT_H
#define PYTEXT_H

#include "base/buf.h"
#include "base/err.h"

/* Decodes base64 text (other ASCII characters in it are skipped); b'...'. */
int pybytes_text(struct buf *out, const char *base64, struct err *err);

#endif
