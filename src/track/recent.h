/* SPDX-License-Identifier: MIT */
/* recent.h -- names for completion; contracts as in store.h. */
#ifndef RECENT_H
#define RECENT_H

#include "track/db.h"
#include "track/record.h"

int recent_runs(struct db *db, struct arena *a, const char *text, size_t max,
    struct run_record **out, size_t *n, struct err *err);
int recent_experiments(struct db *db, struct arena *a, const char *text, size_t max,
    struct experiment **out, size_t *n, struct err *err);

#endif
