/* SPDX-License-Identifier: MIT */
/* gitmodules.h -- the text of a .gitmodules file, which anybody may have written. */
#ifndef GITMODULES_H
#define GITMODULES_H

#include "base/arena.h"
#include "base/err.h"

enum { GITMODULES_MAX = 1024 * 1024, GITMODULES_ENTRIES = 1000 };

/* Strings live in the arena; NULL: not there. */
struct gitmodule {
	const char *name;
	const char *path; /* no slash at its end */
	const char *url;
	const char *update; /* "none", "checkout", ... */
};

struct gitmodules {
	struct gitmodule *v;
	size_t n;
};

/*
 * What git's configuration syntax makes of it; of a key that is there twice the last one.
 * Includes are none.  -1: it is no such text; the error names the line.
 */
int gitmodules_parse(
    struct arena *a, const char *text, size_t n, struct gitmodules *out, struct err *err);

/*
 * May the name be that of a directory in .git/modules, and the path that of one in the work
 * tree?  Not absolute, no "..", no .git in any letter case, no control character, and a
 * path is no option.
 */
int gitmodules_check(const struct gitmodule *m, struct err *err);

#endif
