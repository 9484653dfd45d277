/* SPDX-License-Identifier: MIT */
/*
 * dockerignore.h -- the rules of a .dockerignore file: "*", "?", "[a-z]" and "\" within a
 * name, "**" for any directories, "!" takes back, the last rule that applies wins, and a
 * rule for a directory is one for all that is in it.
 */
#ifndef DOCKERIGNORE_H
#define DOCKERIGNORE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { DOCKERIGNORE_MAX_BYTES = 1 << 20 };

struct ignore_rule {
	const char *pattern; /* cleaned: no "./", no doubled or final slash */
	size_t literal;	     /* bytes of it before the first special character */
	bool takes_back;
};

struct ignore {
	struct ignore_rule *v;
	size_t n;
	bool
	    takes_back; /* one of them does: ignored directories have to be looked into */
};

/* Add the rules of a text; `file` names it in errors.  Strings go to the arena. */
int ignore_add(struct arena *a, struct ignore *ig, const char *text, size_t n,
    const char *file, struct err *err);
/* Add one rule for a path as it is, special characters and all. */
void ignore_add_path(struct arena *a, struct ignore *ig, const char *path);

/*
 * Is the path (relative, without "." or "..") ignored?  `above` (may be NULL at the top)
 * says for each rule whether it applied to the directory that the path is in; `own`, of
 * as many, gets it for the path.
 */
bool ignore_match(
    const struct ignore *ig, const char *path, const bool *above, bool *own);

#endif
