/* SPDX-License-Identifier: MIT */
/*
 * logged_model.h -- logged models (MLflow 3) in the database.  Each writing function is
 * one transaction, but for logged_model_metrics_write.
 *
 * ERR_NOTFOUND: no such model; ERR_UNSUPPORTED: the store is older than logged models.
 */
#ifndef LOGGED_MODEL_H
#define LOGGED_MODEL_H

#include "track/db.h"
#include "track/record.h"
#include "track/repeat.h"

enum logged_model_status {
	LOGGED_MODEL_PENDING = 1,
	LOGGED_MODEL_READY = 2,
	LOGGED_MODEL_FAILED = 3,
};

/* A value of a metric of a run that says something about a model. */
struct model_metric {
	struct metric metric;
	const char *model_id;
	const char *run_id;			   /* only when read */
	const char *dataset_name, *dataset_digest; /* NULL: none */
};

struct logged_model {
	const char *model_id; /* "m-" and 32 hex digits */
	int64_t experiment_id;
	const char *name, *artifact_uri;
	int64_t created, updated; /* ms since the epoch */
	int status;		  /* enum logged_model_status */
	bool deleted;
	const char *type, *source_run_id, *status_message; /* NULL: none */
	struct kvs tags, params;			   /* sorted by key */
	struct model_metric *metrics; /* all, in the order in which they were logged */
	size_t nmetrics;
};

struct logged_model_new {
	const char *experiment_id; /* decimal text */
	const char *name;	   /* NULL or "": one is made */
	const char *type, *source_run_id;
	struct kvs tags, params;
	struct repeat repeat;
};

/* logged_model.c */
/* ERR_CONFLICT when the experiment is deleted. */
int logged_model_insert(struct db *db, struct arena *a,
    const struct logged_model_new *new, struct logged_model *out, struct err *err);
int logged_model_finalize(struct db *db, struct arena *a, const char *model_id,
    enum logged_model_status status, struct logged_model *out, struct err *err);
/* Only marked as deleted. */
int logged_model_delete(struct db *db, const char *model_id, struct err *err);
int logged_model_set_tags(
    struct db *db, const char *model_id, const struct kvs *tags, struct err *err);
int logged_model_delete_tag(
    struct db *db, const char *model_id, const char *key, struct err *err);
/* ERR_CONFLICT for one that is there with another value; then none is added. */
int logged_model_add_params(
    struct db *db, const char *model_id, const struct kvs *params, struct err *err);
/* Inside a writing transaction. */
int logged_model_tag(struct db *db, const struct logged_model *m, const char *key,
    const char *value, struct err *err);

/* logged_model_metric.c */
/*
 * Inside a writing transaction: the metrics that have a model_id, which must exist.
 * Repeated ones, and all of them where the store is older, are passed over.
 */
int logged_model_metrics_write(struct db *db, const char *run_id, int64_t experiment_id,
    const struct model_metric *metrics, size_t n, struct err *err);

/* logged_model_read.c */
int logged_model_read(struct db *db, struct arena *a, const char *model_id,
    bool deleted_too, struct logged_model *out, struct err *err);
/* The same, inside a transaction and without tags, parameters and metrics. */
int logged_model_find(struct db *db, struct arena *a, const char *model_id,
    bool deleted_too, struct logged_model *out, struct err *err);
/* Fill in tags, params and metrics of n models. */
int logged_models_fill(
    struct db *db, struct arena *a, struct logged_model *m, size_t n, struct err *err);
/* The columns that logged_model_from_row() reads, of logged_models m. */
#define LOGGED_MODEL_COLUMNS                                                             \
	"m.model_id, m.experiment_id, m.name, m.artifact_location,"                      \
	" m.creation_timestamp_ms, m.last_updated_timestamp_ms, m.status,"               \
	" m.lifecycle_stage, m.model_type, m.source_run_id, m.status_message"
void logged_model_from_row(struct arena *a, sqlite3_stmt *st, struct logged_model *out);

#endif
