/* SPDX-License-Identifier: MIT */
/* search_runs.h -- pages of runs and of experiments. */
#ifndef SEARCH_RUNS_H
#define SEARCH_RUNS_H

#include "track/search.h"

/* MLflow's limit. */
enum { SEARCH_MAX_RESULTS = 50000 };

/*
 * With tags, parameters and latest metrics.  Unless the order says otherwise the newest
 * first.  ERR_USAGE for what MLflow refuses, with its words.
 */
int runs_search(struct db *db, struct arena *a, const struct search_query *q,
    struct run_record **out, size_t *n, const char **next, struct err *err);

#endif
