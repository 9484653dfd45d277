/* SPDX-License-Identifier: MIT */
#include "track/experiment.h"

#include <errno.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "track/rows.h"

enum { NAME_MAX_CHARS = 500 }; /* MLflow's own limit */

#define SELECT_EXPERIMENT                                                                \
	"SELECT experiment_id, name, artifact_location, lifecycle_stage,"                \
	" creation_time, last_update_time FROM experiments WHERE "

static const char *default_location(struct db *db, struct arena *a, int64_t id)
{
	return arena_printf(a, "%s/%lld", db->artifact_root, (long long)id);
}

/* 1: found; 0: not there; -1. */
static int find(struct db *db, struct arena *a, sqlite3_stmt *st, struct experiment *out,
    struct err *err)
{
	int rc = st ? stmt_step(db, st, err) : -1;
	if (rc <= 0)
		return rc;
	out->id = column_int(st, 0, 0);
	out->name = column_text(a, st, 1);
	out->artifact_location = column_text(a, st, 2);
	if (!*out->artifact_location)
		out->artifact_location = default_location(db, a, out->id);
	out->deleted = strcmp(column_text(a, st, 3), "deleted") == 0;
	out->created = column_int(st, 4, -1);
	out->updated = column_int(st, 5, -1);
	out->tags = (struct kvs){0};
	return 1;
}

static int find_id(
    struct db *db, struct arena *a, int64_t id, struct experiment *out, struct err *err)
{
	sqlite3_stmt *st =
	    db_keep(db, err, SELECT_EXPERIMENT "experiment_id = ?", "i", id);
	int rc = find(db, a, st, out, err);
	sqlite3_reset(st); /* we need not be in a transaction */
	return rc;
}

static int find_name(struct db *db, struct arena *a, const char *name,
    struct experiment *out, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    SELECT_EXPERIMENT "name = ? ORDER BY experiment_id LIMIT 1", "s", name);
	return find(db, a, st, out, err);
}

static int parse_id(const char *text, int64_t *id, struct err *err)
{
	char *end;
	errno = 0;
	*id = strtoll(text, &end, 10);
	if (end == text || *end || text[0] < '-' || text[0] > '9')
		return err_set(err, ERR_USAGE,
		    "Invalid experiment ID '%s'. Experiment ID must be a valid integer.",
		    text);
	if (errno)
		*id = -1;
	return 0;
}

static int check_name(const char *name, struct err *err)
{
	size_t n = strlen(name);
	if (n == 0)
		return err_set(err, ERR_USAGE, "the experiment name is empty");
	if (utf8_valid_prefix(name, n) < n)
		return err_set(err, ERR_USAGE, "the experiment name is not valid UTF-8");
	if (utf8_length(name) > NAME_MAX_CHARS)
		return err_set(err, ERR_USAGE,
		    "the experiment name is longer than %d characters", NAME_MAX_CHARS);
	return 0;
}

/* 1: found; 0: not there; -1. */
static int look_up(struct db *db, struct arena *a, const struct experiment_ref *ref,
    struct experiment *out, struct err *err)
{
	int64_t id = 0;
	int rc;
	if (ref->id) {
		if (parse_id(ref->id, &id, err) < 0)
			return -1;
		return find_id(db, a, id, out, err);
	}
	if (ref->name)
		return find_name(db, a, ref->name, out, err);
	rc = find_id(db, a, 0, out, err);
	return rc ? rc : find_name(db, a, "Default", out, err);
}

static int not_found(const struct experiment_ref *ref, struct err *err)
{
	if (ref->id)
		return err_set(
		    err, ERR_NOTFOUND, "No Experiment with id=%s exists", ref->id);
	return err_set(err, ERR_NOTFOUND, "there is no experiment named '%s'",
	    ref->name ? ref->name : "Default");
}

int experiment_get(struct db *db, struct arena *a, const struct experiment_ref *ref,
    struct experiment *out, struct err *err)
{
	int rc = look_up(db, a, ref, out, err);
	if (rc < 0)
		return -1;
	return rc ? 0 : not_found(ref, err);
}

int experiment_get_whole(struct db *db, struct arena *a, const struct experiment_ref *ref,
    struct experiment *out, struct err *err)
{
	sqlite3_stmt *st;
	int rc = -1;
	if (db_begin_read(db, err) < 0)
		return -1;
	if (experiment_get(db, a, ref, out, err) == 0 &&
	    (st = db_keep(db, err,
		 "SELECT \"key\", value FROM experiment_tags WHERE experiment_id = ?"
		 " ORDER BY \"key\"",
		 "i", out->id)))
		rc = rows_to_kvs(db, a, st, &out->tags, err);
	return db_end(db, rc, err);
}

int experiment_insert(struct db *db, struct arena *a, const char *name,
    const char *location, struct experiment *out, struct err *err)
{
	int64_t now = clock_now_ms();
	if (db_run(db, err,
		"INSERT INTO experiments (name, lifecycle_stage, creation_time,"
		" last_update_time) VALUES (?, 'active', ?, ?)",
		"sii", name, now, now) < 0)
		return -1;
	*out = (struct experiment){.id = sqlite3_last_insert_rowid(db->sq),
	    .name = arena_strdup(a, name),
	    .artifact_location = location,
	    .created = now,
	    .updated = now};
	if (!location || !*location)
		out->artifact_location = default_location(db, a, out->id);
	return db_run(db, err,
	    "UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?", "si",
	    out->artifact_location, out->id);
}

static int create(struct db *db, struct arena *a, const char *name,
    struct experiment *out, struct err *err)
{
	if (check_name(name, err) < 0)
		return -1;
	return experiment_insert(db, a, name, NULL, out, err);
}

/* Somebody took Default out: it comes back with its own number. */
static int create_default(
    struct db *db, struct arena *a, struct experiment *out, struct err *err)
{
	int64_t now = clock_now_ms();
	*out = (struct experiment){
	    .name = "Default", .artifact_location = default_location(db, a, 0)};
	return db_run(db, err,
	    "INSERT INTO experiments (experiment_id, name, artifact_location,"
	    " lifecycle_stage, creation_time, last_update_time)"
	    " VALUES (0, 'Default', ?, 'active', ?, ?)",
	    "sii", out->artifact_location, now, now);
}

int experiment_need(struct db *db, struct arena *a, const struct experiment_ref *ref,
    struct experiment *out, struct err *err)
{
	int rc = look_up(db, a, ref, out, err);
	if (rc < 0)
		return -1;
	if (rc == 0 && ref->id)
		return not_found(ref, err);
	if (rc == 0)
		return ref->name ? create(db, a, ref->name, out, err)
				 : create_default(db, a, out, err);
	if (!out->deleted)
		return 0;
	err_set(err, ERR_CONFLICT,
	    "The experiment %lld must be in the 'active' state. Current state is "
	    "deleted.",
	    (long long)out->id);
	return err_hint(err,
	    "restore it with 'mlflow experiments restore -x %lld', or name "
	    "another",
	    (long long)out->id);
}

const char *experiment_artifact_uri(
    struct arena *a, const struct experiment *e, const char *run_id)
{
	const char *loc = e->artifact_location;
	size_t n = strstr(loc, "://") ? strcspn(loc, "?#") : strlen(loc);
	const char *tail = loc + n;
	while (n > 1 && loc[n - 1] == '/')
		n--;
	return arena_printf(a, "%.*s/%s/artifacts%s", (int)n, loc, run_id, tail);
}
