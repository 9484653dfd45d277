/* SPDX-License-Identifier: MIT */
/*
 * requirements.h -- lists of Python packages as pip writes them, with all that they refer
 * to: -r and -c files are read in, so that what was hashed is what is installed.
 *
 * Paths in -r and -c are relative to the file that they stand in (in the list itself: to
 * the project), those of local packages to the project, as pip has it; those in -f to the
 * one or the other, wherever there is such a thing.
 */
#ifndef REQUIREMENTS_H
#define REQUIREMENTS_H

#include "base/sha256.h"
#include "env/origin.h"
#include "env/python_env.h"

struct requirements_in {
	struct arena *a;
	const char *dir;  /* the project */
	const char *root; /* nothing outside it is read; NULL: anything may be */
	char *const
	    *skip;    /* absolute paths that are no part of a local package, or NULL */
	bool partial; /* only looked at: a file that is not there is no mistake */
};

/* What pip is given, and the name of it all. */
struct requirements {
	struct buf install;	/* -e is kept, but for a tree that nobody edits (root) */
	struct buf constraints; /* what stands in -c files */
	struct origins install_from, constraints_from;
	struct sha256 hash;
	const char **local; /* packages of this machine that are not editable: paths */
	size_t nlocal;
	bool missing; /* partial: something could not be read */
};

#define REQUIREMENTS_INIT                                                                \
	{                                                                                \
		.install = BUF_INIT, .constraints = BUF_INIT                             \
	}

/* `file` names the list in messages.  out: released by requirements_release. */
int requirements_read(const struct requirements_in *in, const char *file,
    const struct requirement_list *list, struct requirements *out, struct err *err);
void requirements_release(struct requirements *r);

#endif
