/* SPDX-License-Identifier: MIT */
/*
 * refnames.h -- the branches and tags of a repository on this machine, read from its files:
 * for completion, which has no time to load a git library.
 */
#ifndef REFNAMES_H
#define REFNAMES_H

#include "base/arena.h"
#include "base/strvec.h"

/* Sorted, each once. */
struct refnames {
	struct strvec branches, tags;
};
#define REFNAMES_INIT                                                                    \
	{                                                                                \
		.branches = STRVEC_INIT                                                  \
	}

#define auto_refnames __attribute__((cleanup(refnames_release))) struct refnames

/*
 * Those that begin with `prefix`, at most `max` of each.  `path` is a work tree, also a
 * linked one, or a bare repository.  What cannot be read has none.
 */
void refnames_read(struct refnames *out, struct arena *a, const char *path,
    const char *prefix, size_t max);
void refnames_release(struct refnames *r);

#endif
