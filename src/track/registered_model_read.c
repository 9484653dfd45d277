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

static int fill_kvs(struct db *db, struct arena *a, sqlite3_stmt *st, const char *name,
    struct kvs *out, struct err *err)
{
	if (stmt_bind(db, st, err, "s", name) < 0)
		return -1;
	return rows_to_kvs(db, a, st, out, err);
}

int registered_models_fill(
    struct db *db, struct arena *a, struct registered_model *m, size_t n, struct err *err)
{
	auto_stmt tags = NULL;
	auto_stmt aliases = NULL;
	tags = db_query(db, err,
	    "SELECT \"key\", value FROM registered_model_tags WHERE name = ?"
	    " ORDER BY rowid",
	    "");
	if (!tags)
		return -1;
	aliases = db_query(db, err,
	    "SELECT alias, version FROM registered_model_aliases WHERE name = ?"
	    " ORDER BY alias",
	    "");
	if (!aliases)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (fill_kvs(db, a, tags, m[i].name, &m[i].tags, err) < 0 ||
		    fill_kvs(db, a, aliases, m[i].name, &m[i].aliases, err) < 0 ||
		    model_versions_latest(
			db, a, m[i].name, &m[i].latest, &m[i].nlatest, err) < 0)
			return -1;
	return 0;
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
