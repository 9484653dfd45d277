/* SPDX-License-Identifier: MIT */
/* pointer.h -- the text that git keeps in place of a file that Git LFS has. */
#ifndef POINTER_H
#define POINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POINTER_MAX = 1024, POINTER_OID = 64 };

struct pointer {
	char oid[POINTER_OID + 1]; /* SHA-256, in small hex digits */
	int64_t size;
};

/* false: it is none, and may be any file. */
bool pointer_parse(struct pointer *p, const char *text, size_t n);

#endif
