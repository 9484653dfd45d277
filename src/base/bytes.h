/* SPDX-License-Identifier: MIT */
/* bytes.h -- amounts of memory and the like, in units of 1024. */
#ifndef BYTES_H
#define BYTES_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* "4096", "512k", "64m", "1.5g", "2GiB" -> bytes, at least one; 1k is 1024.  ERR_USAGE. */
int bytes_parse(const char *text, int64_t *bytes, struct err *err);
/* "64 MiB", "1.5 GiB", "1000 bytes". */
void bytes_put(struct buf *out, int64_t bytes);

#endif
