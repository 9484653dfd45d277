/* SPDX-License-Identifier: MIT */
/*
 * tar.h -- a tar archive, written. The same entries give the same bytes: owners are 0, and
 * times are the first day that zip files know, which some build tools insist on.
 */
#ifndef TAR_H
#define TAR_H

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"

struct tar {
	int fd;		    /* borrowed; -1: only the hash is wanted */
	struct sha256 hash; /* of all that was written */
	struct buf pending; /* not yet written to fd */
};

void tar_init(struct tar *t, int fd);
/*
 * The head of an entry: a regular file (its `size` bytes follow by tar_data, then
 * tar_pad), a directory, or a symbolic link.  Names may be long and hold any bytes.
 */
int tar_entry(struct tar *t, const char *name, mode_t mode, uint64_t size,
    const char *link, struct err *err);
int tar_data(struct tar *t, const void *data, size_t n, struct err *err);
/* Fill the last block of a file of this size. */
int tar_pad(struct tar *t, uint64_t size, struct err *err);
/* A whole small file. */
int tar_file(struct tar *t, const char *name, const char *text, struct err *err);
int tar_end(struct tar *t, struct err *err);
void tar_release(struct tar *t);

#endif
