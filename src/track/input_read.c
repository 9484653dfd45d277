/* SPDX-License-Identifier: MIT */
/* input_read.c -- the inputs and outputs of a page of runs. */
#include "track/input.h"
#include "track/rows.h"

struct statements {
	sqlite3_stmt *datasets, *tags, *models, *outputs; /* outputs: NULL, older store */
};

static int prepare(struct db *db, struct statements *s, struct err *err)
{
	bool outputs = db_has_column(db, "inputs", "step");
	s->datasets = db_keep(db, err,
	    "SELECT i.input_uuid, d.name, d.digest, d.dataset_source_type,"
	    " d.dataset_source, d.dataset_schema, d.dataset_profile"
	    " FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id"
	    " WHERE i.destination_type = 'RUN' AND i.destination_id = ?"
	    " AND i.source_type = 'DATASET' ORDER BY i.rowid",
	    "");
	if (s->datasets)
		s->tags = db_keep(db, err,
		    "SELECT name, value FROM input_tags WHERE input_uuid = ?"
		    " ORDER BY name",
		    "");
	if (s->tags)
		s->models = db_keep(db, err,
		    "SELECT destination_id FROM inputs WHERE source_type = 'RUN_INPUT'"
		    " AND source_id = ? AND destination_type = 'MODEL_INPUT'"
		    " ORDER BY destination_id",
		    "");
	if (s->models && outputs)
		s->outputs = db_keep(db, err,
		    "SELECT destination_id, step FROM inputs"
		    " WHERE source_type = 'RUN_OUTPUT' AND source_id = ?"
		    " AND destination_type = 'MODEL_OUTPUT' ORDER BY destination_id",
		    "");
	return s->models && (s->outputs || !outputs) ? 0 : -1;
}

static int fill_datasets(struct db *db, struct arena *a, struct statements *s,
    struct run_inputs *out, struct err *err)
{
	int rc;
	while ((rc = stmt_step(db, s->datasets, err)) > 0) {
		struct dataset_input *in;
		ARENA_GROW(a, out->datasets, out->ndatasets);
		in = &out->datasets[out->ndatasets++];
		in->dataset = (struct dataset){
		    .name = column_text(a, s->datasets, 1),
		    .digest = column_text(a, s->datasets, 2),
		    .source_type = column_text(a, s->datasets, 3),
		    .source = column_text(a, s->datasets, 4),
		    .schema = column_text_or_null(a, s->datasets, 5),
		    .profile = column_text_or_null(a, s->datasets, 6),
		};
		if (stmt_bind(db, s->tags, err, "s", column_text(a, s->datasets, 0)) <
			0 ||
		    rows_to_kvs(db, a, s->tags, &in->tags, err) < 0)
			return -1;
	}
	return rc;
}

static int fill_outputs(struct db *db, struct arena *a, sqlite3_stmt *st,
    struct run_inputs *out, struct err *err)
{
	int rc;
	while ((rc = stmt_step(db, st, err)) > 0) {
		ARENA_GROW(a, out->outputs, out->noutputs);
		out->outputs[out->noutputs++] =
		    (struct model_output){column_text(a, st, 0), column_int(st, 1, 0)};
	}
	return rc;
}

static int fill(struct db *db, struct arena *a, struct statements *s, const char *run_id,
    struct run_inputs *out, struct err *err)
{
	*out = (struct run_inputs){0};
	if (stmt_bind(db, s->datasets, err, "s", run_id) < 0 ||
	    fill_datasets(db, a, s, out, err) < 0 ||
	    stmt_bind(db, s->models, err, "s", run_id) < 0 ||
	    rows_to_list(db, a, s->models, &out->models, &out->nmodels, err) < 0)
		return -1;
	if (!s->outputs)
		return 0;
	if (stmt_bind(db, s->outputs, err, "s", run_id) < 0)
		return -1;
	return fill_outputs(db, a, s->outputs, out, err);
}

int runs_inputs_fill(struct db *db, struct arena *a, const struct run_record *runs,
    size_t n, struct run_inputs *out, struct err *err)
{
	struct statements s = {0};
	if (prepare(db, &s, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (fill(db, a, &s, runs[i].run_id, &out[i], err) < 0)
			return -1;
	return 0;
}
