/* SPDX-License-Identifier: MIT */
/*
 * reftext.h -- the file packed-refs as text: all references of a repository, sorted by
 * name, replaced in one rename.  That is what makes 100,000 of them fine, and a mirror
 * safe: its references change all at once, after the objects.
 */
#ifndef REFTEXT_H
#define REFTEXT_H

#include <git2.h>

#include "base/buf.h"
#include "base/err.h"

struct ref {
	char *name; /* owned */
	git_oid id;
	git_oid peeled;
	bool has_peeled;
};
struct reflist {
	struct ref *v;
	size_t n, cap;
};
#define REFLIST_INIT                                                                     \
	{                                                                                \
		.v = NULL                                                                \
	}
#define auto_reflist __attribute__((cleanup(reflist_release))) struct reflist

/* `peeled` may be NULL. */
void reflist_add(
    struct reflist *l, const char *name, const git_oid *id, const git_oid *peeled);
/* Sorted by name, the file's text; `complete`: every annotated tag has its peeled id. */
void reflist_format(struct reflist *l, bool complete, struct buf *out);
/* All that a server advertised: branches, tags and what tags point to. */
void reflist_from_remote(struct reflist *l, const git_remote_head **heads, size_t n);
/* The branches and tags of a repository. */
int reflist_from_repository(struct reflist *l, git_repository *repo, struct err *err);
void reflist_release(struct reflist *l);

#endif
