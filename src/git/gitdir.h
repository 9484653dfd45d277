/* SPDX-License-Identifier: MIT */
/* gitdir.h -- the files of a repository that we make ourselves. */
#ifndef GITDIR_H
#define GITDIR_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * Directories, HEAD ("ref: refs/heads/x" or an id) and config of a new repository at
 * `path`, whose parent exists.  Not durable: a half-made one is thrown away.
 */
int gitdir_make(const char *path, const char *head, const char *config, struct err *err);
/* A small file in it, not synced. */
int gitdir_put(
    const char *path, const char *name, const char *text, size_t n, struct err *err);
/* Append `value` as a quoted value, or section name, of a config file. */
void gitdir_quote(struct buf *out, const char *value);

/*
 * Remove what a killed fetch left in <path>/objects/pack, and packs that are cut off.
 * Under the mirror's lock, before libgit2 has looked into it.
 */
void gitdir_sweep_packs(const char *path);

#endif
