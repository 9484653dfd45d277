/* SPDX-License-Identifier: MIT */
/* find.h -- the recorded run that somebody means. */
#ifndef FIND_H
#define FIND_H

#include "track/store.h"

/*
 * The one run that `text` means: an id, its beginning, or a run name.  ERR_NOTFOUND:
 * none, or several (the hint lists them).
 */
int run_find_one(const struct ctx *ctx, struct store *store, struct arena *a,
    const char *text, struct run_record *out, struct err *err);

/* The same in the database at `uri` (NULL: the usual one), which *t tells of afterwards. */
int run_find_recorded(const struct ctx *ctx, struct arena *a, const char *uri,
    const char *text, struct tracking *t, struct run_record *out, struct err *err);

/* A name that is there wins over an id; the text is borrowed. */
int experiment_find(struct store *store, struct arena *a, const char *text,
    struct experiment_ref *out, struct err *err);

#endif
