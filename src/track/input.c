/* SPDX-License-Identifier: MIT */
#include "track/input.h"

#include "track/names.h"
#include "track/rows.h"
#include "track/run_store.h"
#include "track/validate.h"

static int check_dataset(const struct dataset_input *in, struct err *err)
{
	const struct dataset *d = &in->dataset;
	if (validate_length("name", d->name, DATASET_NAME_MAX, err) < 0 ||
	    validate_length("digest", d->digest, DATASET_DIGEST_MAX, err) < 0 ||
	    validate_length("source", d->source, DATASET_SOURCE_MAX, err) < 0 ||
	    validate_length("schema", d->schema, DATASET_SCHEMA_MAX, err) < 0 ||
	    validate_length("profile", d->profile, DATASET_PROFILE_MAX, err) < 0)
		return -1;
	for (size_t i = 0; i < in->tags.n; i++)
		if (validate_length("key", in->tags.v[i].key, INPUT_TAG_KEY_MAX, err) <
			0 ||
		    validate_length(
			"value", in->tags.v[i].value, INPUT_TAG_VALUE_MAX, err) < 0)
			return -1;
	return 0;
}

static int experiment_of(
    struct db *db, const char *run_id, int64_t *experiment_id, struct err *err)
{
	auto_stmt st = db_query(
	    db, err, "SELECT experiment_id FROM runs WHERE run_uuid = ?", "s", run_id);
	if (!st || stmt_step(db, st, err) < 0)
		return -1;
	*experiment_id = column_int(st, 0, 0);
	return 0;
}

/* uuid: of the one that the experiment has, or of a new one. */
static int need_dataset(struct db *db, int64_t experiment_id, const struct dataset *d,
    char uuid[64], struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT dataset_uuid FROM datasets"
	    " WHERE experiment_id = ? AND name = ? AND digest = ?",
	    "iss", experiment_id, d->name, d->digest);
	int rc = st ? stmt_step(db, st, err) : -1;
	if (rc < 0)
		return -1;
	if (rc > 0) {
		const char *s = (const char *)sqlite3_column_text(st, 0);
		snprintf(uuid, 64, "%s", s ? s : "");
		return 0;
	}
	run_id_new(uuid);
	return db_run(db, err,
	    "INSERT INTO datasets (dataset_uuid, experiment_id, name, digest,"
	    " dataset_source_type, dataset_source, dataset_schema, dataset_profile)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	    "sissssss", uuid, experiment_id, d->name, d->digest, d->source_type,
	    d->source, d->schema, d->profile);
}

/* 1: the edge is new; 0: it was there; -1. */
static int add_edge(
    struct db *db, const char *uuid, const char *const edge[4], struct err *err)
{
	if (db_run(db, err,
		"INSERT INTO inputs (input_uuid, source_type, source_id,"
		" destination_type, destination_id) VALUES (?, ?, ?, ?, ?)"
		" ON CONFLICT DO NOTHING",
		"sssss", uuid, edge[0], edge[1], edge[2], edge[3]) < 0)
		return -1;
	return sqlite3_changes(db->sq) > 0;
}

static int add_dataset(struct db *db, const char *run_id, int64_t experiment_id,
    const struct dataset_input *in, struct err *err)
{
	char dataset[64], input[33];
	const char *edge[] = {"DATASET", dataset, "RUN", run_id};
	int is_new;
	if (need_dataset(db, experiment_id, &in->dataset, dataset, err) < 0)
		return -1;
	run_id_new(input);
	is_new = add_edge(db, input, edge, err);
	for (size_t i = 0; is_new > 0 && i < in->tags.n; i++)
		if (db_run(db, err,
			"INSERT INTO input_tags (input_uuid, name, value)"
			" VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
			"sss", input, in->tags.v[i].key, in->tags.v[i].value) < 0)
			return -1;
	return is_new < 0 ? -1 : 0;
}

static int add_model(
    struct db *db, const char *run_id, const char *model_id, struct err *err)
{
	const char *edge[] = {"RUN_INPUT", run_id, "MODEL_INPUT", model_id};
	char uuid[33];
	run_id_new(uuid);
	return add_edge(db, uuid, edge, err) < 0 ? -1 : 0;
}

static int add_inputs(
    struct db *db, const char *run_id, const struct run_inputs *in, struct err *err)
{
	int64_t experiment_id = 0;
	size_t nmodels = in->nmodels;
	if (run_need_active(db, run_id, err) < 0 ||
	    experiment_of(db, run_id, &experiment_id, err) < 0)
		return -1;
	if (!db_has_column(db, "logged_models", "model_id"))
		nmodels = 0;
	for (size_t i = 0; i < in->ndatasets; i++)
		if (add_dataset(db, run_id, experiment_id, &in->datasets[i], err) < 0)
			return -1;
	for (size_t i = 0; i < nmodels; i++)
		if (add_model(db, run_id, in->models[i], err) < 0)
			return -1;
	return 0;
}

int run_inputs_add(
    struct db *db, const char *run_id, const struct run_inputs *in, struct err *err)
{
	for (size_t i = 0; i < in->ndatasets; i++)
		if (check_dataset(&in->datasets[i], err) < 0)
			return -1;
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, add_inputs(db, run_id, in, err), err);
}

static int add_outputs(struct db *db, const char *run_id, const struct model_output *out,
    size_t n, struct err *err)
{
	char uuid[33];
	if (db_need_logged_models(db, err) < 0 || run_need_active(db, run_id, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		run_id_new(uuid);
		if (db_run(db, err,
			"INSERT INTO inputs (input_uuid, source_type, source_id,"
			" destination_type, destination_id, step)"
			" VALUES (?, 'RUN_OUTPUT', ?, 'MODEL_OUTPUT', ?, ?)"
			" ON CONFLICT DO NOTHING",
			"sssi", uuid, run_id, out[i].model_id, out[i].step) < 0)
			return -1;
	}
	return 0;
}

int run_outputs_add(struct db *db, const char *run_id, const struct model_output *outputs,
    size_t n, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, add_outputs(db, run_id, outputs, n, err), err);
}
