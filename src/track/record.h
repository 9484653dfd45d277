/* SPDX-License-Identifier: MIT */
/*
 * record.h -- runs and experiments as data, and what is asked of a store.  Strings that a
 * call gives back live in the arena of the call.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "plan/key.h"

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

/* As MLflow allows: a letter or digit, then those, "_" and "-"; safe in a path. */
bool run_id_valid(const char *id);

enum { RUN_NAME_MAX = 250 }; /* characters; the other limits are in plan/key.h */
/*
 * Text that a database may hold: s itself, or a copy cut after `max` characters and with
 * U+FFFD for what is not UTF-8.  "" for NULL.
 */
const char *text_fit(struct arena *a, const char *s, size_t max);

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
	int64_t created, updated; /* ms since the epoch; -1: not known */
	struct kvs tags;	  /* sorted by key; only where a function says so */
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

/* Which experiment: by id, else by name (made when missing), else Default (0). */
struct experiment_ref {
	const char *id;	  /* decimal text, or NULL */
	const char *name; /* or NULL */
};

struct run_new {
	const char *run_id; /* 32 lower-case hex digits, see run_id_new() */
	const char *name;
	const char *user;
	int64_t start_time; /* 0: when the store is ours to write */
	struct experiment_ref experiment;
	struct kvs tags, params; /* keys distinct */
};

struct model_metric; /* track/logged_model.h */
struct run_batch {
	struct kvs tags, params;
	const struct metric *metrics;
	size_t nmetrics;
	/* those of the metrics that say something about a logged model, again */
	const struct model_metric *model_metrics;
	size_t nmodel_metrics;
	/* the error lists all parameters that would change, as MLflow's for a batch */
	bool list_changes;
};

struct run_query {
	struct experiment_ref experiment; /* both NULL: all active experiments */
	int status;			  /* enum run_status, or -1: any */
	size_t limit;			  /* 0: no limit */
};

#endif
