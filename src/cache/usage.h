/* SPDX-License-Identifier: MIT */
/* usage.h -- how much would be free: a file with several names only with its last one. */
#ifndef USAGE_H
#define USAGE_H

#include <stddef.h>
#include <stdint.h>

/* Files with several names, and how many of them have been met. */
struct usage {
	struct usage_file *v; /* owned; open addressing, cap is a power of two */
	size_t n, cap;
};

/* Bytes on disk of a tree, were all that were measured with the same `u` to go with it. */
int64_t usage_measure(struct usage *u, const char *path);
void usage_release(struct usage *u);

#endif
