/* SPDX-License-Identifier: MIT */
/*
 * file.h -- whole files and directory trees.  Files appear by write-temp, fsync, rename, so
 * that a reader sees the old text or the new one, never half.
 */
#ifndef FILE_H
#define FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Append the whole file to *out; more than max bytes is an error that names the limit. */
int file_read(const char *path, size_t max, struct buf *out, struct err *err);
/* Everything up to the end of fd, likewise; `what` names it in errors. */
int fd_read_all(int fd, const char *what, size_t max, struct buf *out, struct err *err);
/* Temporary name beside it, fsync, rename, fsync of the directory. */
int file_write(
    const char *path, const void *data, size_t n, mode_t mode, struct err *err);
/*
 * The same in two steps: every reader sees the whole file after the first, a power cut
 * leaves nothing or an empty one before the second.  Only for a file that is not there yet.
 */
int file_write_soon(
    const char *path, const void *data, size_t n, mode_t mode, struct err *err);
int file_sync(const char *path, struct err *err);
/* All n bytes, over EINTR and short writes.  0, or -1 with errno. */
int fd_write_all(int fd, const void *data, size_t n);
/* mkdir -p.  An existing directory is fine. */
int dir_make(const char *path, mode_t mode, struct err *err);
/* rm -rf that never follows a symbolic link; what is not there is fine. */
int tree_remove(const char *path, struct err *err);
/* The same of an entry of a directory; 0, or -1 with errno. */
int tree_remove_at(int dirfd, const char *name);

/* Of one and the same file. */
static inline bool stat_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}
/* It is (still) the one of that name. */
bool file_is_at(int fd, const char *path);

bool path_exists(const char *path);
bool path_is_dir(const char *path);
/* By links or "..": its real path is neither root's nor below it.  Of nothing: false. */
bool path_leads_out(const char *root, const char *path);
/* On ext, xfs, btrfs, zfs, tmpfs, overlay or the like: locks and shared memory work. */
bool path_on_local_fs(const char *path);

#endif
