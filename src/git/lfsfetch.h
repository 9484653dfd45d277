/* SPDX-License-Identifier: MIT */
/* lfsfetch.h -- git-lfs at work: the user's configuration counts, but nobody is asked. */
#ifndef LFSFETCH_H
#define LFSFETCH_H

#include "git/lfs.h"

/*
 * Download into `store` (absolute) what HEAD of the work tree needs and is not there.  -1:
 * in git-lfs's words; some may have come nevertheless.
 */
int lfsfetch(
    const struct lfs_place *at, const char *store, struct meter *meter, struct err *err);

#endif
