/* SPDX-License-Identifier: MIT */
#include "track/registered_model.h"
#include "track/rows.h"

void registered_model_from_row(
    struct arena *a, sqlite3_stmt *st, struct registered_model *out)
{
	*out = (struct registered_model){.name = column_text(a, st, 0),
	    .created = column_int(st, 1, -1),
	    .updated = column_int(st, 2, -1),
	    .description = column_text_or_null(a, st, 3)};
}

int registered_model_find(struct db *db, struct arena *a, const char *name,
    struct registered_model *out, struct err *err)
{
	auto_stmt st = NULL;
	int rc;
	if (model_name_check(name, err) < 0)
		return -1;
	st = db_query(db, err,
	    "SELECT " REGISTERED_MODEL_COLUMNS " FROM registered_models m"
	    " WHERE m.name = ?",
	    "s", name);
	rc = st ? stmt_step(db, st, err) : -1;
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(
		    err, ERR_NOTFOUND, "Registered Model with name=%s not found", name);
	registered_model_from_row(a, st, out);
	return 0;
}

struct sorted {
	struct registered_model **v;
	size_t n;
};

static int by_name(const void *x, const void *y)
{
	const struct registered_model *a = *(struct registered_model *const *)x;
	const struct registered_model *b = *(struct registered_model *const *)y;
	return strcmp(a->name, b->name);
}

static struct kvs *tags_of_row(void *arg, sqlite3_stmt *st)
{
	const struct sorted *s = arg;
	struct registered_model key = {.name = (const char *)sqlite3_column_text(st, 1)};
	const struct registered_model *k = &key;
	struct registered_model **at =
	    key.name ? bsearch(&k, s->v, s->n, sizeof(*s->v), by_name) : NULL;
	return at ? &(*at)->tags : NULL;
}

static int fill_tags(
    struct db *db, struct arena *a, struct registered_model *m, size_t n, struct err *err)
{
	auto_stmt which = NULL;
	auto_stmt what = NULL;
	struct sorted s = {arena_array(a, n, sizeof(*s.v)), n};
	for (size_t i = 0; i < n; i++) {
		m[i].tags = (struct kvs){0};
		s.v[i] = &m[i];
	}
	qsort(s.v, n, sizeof(*s.v), by_name);
	which = db_query(db, err,
	    "SELECT rowid, name FROM registered_model_tags"
	    " WHERE ?1 IS NULL OR name = ?1 ORDER BY +rowid",
	    "s", n == 1 ? m[0].name : NULL);
	if (which)
		what = db_query(db, err,
		    "SELECT \"key\", value FROM registered_model_tags WHERE rowid = ?",
		    "");
	return what ? rows_deal(db, a, which, what, tags_of_row, &s, err) : -1;
}

static int fill_aliases(
    struct db *db, struct arena *a, struct registered_model *m, size_t n, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT alias, version FROM registered_model_aliases WHERE name = ?"
	    " ORDER BY alias",
	    "");
	for (size_t i = 0; st && i < n; i++)
		if (stmt_bind(db, st, err, "s", m[i].name) < 0 ||
		    rows_to_kvs(db, a, st, &m[i].aliases, err) < 0)
			return -1;
	return st ? 0 : -1;
}

/* One array for all, so that their tags are read at once. */
static int fill_latest(
    struct db *db, struct arena *a, struct registered_model *m, size_t n, struct err *err)
{
	struct model_version *all = NULL, *next;
	size_t nall = 0;
	for (size_t i = 0; i < n; i++) {
		m[i].nlatest = nall;
		if (model_versions_add_latest(db, a, m[i].name, &all, &nall, err) < 0)
			return -1;
		m[i].nlatest = nall - m[i].nlatest;
	}
	if (model_versions_fill_tags(db, a, all, nall, err) < 0)
		return -1;
	next = all;
	for (size_t i = 0; i < n; i++) {
		m[i].latest = next;
		next = m[i].nlatest ? next + m[i].nlatest : next;
	}
	return 0;
}

int registered_models_fill(
    struct db *db, struct arena *a, struct registered_model *m, size_t n, struct err *err)
{
	if (n == 0)
		return 0;
	if (fill_tags(db, a, m, n, err) < 0 || fill_aliases(db, a, m, n, err) < 0)
		return -1;
	return fill_latest(db, a, m, n, err);
}

static int read_model(struct db *db, struct arena *a, const char *name,
    struct registered_model *out, struct err *err)
{
	if (registered_model_find(db, a, name, out, err) < 0)
		return -1;
	return registered_models_fill(db, a, out, 1, err);
}

int registered_model_read(struct db *db, struct arena *a, const char *name,
    struct registered_model *out, struct err *err)
{
	if (db_begin_read(db, err) < 0)
		return -1;
	return db_end(db, read_model(db, a, name, out, err), err);
}

/* Whether the stage is one of those; in any spelling, and all are known ones. */
static bool wanted(
    const struct model_version *v, const char *const *stages, size_t nstages)
{
	struct err err = ERR_INIT;
	if (nstages == 0)
		return true;
	for (size_t i = 0; i < nstages; i++)
		if (strcmp(v->stage, model_stage(stages[i], &err)) == 0)
			return true;
	return false;
}

static int latest(struct db *db, struct arena *a, const char *name,
    const char *const *stages, size_t nstages, struct model_version **out, size_t *n,
    struct err *err)
{
	struct registered_model m;
	size_t all = 0;
	if (registered_model_find(db, a, name, &m, err) < 0)
		return -1;
	for (size_t i = 0; i < nstages; i++)
		if (!model_stage(stages[i], err))
			return -1;
	if (model_versions_latest(db, a, name, out, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all; i++)
		if (wanted(&(*out)[i], stages, nstages))
			(*out)[(*n)++] = (*out)[i];
	return model_versions_fill_aliases(db, a, *out, *n, err);
}

int registered_model_latest(struct db *db, struct arena *a, const char *name,
    const char *const *stages, size_t nstages, struct model_version **out, size_t *n,
    struct err *err)
{
	*out = NULL;
	*n = 0;
	if (db_begin_read(db, err) < 0)
		return -1;
	return db_end(db, latest(db, a, name, stages, nstages, out, n, err), err);
}
