/* SPDX-License-Identifier: MIT */
/* model_alias.c -- names for versions of registered models. */
#include <strings.h>

#include "track/registered_model.h"
#include "track/rows.h"

/* "latest" and "v1" mean versions already. */
static int check_reserved(const char *alias, struct err *err)
{
	if (strcasecmp(alias, "latest") == 0)
		return err_set(err, ERR_USAGE,
		    "'latest' alias name (case insensitive) is reserved.");
	if ((alias[0] == 'v' || alias[0] == 'V') && alias[1] &&
	    alias[1 + strspn(alias + 1, "0123456789")] == '\0')
		return err_set(
		    err, ERR_USAGE, "Version alias name '%s' is reserved.", alias);
	return 0;
}

static int set(
    struct db *db, const char *name, const char *alias, int64_t version, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct model_version v;
	if (model_version_find(db, &a, name, version, &v, err) < 0)
		return -1;
	return db_run(db, err,
	    "INSERT OR REPLACE INTO registered_model_aliases (alias, version, name)"
	    " VALUES (?, ?, ?)",
	    "sis", alias, version, name);
}

int model_alias_set(
    struct db *db, const char *name, const char *alias, int64_t version, struct err *err)
{
	if (model_name_check(name, err) < 0 || model_alias_check(alias, err) < 0 ||
	    check_reserved(alias, err) < 0 || db_begin(db, err) < 0)
		return -1;
	return db_end(db, set(db, name, alias, version, err), err);
}

static int delete (struct db *db, const char *name, const char *alias, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct registered_model m;
	if (registered_model_find(db, &a, name, &m, err) < 0)
		return -1;
	return db_run(db, err,
	    "DELETE FROM registered_model_aliases WHERE name = ? AND alias = ?", "ss",
	    name, alias);
}

int model_alias_delete(
    struct db *db, const char *name, const char *alias, struct err *err)
{
	if (model_name_check(name, err) < 0 || model_alias_check(alias, err) < 0 ||
	    db_begin(db, err) < 0)
		return -1;
	return db_end(db, delete (db, name, alias, err), err);
}

static int latest_number(
    struct db *db, const char *name, int64_t *version, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT max(version) FROM model_versions WHERE name = ?"
	    " AND current_stage <> '" MODEL_VERSION_DELETED "'",
	    "s", name);
	if (!st || stmt_step(db, st, err) < 0)
		return -1;
	*version = column_int(st, 0, -1);
	if (*version >= 0)
		return 0;
	return err_set(err, ERR_NOTFOUND, "Latest version not found for model %s.", name);
}

static int number_of(
    struct db *db, const char *name, const char *alias, int64_t *version, struct err *err)
{
	auto_stmt st = NULL;
	int rc;
	if (strcasecmp(alias, "latest") == 0)
		return latest_number(db, name, version, err);
	st = db_query(db, err,
	    "SELECT version FROM registered_model_aliases WHERE name = ? AND alias = ?",
	    "ss", name, alias);
	rc = st ? stmt_step(db, st, err) : -1;
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(
		    err, ERR_USAGE, "Registered model alias %s not found.", alias);
	*version = column_int(st, 0, -1);
	return 0;
}

int model_alias_find(struct db *db, struct arena *a, const char *name, const char *alias,
    struct model_version *out, struct err *err)
{
	struct registered_model m;
	int64_t version = 0;
	if (registered_model_find(db, a, name, &m, err) < 0 ||
	    number_of(db, name, alias, &version, err) < 0)
		return -1;
	return model_version_find(db, a, name, version, out, err);
}

static int read_alias(struct db *db, struct arena *a, const char *name, const char *alias,
    struct model_version *out, struct err *err)
{
	if (model_alias_find(db, a, name, alias, out, err) < 0 ||
	    model_versions_fill_tags(db, a, out, 1, err) < 0)
		return -1;
	return model_versions_fill_aliases(db, a, out, 1, err);
}

int model_alias_read(struct db *db, struct arena *a, const char *name, const char *alias,
    struct model_version *out, struct err *err)
{
	if (model_name_check(name, err) < 0 || model_alias_check(alias, err) < 0 ||
	    db_begin_read(db, err) < 0)
		return -1;
	return db_end(db, read_alias(db, a, name, alias, out, err), err);
}
