/* SPDX-License-Identifier: MIT */
/*
 * Any text as a filter, an order and a token: what is not refused as MLflow refuses it is
 * a statement that SQLite takes.  The first byte chooses what is searched; lines with one
 * byte 1 between them are the filter, the order and the page's token.
 */
#include <stdint.h>

#include "track/schema.h"
#include "track/search_models.h"
#include "track/search_runs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool good)
{
	if (!good)
		abort();
}

static const char rows[] =
    "INSERT INTO experiments (experiment_id, name, lifecycle_stage)"
    " VALUES (1, 'é', 'active');"
    "INSERT INTO experiment_tags VALUES ('a', 'b', 1);"
    "INSERT INTO runs (run_uuid, name, status, lifecycle_stage, experiment_id)"
    " VALUES ('r1', 'x', 'RUNNING', 'active', 1), ('r2', NULL, 'FAILED', 'active', 1);"
    "INSERT INTO tags VALUES ('a', 'b', 'r1'), ('mlflow.runName', 'x', 'r1');"
    "INSERT INTO params VALUES ('a', 'aB%é', 'r1');"
    "INSERT INTO latest_metrics VALUES ('a', 0.5, 1, 0, 0, 'r1'), ('a', 0, 1, 0, 1, "
    "'r2');"
    "INSERT INTO registered_models VALUES ('m', 1, NULL, NULL), ('n', 1, 2, NULL);"
    "INSERT INTO registered_model_tags VALUES ('a', 'b', 'm');"
    "INSERT INTO model_versions (name, version, current_stage, source)"
    " VALUES ('m', 1, 'None', 's'), ('m', 2, 'None', 's');"
    "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location,"
    " creation_timestamp_ms, last_updated_timestamp_ms, status, lifecycle_stage)"
    " VALUES ('m-1', 1, 'x', '/x', 1, 1, 2, 'active'),"
    " ('m-2', 1, 'x', '/x', 1, 1, 2, 'active');"
    "INSERT INTO logged_model_metrics (model_id, metric_name, metric_timestamp_ms,"
    " metric_step, metric_value, experiment_id, run_id)"
    " VALUES ('m-1', 'a', 1, 0, 0.5, 1, 'r1');";

static struct db *the_db(void)
{
	static struct ctx ctx;
	static struct db db = {.ctx = &ctx, .path = ":memory:"};
	if (db.sq)
		return &db;
	need(sqlite3_open(":memory:", &db.sq) == SQLITE_OK);
	need(sqlite3_exec(db.sq, schema_ddl, NULL, NULL, NULL) == SQLITE_OK);
	need(sqlite3_exec(db.sq, rows, NULL, NULL, NULL) == SQLITE_OK);
	return &db;
}

static int search(
    struct arena *a, int kind, struct search_query *q, const char **next, struct err *err)
{
	union {
		struct runs_found runs;
		struct experiments_found experiments;
		struct registered_models_found registered;
		struct model_versions_found versions;
		struct logged_models_found logged;
	} found;
	struct logged_models_order order = {
	    q->norder ? q->order_by[0] : "", false, "d", ""};
	struct logged_models_query lq = {
	    .q = *q, .order = &order, .norder = q->norder, .datasets = NULL};
	struct db *db = the_db();
	int rc;
	switch (kind) {
	case 0:
		rc = experiments_search(db, a, q, &found.experiments, err);
		*next = rc < 0 ? NULL : found.experiments.next;
		return rc;
	case 1:
		rc = registered_models_search(db, a, q, &found.registered, err);
		*next = rc < 0 ? NULL : found.registered.next;
		return rc;
	case 2:
		rc = model_versions_search(db, a, q, &found.versions, err);
		*next = rc < 0 ? NULL : found.versions.next;
		return rc;
	case 3:
		rc = logged_models_search(db, a, &lq, &found.logged, err);
		*next = rc < 0 ? NULL : found.logged.next;
		return rc;
	default:
		rc = runs_search(db, a, q, &found.runs, err);
		*next = rc < 0 ? NULL : found.runs.next;
		return rc;
	}
}

/* The piece up to the next byte 1. */
static const char *piece(struct arena *a, const char **s)
{
	size_t n = strcspn(*s, "\1");
	const char *out = arena_strndup(a, *s, n);
	*s += n + ((*s)[n] == '\1');
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	const char *s, *order, *next, *ids[] = {"1"};
	struct search_query q = {.view = VIEW_ALL, .max_results = 1};
	int kind;
	if (size == 0 || size > 4096)
		return 0;
	kind = data[0] % 8;
	s = arena_strndup(&a, (const char *)data + 1, size - 1);
	q.experiment_ids = ids;
	q.nexperiments = 1;
	q.filter = piece(&a, &s);
	order = piece(&a, &s);
	q.order_by = &order;
	q.norder = *order != '\0';
	q.page_token = piece(&a, &s);
	if (search(&a, kind, &q, &next, &err) < 0) {
		need(err.code == ERR_USAGE && err.msg[0]);
		return 0;
	}
	need(err.code == ERR_NONE);
	/* The next page begins where this one ended. */
	for (int pages = 0; next; pages++) {
		need(pages < 4);
		q.page_token = next;
		need(search(&a, kind, &q, &next, &err) == 0);
	}
	return 0;
}
