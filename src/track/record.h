/* SPDX-License-Identifier: MIT */
/* record.h -- runs and experiments as data.  Strings live in the arena of the call. */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum run_status {
	RUN_RUNNING,
	RUN_SCHEDULED,
	RUN_FINISHED,
	RUN_FAILED,
	RUN_KILLED,
};
/* "RUNNING", ... as in MLflow's schema. */
const char *run_status_word(enum run_status st);
/* 0, or -1 for a word that is none of them (letter case does not matter). */
int run_status_from_word(const char *word, enum run_status *out);

struct kv {
	const char *key, *value;
};
struct kvs {
	struct kv *v;
	size_t n;
};
/* The value for key, or NULL. */
const char *kvs_get(const struct kvs *kvs, const char *key);

struct metric {
	const char *key;
	double value; /* NaN as such; infinities as MLflow's +-1.797e308 are inf again */
	int64_t timestamp; /* ms since the epoch */
	int64_t step;
};

struct experiment {
	int64_t id;
	const char *name;
	const char *artifact_location;
	bool deleted;
};

struct run_record {
	const char *run_id, *name, *user;
	const char *artifact_uri;
	int64_t experiment_id;
	const char *experiment_name;
	enum run_status status;
	int64_t start_time, end_time; /* ms since the epoch; -1: none */
	bool deleted;
	struct kvs tags, params; /* sorted by key */
	struct metric *metrics;	 /* the latest of each key, sorted by key */
	size_t nmetrics;
};

#endif
