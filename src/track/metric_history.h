/* SPDX-License-Identifier: MIT */
/* metric_history.h -- all values of a metric. */
#ifndef METRIC_HISTORY_H
#define METRIC_HISTORY_H

#include "track/db.h"
#include "track/record.h"

struct run_metric {
	const char *run_id;
	struct metric metric;
};

/*
 * The values of one run, by timestamp, step and value; `max` 0: all.  A page begins behind
 * the one that `token` stands for (NULL: at the start); *next is the token of the next
 * page, or NULL.  No such run or metric: none.  ERR_USAGE: a token of another request.
 */
int metric_history(struct db *db, struct arena *a, const char *run_id, const char *key,
    size_t max, const char *token, struct metric **out, size_t *n, const char **next,
    struct err *err);
/* The first `max` values of several runs, by run, timestamp, step and value. */
int metric_history_of_runs(struct db *db, struct arena *a, const char *const *run_ids,
    size_t nruns, const char *key, size_t max, struct run_metric **out, size_t *n,
    struct err *err);

struct step_range {
	int64_t first, last; /* inclusive */
};
/*
 * At most `max` values of each run, by step: the first of each of `max` parts of equal
 * size, and the last of all.  `range` NULL: all steps.
 */
int metric_sample(struct db *db, struct arena *a, const char *const *run_ids,
    size_t nruns, const char *key, const struct step_range *range, size_t max,
    struct run_metric **out, size_t *n, struct err *err);

#endif
