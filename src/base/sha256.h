/* SPDX-License-Identifier: MIT */
/* sha256.h -- names for content: the same content, the same name. */
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { SHA256_HEX = 64 };

struct sha256 {
	uint32_t h[8];
	uint64_t bytes;
	unsigned char block[64];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t n);
/* A string and its NUL, so that "ab", "c" is not "a", "bc"; NULL is not "". */
void sha256_add_str(struct sha256 *s, const char *text);
/* All that can be read from a file, and how much it was. */
int sha256_add_file(struct sha256 *s, int fd, const char *name, struct err *err);
void sha256_finish(struct sha256 *s, char hex[SHA256_HEX + 1]);

#endif
