/* SPDX-License-Identifier: MIT */
#include "track/model_version.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/pyrepr.h"
#include "track/logged_model.h"
#include "track/model_source.h"
#include "track/registered_model.h"
#include "track/rows.h"

/* See write_tag() in registered_model.c. */
static int write_tag(struct db *db, const char *name, int64_t version, const char *key,
    const char *value, struct err *err)
{
	if (db_run(db, err,
		"UPDATE model_version_tags SET value = ?"
		" WHERE \"key\" = ? AND name = ? AND version = ?",
		"sssi", value, key, name, version) < 0)
		return -1;
	if (sqlite3_changes(db->sq) > 0)
		return 0;
	return db_run(db, err,
	    "INSERT INTO model_version_tags (\"key\", value, name, version)"
	    " VALUES (?, ?, ?, ?)",
	    "sssi", key, value, name, version);
}

static int touch_model(struct db *db, const char *name, int64_t now, struct err *err)
{
	return db_run(db, err,
	    "UPDATE registered_models SET last_updated_time = ? WHERE name = ?", "is",
	    now, name);
}

/* Deleted ones count: a number is given once. */
static int next_number(struct db *db, const char *name, int64_t *version, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT ifnull(max(version), 0) + 1 FROM model_versions WHERE name = ?", "s",
	    name);
	if (!st || stmt_step(db, st, err) < 0)
		return -1;
	*version = column_int(st, 0, 1);
	return 0;
}

static int insert_row(struct db *db, const struct model_version_new *new,
    const struct model_source *from, int64_t version, int64_t now, struct err *err)
{
	if (db_run(db, err,
		"INSERT INTO model_versions (name, version, creation_time,"
		" last_updated_time, description, user_id, current_stage, source,"
		" run_id, status, status_message, run_link, storage_location)"
		" VALUES (?, ?, ?, ?, ?, NULL, 'None', ?, ?, 'READY', NULL, ?, ?)",
		"siiisssss", new->name, version, now, now,
		new->description ? new->description : "", from->source, from->run_id,
		new->run_link ? new->run_link : "", from->storage) < 0)
		return -1;
	for (size_t i = 0; i < new->tags.n; i++)
		if (write_tag(db, new->name, version, new->tags.v[i].key,
			new->tags.v[i].value, err) < 0)
			return -1;
	return touch_model(db, new->name, now, err);
}

/* The list with one more; text that is no list is forgotten. */
static void add_to_list(
    struct buf *out, const char *list, const char *name, int64_t version)
{
	struct err err = ERR_INIT;
	size_t n = list ? strlen(list) : 0;
	auto_json j = list ? json_parse(list, n, "the tag", &err) : NULL;
	buf_addc(out, '[');
	if (cJSON_IsArray(j) && cJSON_GetArraySize(j) > 0) {
		buf_clear(out);
		buf_add(out, list, (size_t)(strrchr(list, ']') - list));
		buf_adds(out, ", ");
	}
	buf_adds(out, "{\"name\": ");
	pyrepr_json(out, name, strlen(name));
	buf_addf(out, ", \"version\": %lld}]", (long long)version);
}

/* The logged model knows what it became. */
static int tell_model(struct db *db, struct arena *a, const char *model_id,
    const char *name, int64_t version, struct err *err)
{
	auto_buf list = BUF_INIT;
	struct logged_model m;
	if (logged_model_find(db, a, model_id, false, &m, err) < 0 ||
	    logged_models_fill(db, a, &m, 1, err) < 0)
		return -1;
	add_to_list(&list, kvs_get(&m.tags, "mlflow.modelVersions"), name, version);
	return logged_model_tag(db, &m, "mlflow.modelVersions", list.s, err);
}

static int check_names(const struct model_version_new *new, struct err *err)
{
	if (model_name_check(new->name, err) < 0)
		return -1;
	for (size_t i = 0; i < new->tags.n; i++)
		if (registry_tag_check(new->tags.v[i].key, new->tags.v[i].value, err) < 0)
			return -1;
	return 0;
}

/* 1: *out is the last version, and what the request asks for; 0; -1. */
static int find_repeat(struct db *db, struct arena *a,
    const struct model_version_new *new, const struct model_source *from, int64_t last,
    struct model_version *out, struct err *err)
{
	struct err why = ERR_INIT;
	if (!repeat_possible(&new->repeat))
		return 0;
	if (model_version_find(db, a, new->name, last, out, &why) < 0) {
		if (why.code != ERR_NOTFOUND)
			*err = why;
		return why.code == ERR_NOTFOUND ? 0 : -1;
	}
	if (model_version_fill(db, a, out, err) < 0)
		return -1;
	return repeat_within(&new->repeat, out->created) &&
	       out->updated == out->created && out->naliases == 0 &&
	       repeat_same_text(out->source, from->source) &&
	       repeat_same_text(out->run_id, from->run_id) &&
	       repeat_same_text(out->description, new->description) &&
	       repeat_same_text(out->run_link, new->run_link) &&
	       repeat_same_kvs(&out->tags, &new->tags);
}

static int insert(struct db *db, struct arena *a, const struct model_version_new *new,
    struct model_version *out, struct err *err)
{
	struct model_source from = {new->source, new->run_id, new->model_id, NULL};
	bool prompt = registry_is_prompt(&new->tags);
	struct registered_model m;
	int64_t version = 0;
	int rc;
	if (!db_has_column(db, "logged_models", "model_id"))
		from.model_id = NULL; /* nobody of the store's age knew the field */
	if ((prompt ? model_source_prompt(&from, err)
		    : model_source_resolve(db, a, &from, err)) < 0 ||
	    check_names(new, err) < 0 ||
	    registered_model_find(db, a, new->name, &m, err) < 0 ||
	    next_number(db, new->name, &version, err) < 0)
		return -1;
	rc = find_repeat(db, a, new, &from, version - 1, out, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (insert_row(db, new, &from, version, clock_now_ms(), err) < 0)
		return -1;
	if (!prompt && from.model_id && *from.model_id &&
	    tell_model(db, a, from.model_id, new->name, version, err) < 0)
		return -1;
	if (model_version_find(db, a, new->name, version, out, err) < 0)
		return -1;
	return model_version_fill(db, a, out, err);
}

int model_version_insert(struct db *db, struct arena *a,
    const struct model_version_new *new, struct model_version *out, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, insert(db, a, new, out, err), err);
}

static int describe(struct db *db, struct arena *a, const char *name, int64_t version,
    const char *description, struct model_version *out, struct err *err)
{
	if (model_version_find(db, a, name, version, out, err) < 0)
		return -1;
	out->description = description;
	out->updated = clock_now_ms();
	if (db_run(db, err,
		"UPDATE model_versions SET description = ?, last_updated_time = ?"
		" WHERE name = ? AND version = ?",
		"sisi", description, out->updated, name, version) < 0)
		return -1;
	return model_version_fill(db, a, out, err);
}

int model_version_describe(struct db *db, struct arena *a, const char *name,
    int64_t version, const char *description, struct model_version *out, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, describe(db, a, name, version, description, out, err), err);
}

static int to_stage(struct db *db, struct arena *a, const char *name, int64_t version,
    const char *stage, bool archive_others, struct model_version *out, struct err *err)
{
	if (model_version_find(db, a, name, version, out, err) < 0)
		return -1;
	out->stage = stage;
	out->updated = clock_now_ms();
	if (archive_others &&
	    db_run(db, err,
		"UPDATE model_versions SET current_stage = 'Archived',"
		" last_updated_time = ?"
		" WHERE name = ? AND version <> ? AND current_stage = ?",
		"isis", out->updated, name, version, stage) < 0)
		return -1;
	if (db_run(db, err,
		"UPDATE model_versions SET current_stage = ?, last_updated_time = ?"
		" WHERE name = ? AND version = ?",
		"sisi", stage, out->updated, name, version) < 0 ||
	    touch_model(db, name, out->updated, err) < 0)
		return -1;
	return model_version_fill(db, a, out, err);
}

int model_version_to_stage(struct db *db, struct arena *a, const char *name,
    int64_t version, const char *stage, bool archive_others, struct model_version *out,
    struct err *err)
{
	const char *word = model_stage(stage, err);
	if (!word)
		return -1;
	if (archive_others && strcmp(word, "Staging") != 0 &&
	    strcmp(word, "Production") != 0)
		return err_set(err, ERR_USAGE,
		    "Model version transition cannot archive existing model versions "
		    "because '%s' is not an Active stage. Valid stages are ['Staging', "
		    "'Production']",
		    stage);
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(
	    db, to_stage(db, a, name, version, word, archive_others, out, err), err);
}

static int delete_version(
    struct db *db, const char *name, int64_t version, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct model_version v;
	int64_t now = clock_now_ms();
	if (model_version_find(db, &a, name, version, &v, err) < 0 ||
	    db_run(db, err,
		"DELETE FROM registered_model_aliases WHERE name = ? AND version = ?",
		"si", name, version) < 0 ||
	    db_run(db, err,
		"UPDATE model_versions SET current_stage = '" MODEL_VERSION_DELETED "',"
		" last_updated_time = ?, description = NULL, user_id = NULL,"
		" status_message = NULL, source = 'REDACTED-SOURCE-PATH',"
		" run_id = 'REDACTED-RUN-ID', run_link = 'REDACTED-RUN-LINK'"
		" WHERE name = ? AND version = ?",
		"isi", now, name, version) < 0)
		return -1;
	return touch_model(db, name, now, err);
}

int model_version_delete(
    struct db *db, const char *name, int64_t version, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, delete_version(db, name, version, err), err);
}

static int set_tag(struct db *db, const char *name, int64_t version, const char *key,
    const char *value, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct model_version v;
	if (model_version_find(db, &a, name, version, &v, err) < 0)
		return -1;
	return write_tag(db, name, version, key, value, err);
}

int model_version_set_tag(struct db *db, const char *name, int64_t version,
    const char *key, const char *value, struct err *err)
{
	if (model_name_check(name, err) < 0 || registry_tag_check(key, value, err) < 0 ||
	    db_begin(db, err) < 0)
		return -1;
	return db_end(db, set_tag(db, name, version, key, value, err), err);
}

static int delete_tag(
    struct db *db, const char *name, int64_t version, const char *key, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct model_version v;
	if (model_version_find(db, &a, name, version, &v, err) < 0)
		return -1;
	return db_run(db, err,
	    "DELETE FROM model_version_tags"
	    " WHERE \"key\" = ? AND name = ? AND version = ?",
	    "ssi", key, name, version);
}

int model_version_delete_tag(
    struct db *db, const char *name, int64_t version, const char *key, struct err *err)
{
	if (model_name_check(name, err) < 0 || registry_tag_check(key, "", err) < 0 ||
	    db_begin(db, err) < 0)
		return -1;
	return db_end(db, delete_tag(db, name, version, key, err), err);
}
