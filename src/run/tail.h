/* SPDX-License-Identifier: MIT */
/* tail.h -- the last lines of a stream, for the message about a failure. */
#ifndef TAIL_H
#define TAIL_H

#include <stddef.h>

enum { TAIL_MAX = 2048 }; /* bytes that are kept */

struct tail {
	char ring[TAIL_MAX];
	size_t total; /* bytes ever added; the next goes to ring[total % TAIL_MAX] */
};

#define TAIL_INIT                                                                        \
	{                                                                                \
		.total = 0                                                               \
	}

void tail_add(struct tail *t, const char *data, size_t n);
/*
 * The whole lines among the last TAIL_MAX bytes (the end of one line if it is longer than
 * that), as valid UTF-8 without NULs; of a line that was overwritten with \r, as progress
 * bars are, what stood there last.  Never NULL; the caller's to free().
 */
char *tail_text(const struct tail *t);

#endif
