/* SPDX-License-Identifier: MIT */
/* sniff.h -- what a file is, by its first bytes. */
#ifndef SNIFF_H
#define SNIFF_H

#include <stdbool.h>
#include <stddef.h>

enum { SNIFF_BYTES = 512 };

enum sniffed {
	SNIFF_OTHER,
	SNIFF_ZIP,
	SNIFF_TAR,
	SNIFF_PACKED, /* gzip, bzip2, xz or zstd: a tar may be in it */
	SNIFF_HTML,   /* a web page */
};

/* At least SNIFF_BYTES of it, or all. */
enum sniffed sniff(const void *data, size_t n);
static inline bool sniff_is_archive(enum sniffed s)
{
	return s == SNIFF_ZIP || s == SNIFF_TAR || s == SNIFF_PACKED;
}

#endif
