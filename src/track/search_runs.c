/* SPDX-License-Identifier: MIT */
#include "track/search_runs.h"

#include "track/run_store.h"

/* Orders by values of other tables join one each; SQLite joins 64 tables. */
enum { JOINS_MAX = 50 };

static const char *run_column(const char *key, bool ordered)
{
	if (strcmp(key, "run_id") == 0)
		return "r.run_uuid";
	if (strcmp(key, "status") == 0)
		return "r.status";
	if (strcmp(key, "artifact_uri") == 0)
		return "r.artifact_uri";
	if (strcmp(key, "user_id") == 0)
		return "r.user_id";
	if (strcmp(key, "start_time") == 0)
		return "r.start_time";
	if (strcmp(key, "end_time") == 0)
		return "r.end_time";
	/* runs of old have their name in the tag only: filters look there */
	return ordered ? "r.name" : NULL;
}

static const char *table_of(enum filter_entity entity)
{
	return entity == FILTER_METRIC	? "latest_metrics"
	       : entity == FILTER_PARAM ? "params"
					: "tags";
}

/* Rows of params, tags or latest_metrics: at most one for a run and a key. */
static void add_keyed(struct sql *q, const char *key, const struct comparison *c)
{
	enum filter_entity entity =
	    c->entity == FILTER_ATTRIBUTE ? FILTER_TAG : c->entity;
	bool absent = strcmp(c->op, "IS NULL") == 0;
	sql_add(q,
	    " AND %sEXISTS (SELECT 1 FROM %s x WHERE x.\"key\" = ", absent ? "NOT " : "",
	    table_of(entity));
	sql_text(q, key);
	sql_add(q, " AND x.run_uuid = r.run_uuid");
	if (!absent && strcmp(c->op, "IS NOT NULL") != 0) {
		sql_add(q, " AND (");
		filter_sql(q, "x.value", c);
		/* NaN is stored as 0; it differs from every number, and that is all */
		if (entity == FILTER_METRIC)
			sql_add(q, strcmp(c->op, "!=") == 0 ? " OR x.is_nan"
							    : " AND NOT x.is_nan");
		sql_add(q, ")");
	}
	sql_add(q, ")");
}

static void add_dataset(struct sql *q, const struct comparison *c)
{
	bool context = strcmp(c->key, "context") == 0;
	sql_add(q, " AND EXISTS (SELECT 1 FROM inputs i"
		   " JOIN datasets d ON d.dataset_uuid = i.source_id");
	if (context)
		sql_add(q, " JOIN input_tags t ON t.input_uuid = i.input_uuid"
			   " AND t.name = 'mlflow.data.context'");
	sql_add(q, " WHERE i.destination_type = 'RUN' AND i.destination_id = r.run_uuid"
		   " AND i.source_type = 'DATASET' AND ");
	filter_sql(q,
	    context			  ? "t.value"
	    : strcmp(c->key, "name") == 0 ? "d.name"
					  : "d.digest",
	    c);
	sql_add(q, ")");
}

static void add_filter(struct sql *q, const struct filter *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct comparison *c = &f->v[i];
		const char *column;
		if (c->entity == FILTER_DATASET) {
			add_dataset(q, c);
		} else if (c->entity != FILTER_ATTRIBUTE) {
			add_keyed(q, c->key, c);
		} else if ((column = run_column(c->key, false))) {
			sql_add(q, " AND ");
			filter_sql(q, column, c);
		} else {
			add_keyed(q, "mlflow.runName", c);
		}
	}
}

/* A value of another table, or of none: the runs that have none come last. */
static int add_joined(
    struct search *s, const struct order_key *k, size_t nth, struct err *err)
{
	struct arena *a = s->body.a;
	const char *value = arena_printf(a, "o%zu.value", nth);
	if (nth >= JOINS_MAX)
		return err_set(err, ERR_USAGE, "The order has too many entries");
	sql_add(&s->body, " LEFT JOIN %s o%zu ON o%zu.\"key\" = ", table_of(k->entity),
	    nth, nth);
	sql_text(&s->body, k->key);
	sql_add(&s->body, " AND o%zu.run_uuid = r.run_uuid", nth);
	if (k->entity == FILTER_METRIC) {
		const char *class = arena_printf(a,
		    "CASE WHEN o%zu.is_nan THEN 1 WHEN o%zu.value IS NULL THEN 2 ELSE 0 "
		    "END",
		    nth, nth);
		if (search_term_add(s, class, false, err) < 0)
			return -1;
	} else if (!k->desc && search_term_add(s, arena_printf(a, "(%s IS NULL)", value),
				   false, err) < 0) {
		return -1;
	}
	return search_term_add(s, value, k->desc, err);
}

static int add_attribute(struct search *s, const struct order_key *k, struct err *err)
{
	const char *column = run_column(k->key, true);
	const char *missing = arena_printf(s->body.a, "(%s IS NULL)", column);
	if (!k->desc && search_term_add(s, missing, false, err) < 0)
		return -1;
	return search_term_add(s, column, k->desc, err);
}

static int add_order(struct search *s, const struct search_query *q, struct err *err)
{
	struct arena *a = s->body.a;
	struct order_key *keys = arena_array(a, q->norder + 1, sizeof(*keys));
	bool timed = false;
	if (q->norder > SEARCH_TERMS_MAX)
		return err_set(err, ERR_USAGE, "The order has too many entries");
	for (size_t i = 0; i < q->norder; i++) {
		struct order_key *k = &keys[i];
		if (order_read(&filter_runs, a, q->order_by[i], k, err) < 0)
			return -1;
		for (size_t j = 0; j < i; j++)
			if (keys[j].entity == k->entity &&
			    strcmp(keys[j].key, k->key) == 0)
				return search_refuse_twice(q, err);
		if (k->entity == FILTER_DATASET)
			return err_set(
			    err, ERR_USAGE, "Invalid identifier type 'dataset'");
		timed |=
		    k->entity == FILTER_ATTRIBUTE && strcmp(k->key, "start_time") == 0;
		if ((k->entity == FILTER_ATTRIBUTE ? add_attribute(s, k, err)
						   : add_joined(s, k, i, err)) < 0)
			return -1;
	}
	if (!timed && search_term_add(s, "r.start_time", true, err) < 0)
		return -1;
	s->indexed = strcmp(s->terms[0].expr, "r.start_time") == 0;
	return search_term_add(s, "r.run_uuid", false, err);
}

static int prepare(struct search *s, const struct search_query *q, struct err *err)
{
	struct filter f;
	if (search_check_max_results(q->max_results, err) < 0)
		return -1;
	if (filter_read(&filter_runs, s->body.a, q->filter, &f, err) < 0)
		return -1;
	s->ids = "r.rowid";
	s->nids = 1;
	s->limit = (size_t)q->max_results;
	s->token = q->page_token;
	s->request = search_sum("runs", q);
	sql_add(&s->body, " FROM runs r");
	if (add_order(s, q, err) < 0)
		return -1;
	sql_add(&s->body, " WHERE");
	if (search_experiments(&s->body, "r.experiment_id", q, err) < 0)
		return -1;
	sql_add(&s->body, " AND r.lifecycle_stage %s", search_stages(q->view));
	add_filter(&s->body, &f);
	return 0;
}

static int read_runs(struct db *db, struct arena *a, const struct search_page *page,
    struct runs_found *out, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT " RUN_COLUMNS " FROM runs r LEFT JOIN experiments e"
	    " ON e.experiment_id = r.experiment_id WHERE r.rowid = ?",
	    "");
	if (!st)
		return -1;
	out->runs = arena_array(a, page->n + 1, sizeof(*out->runs));
	out->inputs = arena_array(a, page->n + 1, sizeof(*out->inputs));
	for (; out->n < page->n; out->n++) {
		if (stmt_bind(db, st, err, "i", page->ids[out->n].i) < 0 ||
		    stmt_step(db, st, err) < 0)
			return -1;
		run_from_row(a, st, &out->runs[out->n]);
	}
	if (runs_fill(db, a, out->runs, out->n, err) < 0)
		return -1;
	return runs_inputs_fill(db, a, out->runs, out->n, out->inputs, err);
}

int runs_search(struct db *db, struct arena *a, const struct search_query *q,
    struct runs_found *out, struct err *err)
{
	auto_search s = {.body = SQL_INIT(a)};
	struct search_page page = {0};
	int rc;
	*out = (struct runs_found){0};
	if (prepare(&s, q, err) < 0)
		return -1;
	if (q->nexperiments == 0)
		return 0;
	if (db_begin_read(db, err) < 0)
		return -1;
	rc = search_page(db, a, &s, &page, err);
	if (rc == 0)
		rc = read_runs(db, a, &page, out, err);
	out->next = page.next;
	return db_end(db, rc, err);
}
