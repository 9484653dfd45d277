/* SPDX-License-Identifier: MIT */
/*
 * growth.h -- a directory that grows beside its place, as <dest>.mlp-tmp, and takes it when
 * it is complete.  Its maker holds a lock on it; what killed makers left is swept by the
 * next one.
 */
#ifndef GROWTH_H
#define GROWTH_H

#include "base/arena.h"
#include "base/err.h"

struct growth {
	const char *path, *dest; /* in the arena */
	int lock;		 /* the directory, locked; -1: none */
};

#define GROWTH_INIT                                                                      \
	{                                                                                \
		.lock = -1                                                               \
	}

/* Make the directory (and those above it).  -1: nothing is left of it. */
int growth_begin(struct arena *a, const char *dest, struct growth *g, struct err *err);
/* Rename it to dest, which must not exist.  The lock stays. */
int growth_finish(const struct growth *g, struct err *err);
/* Remove what is there of it.  Nothing where it was never begun. */
void growth_drop(const struct growth *g);
/* Give up the lock. */
void growth_release(struct growth *g);

#endif
