/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h -- what the kernel says of every file of a tree, kept in a file outside it,
 * and the proof that it still says so.
 *
 * A file that was written to, linked, renamed, given other rights or attributes has another
 * change time (ctime), which nobody can set back.  So a tree is unchanged when every file
 * has its inode, size, rights, times and single name, and every directory as many entries
 * as before.  A file whose change time is too near to the snapshot to tell is hashed, and
 * so are all on a file system in memory, where a write to a mapped page leaves no trace.
 * What cannot be known is a change: another file system, another boot (what was in memory
 * may be lost), a tree with files that have several names or are no files.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include "base/buf.h"
#include "base/err.h"

enum { SNAPSHOT_HASH = 20 };

struct snapshot_tree {
	const char *root;
	const char *skip; /* a name in the root that does not count, and that must be in
			     no directory below it, but for a file; or NULL */
	/* The hash of a file's content; NULL: none is made, see below. */
	int (*hash)(const char *path, unsigned char out[SNAPSHOT_HASH]);
};

/*
 * Write the snapshot of a tree that nobody changes meanwhile to `file`.  -1 and *err: it
 * cannot be proved later, there is no file.
 */
int snapshot_take(const struct snapshot_tree *t, const char *file, struct err *err);

/*
 * 1: the tree is what it was.  0: it is not; `where`, unless NULL, gets the path below the
 * root of the first difference ("" the root itself).  -1: the snapshot cannot be used.
 * Without a hash function files that would need it are taken as unchanged: good for a
 * message, not for a proof.
 */
int snapshot_compare(
    const struct snapshot_tree *t, const char *file, struct buf *where, struct err *err);

#endif
