/* SPDX-License-Identifier: MIT */
#include "track/experiment_edit.h"

#include "base/clock.h"
#include "track/experiment.h"

static int write_tag(struct db *db, int64_t id, const struct kv *tag, struct err *err)
{
	return db_run(db, err,
	    "INSERT INTO experiment_tags (\"key\", value, experiment_id) VALUES (?, ?, ?)"
	    " ON CONFLICT (\"key\", experiment_id) DO UPDATE SET value = excluded.value",
	    "ssi", tag->key, tag->value ? tag->value : "", id);
}

static int name_taken(const char *name, struct err *err)
{
	return err_set(err, ERR_EXISTS,
	    "Experiment(name=%s) already exists. Error: UNIQUE constraint failed: "
	    "experiments.name",
	    name);
}

/* A name is unique, deleted experiments' too; whatever the table says of workspaces. */
static int insert(struct db *db, struct arena *a, const struct experiment_new *new,
    int64_t *id, struct err *err)
{
	struct experiment_ref ref = {.name = new->name};
	struct err none = ERR_INIT;
	struct experiment e;
	if (experiment_get(db, a, &ref, &e, &none) == 0)
		return name_taken(new->name, err);
	if (none.code != ERR_NOTFOUND) {
		*err = none;
		return -1;
	}
	if (experiment_insert(db, a, new->name, new->artifact_location, &e, err) < 0)
		return -1;
	*id = e.id;
	for (size_t i = 0; i < new->tags.n; i++)
		if (write_tag(db, e.id, &new->tags.v[i], err) < 0)
			return -1;
	return 0;
}

int experiment_create(
    struct db *db, const struct experiment_new *new, int64_t *id, struct err *err)
{
	auto_arena a = ARENA_INIT;
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, insert(db, &a, new, id, err), err);
}

static int get(
    struct db *db, struct arena *a, const char *id, struct experiment *e, struct err *err)
{
	struct experiment_ref ref = {.id = id};
	return experiment_get(db, a, &ref, e, err);
}

static int need_active(
    struct db *db, struct arena *a, const char *id, struct experiment *e, struct err *err)
{
	struct experiment_ref ref = {.id = id};
	return experiment_need(db, a, &ref, e, err);
}

static int rename_it(
    struct db *db, struct arena *a, const char *id, const char *name, struct err *err)
{
	struct experiment e;
	if (get(db, a, id, &e, err) < 0)
		return -1;
	if (e.deleted)
		return err_set(
		    err, ERR_CONFLICT, "Cannot rename a non-active experiment.");
	if (db_run(db, err,
		"UPDATE experiments SET name = ?, last_update_time = ?"
		" WHERE experiment_id = ?",
		"sii", name, clock_now_ms(), e.id) == 0)
		return 0;
	return db_failed_unique(db) ? name_taken(name, err) : -1;
}

int experiment_rename(struct db *db, const char *id, const char *name, struct err *err)
{
	auto_arena a = ARENA_INIT;
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, rename_it(db, &a, id, name, err), err);
}

static int set_deleted(
    struct db *db, struct arena *a, const char *id, bool deleted, struct err *err)
{
	const char *stage = deleted ? "deleted" : "active";
	int64_t now = clock_now_ms();
	struct experiment e;
	if (get(db, a, id, &e, err) < 0)
		return -1;
	if (e.deleted == deleted)
		return err_set(err, ERR_NOTFOUND, "No Experiment with id=%lld exists",
		    (long long)e.id);
	if (db_run(db, err,
		"UPDATE experiments SET lifecycle_stage = ?, last_update_time = ?"
		" WHERE experiment_id = ?",
		"sii", stage, now, e.id) < 0)
		return -1;
	if (deleted)
		return db_run(db, err,
		    "UPDATE runs SET lifecycle_stage = 'deleted', deleted_time = ?"
		    " WHERE experiment_id = ?",
		    "ii", now, e.id);
	return db_run(db, err,
	    "UPDATE runs SET lifecycle_stage = 'active', deleted_time = NULL"
	    " WHERE experiment_id = ?",
	    "i", e.id);
}

int experiment_set_deleted(struct db *db, const char *id, bool deleted, struct err *err)
{
	auto_arena a = ARENA_INIT;
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, set_deleted(db, &a, id, deleted, err), err);
}

static int set_tag(
    struct db *db, struct arena *a, const char *id, const struct kv *tag, struct err *err)
{
	struct experiment e;
	if (need_active(db, a, id, &e, err) < 0)
		return -1;
	return write_tag(db, e.id, tag, err);
}

int experiment_set_tag(
    struct db *db, const char *id, const struct kv *tag, struct err *err)
{
	auto_arena a = ARENA_INIT;
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, set_tag(db, &a, id, tag, err), err);
}

static int delete_tag(
    struct db *db, struct arena *a, const char *id, const char *key, struct err *err)
{
	struct experiment e;
	if (need_active(db, a, id, &e, err) < 0 ||
	    db_run(db, err,
		"DELETE FROM experiment_tags WHERE \"key\" = ? AND experiment_id = ?",
		"si", key, e.id) < 0)
		return -1;
	if (sqlite3_changes(db->sq) > 0)
		return 0;
	return err_set(
	    err, ERR_NOTFOUND, "No tag with name: %s in experiment with id %s", key, id);
}

int experiment_delete_tag(struct db *db, const char *id, const char *key, struct err *err)
{
	auto_arena a = ARENA_INIT;
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, delete_tag(db, &a, id, key, err), err);
}
