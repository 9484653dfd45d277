/* SPDX-License-Identifier: MIT */
/* search_runs.h -- pages of runs and of experiments, and the datasets of experiments. */
#ifndef SEARCH_RUNS_H
#define SEARCH_RUNS_H

#include "track/input.h"
#include "track/search.h"

/* MLflow's limit. */
enum { SEARCH_MAX_RESULTS = 50000 };

struct runs_found {
	struct run_record *runs;   /* with tags, parameters and latest metrics */
	struct run_inputs *inputs; /* of each */
	size_t n;
	const char *next; /* the next page's token; NULL: there is none */
};
/*
 * Unless the order says otherwise the newest first.  ERR_USAGE for what MLflow refuses, in
 * its words.
 */
int runs_search(struct db *db, struct arena *a, const struct search_query *q,
    struct runs_found *out, struct err *err);

struct experiments_found {
	struct experiment *v; /* with tags */
	size_t n;
	const char *next;
};
/* Likewise. */
int experiments_search(struct db *db, struct arena *a, const struct search_query *q,
    struct experiments_found *out, struct err *err);

struct dataset_summary {
	int64_t experiment_id;
	const char *name, *digest;
	const char *context; /* NULL: none */
};
enum { SEARCH_DATASETS_MAX = 1000 };
/* What the runs of these experiments have used, at most SEARCH_DATASETS_MAX. */
int datasets_search(struct db *db, struct arena *a, const char *const *experiment_ids,
    size_t nexperiments, struct dataset_summary **out, size_t *n, struct err *err);

/* MLflow's refusal of a size of pages. */
int search_check_max_results(int64_t max_results, struct err *err);
/* " = 'active'" and so on: a condition on lifecycle_stage. */
const char *search_stages(enum view view);

#endif
