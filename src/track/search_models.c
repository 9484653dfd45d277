/* SPDX-License-Identifier: MIT */
#include "track/search_models.h"

#include <strings.h>

/* One of the two tables of the registry, and how it is searched. */
struct kind {
	const char *name; /* in the sum of the tokens */
	const struct filter_dialect *dialect;
	const char *tags; /* the table of its tags, which x joins by ... */
	const char *join;
	const char *model; /* the column with the model's name */
	const char *from;
	bool plain; /* orders name keys without an entity */
	/* attributes and their columns, in pairs, NULL-terminated */
	const char *const *columns;
};

static const char *column_of(const struct kind *k, const char *key)
{
	const char *const *c = k->columns;
	while (*c && strcmp(*c, key) != 0)
		c += 2;
	return *c ? c[1] : k->model;
}

static bool same(const struct comparison *c, const char *op, const char *value)
{
	return strcmp(c->op, op) == 0 && strcasecmp(c->value.s, value) == 0;
}

static bool about_prompts(const struct comparison *c)
{
	return c->entity == FILTER_TAG && strcmp(c->key, PROMPT_TAG) == 0;
}

/* The first comparison with the tag decides. */
static bool wants_prompts(const struct filter *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (about_prompts(&f->v[i]))
			return same(&f->v[i], "=", "true") ||
			       same(&f->v[i], "!=", "false");
	return false;
}

static void add_tag(struct sql *q, const struct kind *k, const struct comparison *c)
{
	sql_add(q, " AND EXISTS (SELECT 1 FROM %s x WHERE x.\"key\" = ", k->tags);
	sql_text(q, c->key);
	sql_add(q, " AND %s AND ", k->join);
	filter_sql(q, "x.value", c);
	sql_add(q, ")");
}

/*
 * Models that are no prompts lack the tag that tells; so no comparison with it would find
 * them, and it only says which of the two are meant.
 */
static void add_filter(struct sql *q, const struct kind *k, const struct filter *f)
{
	bool prompts = wants_prompts(f);
	for (size_t i = 0; i < f->n; i++) {
		const struct comparison *c = &f->v[i];
		if (c->entity == FILTER_ATTRIBUTE) {
			sql_add(q, " AND ");
			filter_sql(q, column_of(k, c->key), c);
		} else if (prompts || !about_prompts(c)) {
			add_tag(q, k, c);
		}
	}
	if (!prompts)
		sql_add(q,
		    " AND NOT EXISTS (SELECT 1 FROM %s x WHERE"
		    " x.\"key\" = '" PROMPT_TAG "' AND x.value = 'true' AND x.name = %s)",
		    k->tags, k->model);
}

static bool ordered_by(const struct search *s, const char *column)
{
	for (size_t i = 0; i < s->nterms; i++)
		if (strcmp(s->terms[i].expr, column) == 0)
			return true;
	return false;
}

/* Registered models know no other spelling of a key. */
static int read_plain(const struct kind *k, struct arena *a, const char *entry,
    struct order_key *out, struct err *err)
{
	out->entity = FILTER_ATTRIBUTE;
	if (order_parse(a, entry, &out->key, &out->desc, err) < 0)
		return -1;
	if (filter_has(k->dialect->ordered, out->key))
		return 0;
	return err_set(err, ERR_USAGE,
	    "Invalid order by key '%s' specified. Valid keys are '{'name', 'timestamp'}'",
	    out->key);
}

static int add_order(struct search *s, const struct kind *k, const struct search_query *q,
    const char *entry, struct err *err)
{
	struct order_key key;
	const char *column;
	int rc = k->plain ? read_plain(k, s->body.a, entry, &key, err)
			  : order_read(k->dialect, s->body.a, entry, &key, err);
	if (rc < 0)
		return -1;
	if (key.entity != FILTER_ATTRIBUTE)
		return err_set(err, ERR_USAGE,
		    "Invalid order by key '%s' specified. Valid keys are {'name',"
		    " 'version_number', 'creation_timestamp', 'last_updated_timestamp'}",
		    key.key);
	column = column_of(k, key.key);
	if (ordered_by(s, column))
		return search_refuse_twice(q, err);
	return search_term_add(s, column, key.desc, err);
}

/* All but the order's last terms, which make it total. */
static int prepare(
    struct search *s, const struct kind *k, const struct search_query *q, struct err *err)
{
	struct filter f;
	if (q->max_results < 1)
		return err_set(err, ERR_USAGE,
		    "Invalid value for max_results. It must be a positive integer, but"
		    " got %lld",
		    (long long)q->max_results);
	if (filter_read(k->dialect, s->body.a, q->filter, &f, err) < 0)
		return -1;
	s->limit = (size_t)q->max_results;
	s->token = q->page_token;
	s->request = search_sum(k->name, q);
	for (size_t i = 0; i < q->norder; i++)
		if (add_order(s, k, q, q->order_by[i], err) < 0)
			return -1;
	sql_add(&s->body, "%s", k->from);
	add_filter(&s->body, k, &f);
	return 0;
}

static const struct kind registered_models = {
    .name = "registered models",
    .dialect = &filter_registered_models,
    .tags = "registered_model_tags",
    .join = "x.name = m.name",
    .model = "m.name",
    .from = " FROM registered_models m WHERE 1",
    .plain = true,
    .columns = (const char *const[]){"timestamp", "m.last_updated_time",
	"last_updated_timestamp", "m.last_updated_time", NULL},
};

static int read_registered(struct db *db, struct arena *a, const struct search_page *page,
    struct registered_models_found *out, struct err *err)
{
	out->v = arena_array(a, page->n + 1, sizeof(*out->v));
	for (; out->n < page->n; out->n++)
		if (registered_model_find(
			db, a, page->ids[out->n].s, &out->v[out->n], err) < 0)
			return -1;
	return registered_models_fill(db, a, out->v, out->n, err);
}

int registered_models_search(struct db *db, struct arena *a, const struct search_query *q,
    struct registered_models_found *out, struct err *err)
{
	auto_search s = {.ids = "m.name", .nids = 1, .body = SQL_INIT(a)};
	struct search_page page = {0};
	int rc;
	*out = (struct registered_models_found){0};
	if (prepare(&s, &registered_models, q, err) < 0 ||
	    (!ordered_by(&s, "m.name") && search_term_add(&s, "m.name", false, err) < 0))
		return -1;
	if (db_begin_read(db, err) < 0)
		return -1;
	rc = search_page(db, a, &s, &page, err);
	if (rc == 0)
		rc = read_registered(db, a, &page, out, err);
	out->next = page.next;
	return db_end(db, rc, err);
}

static const struct kind model_versions = {
    .name = "model versions",
    .dialect = &filter_model_versions,
    .tags = "model_version_tags",
    .join = "x.name = v.name AND x.version = v.version",
    .model = "v.name",
    .from = " FROM model_versions v WHERE v.current_stage != '" MODEL_VERSION_DELETED "'",
    .columns = (const char *const[]){"version_number", "v.version", "run_id", "v.run_id",
	"source_path", "v.source", "creation_timestamp", "v.creation_time",
	"last_updated_timestamp", "v.last_updated_time", NULL},
};

static int add_version_ties(
    struct search *s, const struct search_query *q, struct err *err)
{
	if (q->norder == 0 && search_term_add(s, "v.last_updated_time", true, err) < 0)
		return -1;
	if (!ordered_by(s, "v.name") && search_term_add(s, "v.name", false, err) < 0)
		return -1;
	return ordered_by(s, "v.version") ? 0
					  : search_term_add(s, "v.version", true, err);
}

static int read_versions(struct db *db, struct arena *a, const struct search_page *page,
    struct model_versions_found *out, struct err *err)
{
	out->v = arena_array(a, page->n + 1, sizeof(*out->v));
	for (; out->n < page->n; out->n++) {
		const struct sql_value *id = &page->ids[2 * out->n];
		if (model_version_find(db, a, id[0].s, id[1].i, &out->v[out->n], err) < 0)
			return -1;
	}
	if (model_versions_fill_tags(db, a, out->v, out->n, err) < 0)
		return -1;
	return model_versions_fill_aliases(db, a, out->v, out->n, err);
}

int model_versions_search(struct db *db, struct arena *a, const struct search_query *q,
    struct model_versions_found *out, struct err *err)
{
	auto_search s = {.ids = "v.name, v.version", .nids = 2, .body = SQL_INIT(a)};
	struct search_page page = {0};
	int rc;
	*out = (struct model_versions_found){0};
	if (prepare(&s, &model_versions, q, err) < 0 || add_version_ties(&s, q, err) < 0)
		return -1;
	if (db_begin_read(db, err) < 0)
		return -1;
	rc = search_page(db, a, &s, &page, err);
	if (rc == 0)
		rc = read_versions(db, a, &page, out, err);
	out->next = page.next;
	return db_end(db, rc, err);
}
