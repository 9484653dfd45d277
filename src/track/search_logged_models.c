/* SPDX-License-Identifier: MIT */
#include "track/rows.h"
#include "track/search_models.h"

enum { JOINS_MAX = 50, DATASETS_MAX = 200 };

static void add_datasets(struct sql *q, const struct logged_models_query *lq)
{
	for (size_t i = 0; i < lq->ndatasets; i++) {
		sql_add(q, "%sx.dataset_name = ", i ? " OR " : " AND (");
		sql_text(q, lq->datasets[i].name);
		if (lq->datasets[i].digest) {
			sql_add(q, " AND x.dataset_digest = ");
			sql_text(q, lq->datasets[i].digest);
		}
	}
	sql_add(q, lq->ndatasets ? ")" : "");
}

static void add_keyed(
    struct sql *q, const struct logged_models_query *lq, const struct comparison *c)
{
	bool metric = c->entity == FILTER_METRIC, param = c->entity == FILTER_PARAM;
	sql_add(q,
	    " AND EXISTS (SELECT 1 FROM %s x WHERE x.model_id = m.model_id AND %s = ",
	    metric  ? "logged_model_metrics"
	    : param ? "logged_model_params"
		    : "logged_model_tags",
	    metric  ? "x.metric_name"
	    : param ? "x.param_key"
		    : "x.tag_key");
	sql_text(q, c->key);
	sql_add(q, " AND ");
	filter_sql(q,
	    metric  ? "x.metric_value"
	    : param ? "x.param_value"
		    : "x.tag_value",
	    c);
	if (metric)
		add_datasets(q, lq);
	sql_add(q, ")");
}

static void add_filter(
    struct sql *q, const struct logged_models_query *lq, const struct filter *f)
{
	bool metrics = false;
	for (size_t i = 0; i < f->n; i++) {
		const struct comparison *c = &f->v[i];
		metrics |= c->entity == FILTER_METRIC;
		if (c->entity == FILTER_ATTRIBUTE) {
			sql_add(q, " AND ");
			filter_sql(q, arena_printf(q->a, "m.%s", c->key), c);
		} else {
			add_keyed(q, lq, c);
		}
	}
	if (metrics || lq->ndatasets == 0)
		return;
	sql_add(q, " AND EXISTS (SELECT 1 FROM logged_model_metrics x"
		   " WHERE x.model_id = m.model_id");
	add_datasets(q, lq);
	sql_add(q, ")");
}

/* The value that was logged last, on the dataset if one is named. */
static int add_metric(struct search *s, const struct logged_models_order *o,
    const char *key, size_t nth, struct err *err)
{
	struct sql *q = &s->body;
	const char *value = arena_printf(q->a, "o%zu.metric_value", nth);
	if (nth >= JOINS_MAX)
		return err_set(err, ERR_USAGE, "The order has too many entries");
	sql_add(q,
	    " LEFT JOIN logged_model_metrics o%zu ON o%zu.rowid = (SELECT x.rowid"
	    " FROM logged_model_metrics x WHERE x.model_id = m.model_id"
	    " AND x.metric_name = ",
	    nth, nth);
	sql_text(q, key);
	if (o->dataset_name && *o->dataset_name) {
		sql_add(q, " AND x.dataset_name = ");
		sql_text(q, o->dataset_name);
	}
	if (o->dataset_digest && *o->dataset_digest) {
		sql_add(q, " AND x.dataset_digest = ");
		sql_text(q, o->dataset_digest);
	}
	sql_add(q, " ORDER BY x.metric_timestamp_ms DESC, x.metric_step DESC, x.run_id"
		   " LIMIT 1)");
	if (!o->desc &&
	    search_term_add(s, arena_printf(q->a, "(%s IS NULL)", value), false, err) < 0)
		return -1;
	return search_term_add(s, value, o->desc, err);
}

static int add_attribute(struct search *s, const struct logged_models_order *o,
    const char **column, struct err *err)
{
	enum filter_entity entity;
	const char *key;
	struct err other = ERR_INIT;
	const struct filter_dialect *d = &filter_logged_models;
	if (d->identify(d, s->body.a, o->field, d->ordered, &entity, &key, &other) < 0)
		return err_set(
		    err, ERR_USAGE, "Invalid order by field name: %s", o->field);
	*column = arena_printf(s->body.a, "m.%s", key);
	if (!o->desc &&
	    search_term_add(
		s, arena_printf(s->body.a, "(%s IS NULL)", *column), false, err) < 0)
		return -1;
	return search_term_add(s, *column, o->desc, err);
}

static int add_order(
    struct search *s, const struct logged_models_query *lq, struct err *err)
{
	bool created = false, total = false;
	for (size_t i = 0; i < lq->norder; i++) {
		const struct logged_models_order *o = &lq->order[i];
		const char *column = "";
		if (!strchr(o->field, '.')) {
			if (add_attribute(s, o, &column, err) < 0)
				return -1;
			created |= strcmp(column, "m.creation_timestamp_ms") == 0;
			total |= strcmp(column, "m.model_id") == 0;
			continue;
		}
		if (strncmp(o->field, "metrics.", strlen("metrics.")) != 0)
			return err_set(err, ERR_USAGE,
			    "Invalid order by field name: %s. Only metrics are "
			    "supported.",
			    o->field);
		if (add_metric(s, o, o->field + strlen("metrics."), i, err) < 0)
			return -1;
	}
	if (!created && search_term_add(s, "m.creation_timestamp_ms", true, err) < 0)
		return -1;
	return total ? 0 : search_term_add(s, "m.model_id", false, err);
}

static uint64_t sum(const struct logged_models_query *lq)
{
	uint64_t v = search_sum("logged models", &lq->q);
	for (size_t i = 0; i < lq->norder; i++) {
		v = page_sum_str(v, lq->order[i].field);
		v = page_sum_str(v, lq->order[i].desc ? "desc" : "asc");
		v = page_sum_str(v, lq->order[i].dataset_name);
		v = page_sum_str(v, lq->order[i].dataset_digest);
	}
	for (size_t i = 0; i < lq->ndatasets; i++) {
		v = page_sum_str(v, lq->datasets[i].name);
		v = page_sum_str(v, lq->datasets[i].digest);
	}
	return v;
}

static int prepare(
    struct search *s, const struct logged_models_query *lq, struct err *err)
{
	struct filter f;
	int64_t max =
	    lq->q.max_results ? lq->q.max_results : SEARCH_LOGGED_MODELS_DEFAULT;
	if (max < 0)
		return err_set(err, ERR_USAGE,
		    "Invalid value %lld for parameter 'max_results' supplied. It must be "
		    "a"
		    " positive integer",
		    (long long)max);
	if (lq->ndatasets > DATASETS_MAX)
		return err_set(err, ERR_USAGE, "The request names too many datasets");
	if (filter_read(&filter_logged_models, s->body.a, lq->q.filter, &f, err) < 0)
		return -1;
	s->limit =
	    max < SEARCH_LOGGED_MODELS_MAX ? (size_t)max : SEARCH_LOGGED_MODELS_MAX;
	s->token = lq->q.page_token;
	s->request = sum(lq);
	sql_add(&s->body, " FROM logged_models m");
	if (add_order(s, lq, err) < 0)
		return -1;
	sql_add(&s->body, " WHERE m.lifecycle_stage != 'deleted' AND");
	if (search_experiments(&s->body, "m.experiment_id", &lq->q, err) < 0)
		return -1;
	add_filter(&s->body, lq, &f);
	return 0;
}

static int read_page(struct db *db, struct arena *a, const struct search_page *page,
    struct logged_models_found *out, struct err *err)
{
	out->v = arena_array(a, page->n + 1, sizeof(*out->v));
	for (; out->n < page->n; out->n++)
		if (logged_model_find(
			db, a, page->ids[out->n].s, false, &out->v[out->n], err) < 0)
			return -1;
	return logged_models_fill(db, a, out->v, out->n, err);
}

int logged_models_search(struct db *db, struct arena *a,
    const struct logged_models_query *lq, struct logged_models_found *out,
    struct err *err)
{
	auto_search s = {.ids = "m.model_id", .nids = 1, .body = SQL_INIT(a)};
	struct search_page page = {0};
	int rc;
	*out = (struct logged_models_found){0};
	if (prepare(&s, lq, err) < 0)
		return -1;
	if (db_begin_read(db, err) < 0)
		return -1;
	rc = db_need_logged_models(db, err);
	if (rc == 0)
		rc = search_page(db, a, &s, &page, err);
	if (rc == 0)
		rc = read_page(db, a, &page, out, err);
	out->next = page.next;
	return db_end(db, rc, err);
}
