/* SPDX-License-Identifier: MIT */
/*
 * beneath.h -- files below a directory, whatever the path says: neither "..", an absolute
 * path nor a symbolic link leads out of it (links are not followed at all).
 *
 * Paths are relative, without empty, "." and ".." components; "" is the directory
 * itself.  All return -1 with errno; ELOOP, EXDEV: a link.
 */
#ifndef BENEATH_H
#define BENEATH_H

#include <stdbool.h>

/* As openat(2), close-on-exec, for what exists. */
int beneath_open(int root, const char *path, int flags);
/* A directory, made with those above it when `make` is set; what is made is durable. */
int beneath_dir(int root, const char *path, bool make);

#endif
