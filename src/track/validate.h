/* SPDX-License-Identifier: MIT */
/*
 * validate.h -- what MLflow's server asks of what clients send, in its words (ERR_USAGE).
 * Values that are only too long are no mistake: they are cut when they are written.
 */
#ifndef VALIDATE_H
#define VALIDATE_H

#include "track/record.h"

enum {
	BATCH_METRICS_MAX = 1000,
	BATCH_PARAMS_MAX = 100,
	BATCH_TAGS_MAX = 100,
	BATCH_MAX = 1000,
	EXPERIMENT_NAME_MAX = 500,
	EXPERIMENT_TAG_MAX = 20000,
};

/* One that came alone; its field is called "key" (or "name", of metrics). */
int validate_metric(const struct metric *m, struct err *err);
int validate_param(const struct kv *p, struct err *err);
int validate_tag(const struct kv *t, struct err *err);
/* All of a request to log-batch: keys, counts, no parameter twice. */
int validate_batch(const char *run_id, const struct run_batch *b, struct err *err);

int validate_experiment_name(const char *name, struct err *err);
int validate_experiment_tag(const struct kv *t, struct err *err);

/* The pieces, for what else has keys: `path` is the field's name in the message. */
int validate_key(const char *path, const char *key, struct err *err);
int validate_length(const char *what, const char *s, size_t max, struct err *err);

#endif
