/* SPDX-License-Identifier: MIT */
#include "track/registered_model.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/pyrepr.h"
#include "track/rows.h"

/*
 * Not an upsert: its conflict target is another one in later revisions; not a REPLACE:
 * the row would move to the end.
 */
static int write_tag(
    struct db *db, const char *name, const char *key, const char *value, struct err *err)
{
	if (db_run(db, err,
		"UPDATE registered_model_tags SET value = ?"
		" WHERE \"key\" = ? AND name = ?",
		"sss", value, key, name) < 0)
		return -1;
	if (sqlite3_changes(db->sq) > 0)
		return 0;
	return db_run(db, err,
	    "INSERT INTO registered_model_tags (\"key\", value, name) VALUES (?, ?, ?)",
	    "sss", key, value, name);
}

/* It is there: as what, and what was it to be? */
static int refuse_existing(
    const struct registered_model *old, const struct kvs *tags, struct err *err)
{
	auto_buf shown = BUF_INIT;
	bool is_prompt = kvs_get(tags, PROMPT_TAG) != NULL;
	bool was_prompt = kvs_get(&old->tags, PROMPT_TAG) != NULL;
	if (was_prompt == is_prompt)
		return err_set(err, ERR_EXISTS, "%s (name=%s) already exists.",
		    is_prompt ? "Prompt" : "Registered Model", old->name);
	pyrepr_str(&shown, old->name, strlen(old->name));
	return err_set(err, ERR_EXISTS,
	    "Tried to create a %s with name %s, but the name is already taken by a %s. "
	    "MLflow does not allow creating a model and a prompt with the same name.",
	    is_prompt ? "prompt" : "registered model", shown.s,
	    was_prompt ? "prompt" : "registered model");
}

/* 1: there is one; 0; -1. */
static int exists(struct db *db, struct arena *a, const char *name,
    struct registered_model *out, struct err *err)
{
	struct err why = ERR_INIT;
	if (registered_model_find(db, a, name, out, &why) == 0)
		return 1;
	if (why.code == ERR_NOTFOUND)
		return 0;
	*err = why;
	return -1;
}

/* The one that is there is what the request asks for, and nothing stands under it. */
static bool is_repeat(
    const struct registered_model_new *new, const struct registered_model *old)
{
	return repeat_possible(&new->repeat) &&
	       repeat_within(&new->repeat, old->created) &&
	       old->updated == old->created && old->nlatest == 0 &&
	       repeat_same_text(old->description, new->description) &&
	       repeat_same_kvs(&old->tags, &new->tags);
}

static int insert_row(
    struct db *db, const struct registered_model_new *new, struct err *err)
{
	int64_t now = clock_now_ms();
	if (db_run(db, err,
		"INSERT INTO registered_models (name, creation_time, last_updated_time,"
		" description) VALUES (?, ?, ?, ?)",
		"siis", new->name, now, now, new->description) < 0)
		return -1;
	for (size_t i = 0; i < new->tags.n; i++)
		if (write_tag(
			db, new->name, new->tags.v[i].key, new->tags.v[i].value, err) < 0)
			return -1;
	return 0;
}

static int insert(struct db *db, struct arena *a, const struct registered_model_new *new,
    struct registered_model *out, struct err *err)
{
	int rc = exists(db, a, new->name, out, err);
	if (rc < 0 ||
	    (rc == 0 && (insert_row(db, new, err) < 0 ||
			    registered_model_find(db, a, new->name, out, err) < 0)))
		return -1;
	if (registered_models_fill(db, a, out, 1, err) < 0)
		return -1;
	return rc == 0 || is_repeat(new, out) ? 0 : refuse_existing(out, &new->tags, err);
}

int registered_model_insert(struct db *db, struct arena *a,
    const struct registered_model_new *new, struct registered_model *out, struct err *err)
{
	if (model_name_check(new->name, err) < 0)
		return -1;
	for (size_t i = 0; i < new->tags.n; i++)
		if (registry_tag_check(new->tags.v[i].key, new->tags.v[i].value, err) < 0)
			return -1;
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, insert(db, a, new, out, err), err);
}

static int describe(struct db *db, struct arena *a, const char *name,
    const char *description, struct registered_model *out, struct err *err)
{
	if (registered_model_find(db, a, name, out, err) < 0)
		return -1;
	out->description = description;
	out->updated = clock_now_ms();
	if (db_run(db, err,
		"UPDATE registered_models SET description = ?, last_updated_time = ?"
		" WHERE name = ?",
		"sis", description, out->updated, name) < 0)
		return -1;
	return registered_models_fill(db, a, out, 1, err);
}

int registered_model_describe(struct db *db, struct arena *a, const char *name,
    const char *description, struct registered_model *out, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, describe(db, a, name, description, out, err), err);
}

/* What stands under the name follows it: the foreign keys cascade. */
static int rename_model(struct db *db, struct arena *a, const char *name,
    const char *new_name, struct registered_model *out, struct err *err)
{
	struct registered_model other;
	int64_t now = clock_now_ms();
	int taken;
	if (registered_model_find(db, a, name, out, err) < 0)
		return -1;
	taken = exists(db, a, new_name, &other, err);
	if (taken < 0)
		return -1;
	if (taken && strcmp(name, new_name) != 0)
		return err_set(err, ERR_EXISTS,
		    "Registered Model (name=%s) already exists.", new_name);
	if (db_run(db, err,
		"UPDATE registered_models SET name = ?, last_updated_time = ?"
		" WHERE name = ?",
		"sis", new_name, now, name) < 0 ||
	    db_run(db, err,
		"UPDATE model_versions SET last_updated_time = ? WHERE name = ?", "is",
		now, new_name) < 0 ||
	    registered_model_find(db, a, new_name, out, err) < 0)
		return -1;
	return registered_models_fill(db, a, out, 1, err);
}

int registered_model_rename(struct db *db, struct arena *a, const char *name,
    const char *new_name, struct registered_model *out, struct err *err)
{
	if (new_name[strspn(new_name, " \t\n\v\f\r")] == '\0')
		return err_set(
		    err, ERR_USAGE, "Missing value for required parameter 'new_name'.");
	if (model_name_check(new_name, err) < 0 || db_begin(db, err) < 0)
		return -1;
	return db_end(db, rename_model(db, a, name, new_name, out, err), err);
}

static int delete_model(struct db *db, const char *name, struct err *err)
{
	static const char *const statements[] = {
	    "DELETE FROM model_version_tags WHERE name = ?",
	    "DELETE FROM model_versions WHERE name = ?",
	    "DELETE FROM registered_model_tags WHERE name = ?",
	    "DELETE FROM registered_model_aliases WHERE name = ?",
	    "DELETE FROM registered_models WHERE name = ?",
	};
	auto_arena a = ARENA_INIT;
	struct registered_model m;
	if (registered_model_find(db, &a, name, &m, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (db_run(db, err, statements[i], "s", name) < 0)
			return -1;
	return 0;
}

int registered_model_delete(struct db *db, const char *name, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, delete_model(db, name, err), err);
}

static int set_tag(
    struct db *db, const char *name, const char *key, const char *value, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct registered_model m;
	if (registered_model_find(db, &a, name, &m, err) < 0)
		return -1;
	return write_tag(db, name, key, value, err);
}

int registered_model_set_tag(
    struct db *db, const char *name, const char *key, const char *value, struct err *err)
{
	if (model_name_check(name, err) < 0 || registry_tag_check(key, value, err) < 0 ||
	    db_begin(db, err) < 0)
		return -1;
	return db_end(db, set_tag(db, name, key, value, err), err);
}

static int delete_tag(struct db *db, const char *name, const char *key, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct registered_model m;
	if (registered_model_find(db, &a, name, &m, err) < 0)
		return -1;
	return db_run(db, err,
	    "DELETE FROM registered_model_tags WHERE \"key\" = ? AND name = ?", "ss", key,
	    name);
}

int registered_model_delete_tag(
    struct db *db, const char *name, const char *key, struct err *err)
{
	if (model_name_check(name, err) < 0 || registry_tag_check(key, "", err) < 0 ||
	    db_begin(db, err) < 0)
		return -1;
	return db_end(db, delete_tag(db, name, key, err), err);
}
