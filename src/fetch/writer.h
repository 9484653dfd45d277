/* SPDX-License-Identifier: MIT */
/*
 * writer.h -- files, directories and links below one root.  Every component of a path is
 * opened without following links, so that nothing can be written outside of it whatever
 * was made before.  Paths are as member_path gives them.
 */
#ifndef WRITER_H
#define WRITER_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct writer {
	int root;      /* the root directory, borrowed */
	int dir;       /* the directory that was used last, or -1 */
	struct buf at; /* its path */
	mode_t umask;
};

void writer_init(struct writer *w, int root);
void writer_release(struct writer *w);

/* A directory and those above it; may exist.  We can always write in it. */
int writer_dir(struct writer *w, const char *path, mode_t mode, struct err *err);
/* A new file, open for writing; one that is there (or a link) is replaced.  fd or -1. */
int writer_file(struct writer *w, const char *path, mode_t mode, struct err *err);
/* A symbolic link; the target was checked by the caller. */
int writer_symlink(
    struct writer *w, const char *path, const char *target, struct err *err);
/* Another name for a regular file below the root. */
int writer_link(struct writer *w, const char *path, const char *to, struct err *err);

#endif
