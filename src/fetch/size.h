/* SPDX-License-Identifier: MIT */
/* size.h -- sizes for people, and the limit on them. */
#ifndef SIZE_H
#define SIZE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* "3.1 MB", "512 bytes". */
void size_format(struct buf *out, int64_t bytes);
/* What has `size` bytes (-1: not known how many) is larger than the limit `max`. */
int size_refuse(int64_t size, int64_t max, struct err *err);

#endif
