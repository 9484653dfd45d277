/* SPDX-License-Identifier: MIT */
#include "track/rows.h"
#include "track/search_runs.h"

int search_check_max_results(int64_t max_results, struct err *err)
{
	if (max_results < 1)
		return err_set(err, ERR_USAGE,
		    "Invalid value %lld for parameter 'max_results' supplied. It must be "
		    "a"
		    " positive integer",
		    (long long)max_results);
	if (max_results > SEARCH_MAX_RESULTS)
		return err_set(err, ERR_USAGE,
		    "Invalid value %lld for parameter 'max_results' supplied. It must be"
		    " at most %d",
		    (long long)max_results, SEARCH_MAX_RESULTS);
	return 0;
}

const char *search_stages(enum view view)
{
	return view == VIEW_ACTIVE    ? "= 'active'"
	       : view == VIEW_DELETED ? "= 'deleted'"
				      : "IN ('active', 'deleted')";
}

static const char *column_of(const char *key)
{
	return strcmp(key, "name") == 0		   ? "e.name"
	       : strcmp(key, "experiment_id") == 0 ? "e.experiment_id"
	       : strcmp(key, "creation_time") == 0 ? "e.creation_time"
						   : "e.last_update_time";
}

static void add_tag(struct sql *q, const struct comparison *c)
{
	bool absent = strcmp(c->op, "IS NULL") == 0;
	sql_add(q, " AND %sEXISTS (SELECT 1 FROM experiment_tags x WHERE x.\"key\" = ",
	    absent ? "NOT " : "");
	sql_text(q, c->key);
	sql_add(q, " AND x.experiment_id = e.experiment_id");
	if (!absent && strcmp(c->op, "IS NOT NULL") != 0) {
		sql_add(q, " AND ");
		filter_sql(q, "x.value", c);
	}
	sql_add(q, ")");
}

static void add_filter(struct sql *q, const struct filter *f)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->v[i].entity == FILTER_TAG) {
			add_tag(q, &f->v[i]);
			continue;
		}
		sql_add(q, " AND ");
		filter_sql(q, column_of(f->v[i].key), &f->v[i]);
	}
}

/* Nothing is done about values that are missing: SQLite's place for them is MLflow's. */
static int add_order(struct search *s, const struct search_query *q, struct err *err)
{
	bool total = false;
	for (size_t i = 0; i < q->norder; i++) {
		struct order_key k;
		if (order_read(&filter_experiments, s->body.a, q->order_by[i], &k, err) <
		    0)
			return -1;
		if (k.entity != FILTER_ATTRIBUTE)
			return err_set(err, ERR_USAGE, "Invalid order_by entity: tag");
		total |= strcmp(k.key, "experiment_id") == 0;
		if (search_term_add(s, column_of(k.key), k.desc, err) < 0)
			return -1;
	}
	if (q->norder == 0 && search_term_add(s, "e.creation_time", true, err) < 0)
		return -1;
	/* ties: the oldest first, but where an order was asked for the newest */
	return total ? 0 : search_term_add(s, "e.experiment_id", q->norder > 0, err);
}

static int prepare(struct search *s, const struct search_query *q, struct err *err)
{
	struct filter f;
	if (search_check_max_results(q->max_results, err) < 0 ||
	    filter_read(&filter_experiments, s->body.a, q->filter, &f, err) < 0)
		return -1;
	s->ids = "e.experiment_id";
	s->nids = 1;
	s->limit = (size_t)q->max_results;
	s->token = q->page_token;
	s->request = search_sum("experiments", q);
	if (add_order(s, q, err) < 0)
		return -1;
	sql_add(&s->body, " FROM experiments e WHERE e.lifecycle_stage %s",
	    search_stages(q->view));
	add_filter(&s->body, &f);
	return 0;
}

static int read_tags(
    struct db *db, struct arena *a, struct experiments_found *out, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT \"key\", value FROM experiment_tags WHERE experiment_id = ?"
	    " ORDER BY \"key\"",
	    "");
	for (size_t i = 0; st && i < out->n; i++)
		if (stmt_bind(db, st, err, "i", out->v[i].id) < 0 ||
		    rows_to_kvs(db, a, st, &out->v[i].tags, err) < 0)
			return -1;
	return st ? 0 : -1;
}

static int read_page(struct db *db, struct arena *a, const struct search_page *page,
    struct experiments_found *out, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT experiment_id, name, artifact_location, lifecycle_stage,"
	    " creation_time, last_update_time FROM experiments WHERE experiment_id = ?",
	    "");
	if (!st)
		return -1;
	out->v = arena_array(a, page->n + 1, sizeof(*out->v));
	for (; out->n < page->n; out->n++) {
		if (stmt_bind(db, st, err, "i", page->ids[out->n].i) < 0 ||
		    stmt_step(db, st, err) < 0)
			return -1;
		out->v[out->n] = (struct experiment){.id = column_int(st, 0, 0),
		    .name = column_text(a, st, 1),
		    .artifact_location = column_text(a, st, 2),
		    .deleted = strcmp(column_text(a, st, 3), "deleted") == 0,
		    .created = column_int(st, 4, -1),
		    .updated = column_int(st, 5, -1)};
	}
	return read_tags(db, a, out, err);
}

int experiments_search(struct db *db, struct arena *a, const struct search_query *q,
    struct experiments_found *out, struct err *err)
{
	auto_search s = {.body = SQL_INIT(a)};
	struct search_page page = {0};
	int rc;
	*out = (struct experiments_found){0};
	if (prepare(&s, q, err) < 0 || db_begin_read(db, err) < 0)
		return -1;
	rc = search_page(db, a, &s, &page, err);
	if (rc == 0)
		rc = read_page(db, a, &page, out, err);
	out->next = page.next;
	return db_end(db, rc, err);
}
