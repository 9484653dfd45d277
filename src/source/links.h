/* SPDX-License-Identifier: MIT */
/* links.h -- what mlp itself reads of a tree that was fetched is in that tree. */
#ifndef LINKS_H
#define LINKS_H

#include "base/arena.h"
#include "base/err.h"

/*
 * The manifest of `dir`, every *.yaml beside it (in any letter case), its Dockerfile and
 * .dockerignore is no symbolic link, or one that ends below `root`.  ERR_USAGE names the
 * first other; `shown` is the project for people.
 */
int links_check(struct arena *a, const char *root, const char *dir, const char *shown,
    struct err *err);

#endif
