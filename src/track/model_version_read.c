/* SPDX-License-Identifier: MIT */
#include "track/model_version.h"
#include "track/registered_model.h"
#include "track/rows.h"

void model_version_from_row(struct arena *a, sqlite3_stmt *st, struct model_version *out)
{
	*out = (struct model_version){.name = column_text(a, st, 0),
	    .version = column_int(st, 1, 0),
	    .created = column_int(st, 2, -1),
	    .updated = column_int(st, 3, -1),
	    .stage = column_text(a, st, 4),
	    .description = column_text_or_null(a, st, 5),
	    .user = column_text_or_null(a, st, 6),
	    .source = column_text_or_null(a, st, 7),
	    .run_id = column_text_or_null(a, st, 8),
	    .status = column_text_or_null(a, st, 9),
	    .status_message = column_text_or_null(a, st, 10),
	    .run_link = column_text_or_null(a, st, 11),
	    .storage_location = column_text_or_null(a, st, 12)};
}

int model_version_find(struct db *db, struct arena *a, const char *name, int64_t version,
    struct model_version *out, struct err *err)
{
	auto_stmt st = NULL;
	int rc;
	if (model_name_check(name, err) < 0)
		return -1;
	st = db_query(db, err,
	    "SELECT " MODEL_VERSION_COLUMNS " FROM model_versions v"
	    " WHERE v.name = ? AND v.version = ?"
	    " AND v.current_stage <> '" MODEL_VERSION_DELETED "'",
	    "si", name, version);
	rc = st ? stmt_step(db, st, err) : -1;
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOTFOUND,
		    "Model Version (name=%s, version=%lld) not found", name,
		    (long long)version);
	model_version_from_row(a, st, out);
	return 0;
}

int model_version_deleted_at(
    struct db *db, const char *name, int64_t version, int64_t *out, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT last_updated_time FROM model_versions WHERE name = ?"
	    " AND version = ? AND current_stage = '" MODEL_VERSION_DELETED "'",
	    "si", name, version);
	int rc = st ? stmt_step(db, st, err) : -1;
	if (rc == 0)
		err_set(err, ERR_NOTFOUND,
		    "Model Version (name=%s, version=%lld) not found", name,
		    (long long)version);
	if (rc <= 0)
		return -1;
	*out = sqlite3_column_int64(st, 0);
	return 0;
}

static int by_name_and_number(const void *x, const void *y)
{
	const struct model_version *a = *(struct model_version *const *)x;
	const struct model_version *b = *(struct model_version *const *)y;
	int c = strcmp(a->name, b->name);
	return c ? c : (a->version > b->version) - (a->version < b->version);
}

struct sorted {
	struct model_version **v;
	size_t n;
};

static struct kvs *tags_of_row(void *arg, sqlite3_stmt *st)
{
	const struct sorted *s = arg;
	struct model_version key = {.name = (const char *)sqlite3_column_text(st, 1),
	    .version = column_int(st, 2, 0)};
	const struct model_version *k = &key;
	struct model_version **at =
	    key.name ? bsearch(&k, s->v, s->n, sizeof(*s->v), by_name_and_number) : NULL;
	return at ? &(*at)->tags : NULL;
}

/*
 * Each in the way that makes SQLite read an index alone: the rows hold whole prompts, and
 * the name behind them.
 */
static const char *rows_sql(struct db *db)
{
	if (db_has_column(db, "model_version_tags", "workspace"))
		return "SELECT rowid, name, version FROM model_version_tags"
		       " WHERE ?1 IS NULL OR name = ?1 ORDER BY +rowid";
	return "SELECT rowid, name, version FROM model_version_tags WHERE \"key\" >= ''"
	       " AND (?1 IS NULL OR name = ?1) ORDER BY +rowid";
}

int model_versions_fill_tags(
    struct db *db, struct arena *a, struct model_version *v, size_t n, struct err *err)
{
	auto_stmt which = NULL;
	auto_stmt what = NULL;
	struct sorted s = {arena_array(a, n, sizeof(*s.v)), n};
	bool one_name = true;
	for (size_t i = 0; i < n; i++) {
		v[i].tags = (struct kvs){0};
		s.v[i] = &v[i];
		one_name = one_name && strcmp(v[i].name, v[0].name) == 0;
	}
	if (n == 0)
		return 0;
	qsort(s.v, n, sizeof(*s.v), by_name_and_number);
	which = db_query(db, err, rows_sql(db), "s", one_name ? v[0].name : NULL);
	if (which)
		what = db_query(db, err,
		    "SELECT \"key\", value FROM model_version_tags WHERE rowid = ?", "");
	return what ? rows_deal(db, a, which, what, tags_of_row, &s, err) : -1;
}

int model_versions_fill_aliases(
    struct db *db, struct arena *a, struct model_version *v, size_t n, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT alias FROM registered_model_aliases WHERE name = ? AND version = ?"
	    " ORDER BY alias",
	    "");
	for (size_t i = 0; st && i < n; i++)
		if (stmt_bind(db, st, err, "si", v[i].name, v[i].version) < 0 ||
		    rows_to_list(db, a, st, &v[i].aliases, &v[i].naliases, err) < 0)
			return -1;
	return st ? 0 : -1;
}

static int read_version(struct db *db, struct arena *a, const char *name, int64_t version,
    struct model_version *out, struct err *err)
{
	if (model_version_find(db, a, name, version, out, err) < 0)
		return -1;
	return model_version_fill(db, a, out, err);
}

int model_version_read(struct db *db, struct arena *a, const char *name, int64_t version,
    struct model_version *out, struct err *err)
{
	if (db_begin_read(db, err) < 0)
		return -1;
	return db_end(db, read_version(db, a, name, version, out, err), err);
}

int model_version_fill(
    struct db *db, struct arena *a, struct model_version *v, struct err *err)
{
	if (model_versions_fill_tags(db, a, v, 1, err) < 0)
		return -1;
	return model_versions_fill_aliases(db, a, v, 1, err);
}

int model_versions_add_latest(struct db *db, struct arena *a, const char *name,
    struct model_version **all, size_t *n, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT " MODEL_VERSION_COLUMNS
	    " FROM (SELECT max(version) AS last, min(version) AS first"
	    "  FROM model_versions WHERE name = ?1"
	    "  AND current_stage <> '" MODEL_VERSION_DELETED "' GROUP BY current_stage) s"
	    " JOIN model_versions v ON v.name = ?1 AND v.version = s.last"
	    " ORDER BY s.first",
	    "s", name);
	int rc = st ? 0 : -1;
	while (st && (rc = stmt_step(db, st, err)) > 0) {
		ARENA_GROW(a, *all, *n);
		model_version_from_row(a, st, &(*all)[(*n)++]);
	}
	return rc;
}

int model_versions_latest(struct db *db, struct arena *a, const char *name,
    struct model_version **out, size_t *n, struct err *err)
{
	*out = NULL;
	*n = 0;
	if (model_versions_add_latest(db, a, name, out, n, err) < 0)
		return -1;
	return model_versions_fill_tags(db, a, *out, *n, err);
}
