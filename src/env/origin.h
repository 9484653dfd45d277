/* SPDX-License-Identifier: MIT */
/*
 * origin.h -- where the lines of a list of packages were written: the list is made of
 * several files, and gone when a tool's words about it are read.
 */
#ifndef ORIGIN_H
#define ORIGIN_H

#include <stddef.h>

#include "base/arena.h"

/* Of each line of the list.  Strings live in the arena. */
struct origins {
	struct origin {
		const char *file; /* as the user knows it */
		int line;
	} * v;
	size_t n;
};

void origins_add(struct arena *a, struct origins *o, const char *file, int line);

struct origin_list {
	const struct origins *origins;
	const char *path; /* absolute, as the tool was given it */
	const char *text; /* what stands in it */
	const char *file; /* what to call it where no line is named */
};

/*
 * What a tool said, with the user's file and line for the list's: "line 2 of PATH", "PATH
 * (line 2)", "PATH:2", "`PATH` at position 11", PATH.  Of a PATH that was shortened to what
 * is below the tool's directory the last two names must be there.
 */
const char *origin_tell(
    struct arena *a, const struct origin_list *list, const char *said);

#endif
