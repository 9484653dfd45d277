/* SPDX-License-Identifier: MIT */
/*
 * model_version.h -- versions of registered models in the database.  Each writing function
 * is one transaction.  A version that was deleted is not there: ERR_NOTFOUND.
 */
#ifndef MODEL_VERSION_H
#define MODEL_VERSION_H

#include "track/db.h"
#include "track/record.h"
#include "track/repeat.h"

struct model_version {
	const char *name;
	int64_t version;
	int64_t created, updated; /* ms since the epoch; -1: none */
	const char *stage;
	/* NULL: none */
	const char *description, *user, *source, *run_id, *status, *status_message,
	    *run_link, *storage_location;
	struct kvs tags;
	const char **aliases;
	size_t naliases;
};

struct model_version_new {
	const char *name, *source;
	const char *run_id, *model_id; /* NULL: not given */
	const char *description, *run_link;
	struct kvs tags;
	struct repeat repeat;
};

/* registry_names.c */
/* The number that a version's text means. */
int model_version_number(const char *text, int64_t *out, struct err *err);
/* "None", "Staging", "Production" or "Archived" for any spelling; NULL: none of them. */
const char *model_stage(const char *word, struct err *err);

/* model_version.c */
/*
 * The source must be one that the run or the logged model may give (model_source.h).  The
 * model's tag mlflow.modelVersions gets the version.
 */
int model_version_insert(struct db *db, struct arena *a,
    const struct model_version_new *new, struct model_version *out, struct err *err);
int model_version_describe(struct db *db, struct arena *a, const char *name,
    int64_t version, const char *description, struct model_version *out, struct err *err);
int model_version_to_stage(struct db *db, struct arena *a, const char *name,
    int64_t version, const char *stage, bool archive_others, struct model_version *out,
    struct err *err);
/* The row stays without what it said, so that its number is not given again. */
int model_version_delete(
    struct db *db, const char *name, int64_t version, struct err *err);
int model_version_set_tag(struct db *db, const char *name, int64_t version,
    const char *key, const char *value, struct err *err);
/* One that is not there is fine. */
int model_version_delete_tag(
    struct db *db, const char *name, int64_t version, const char *key, struct err *err);

/* model_version_read.c */
int model_version_read(struct db *db, struct arena *a, const char *name, int64_t version,
    struct model_version *out, struct err *err);
/* The same, inside a transaction and without tags and aliases. */
int model_version_find(struct db *db, struct arena *a, const char *name, int64_t version,
    struct model_version *out, struct err *err);
/* When it was deleted, in ms since the epoch.  ERR_NOTFOUND: it was not. */
int model_version_deleted_at(
    struct db *db, const char *name, int64_t version, int64_t *out, struct err *err);
/* Fill in the tags of n versions. */
int model_versions_fill_tags(
    struct db *db, struct arena *a, struct model_version *v, size_t n, struct err *err);
int model_versions_fill_aliases(
    struct db *db, struct arena *a, struct model_version *v, size_t n, struct err *err);
/* Both, of one. */
int model_version_fill(
    struct db *db, struct arena *a, struct model_version *v, struct err *err);
/* The columns that model_version_from_row() reads, of model_versions v. */
#define MODEL_VERSION_COLUMNS                                                            \
	"v.name, v.version, v.creation_time, v.last_updated_time, v.current_stage,"      \
	" v.description, v.user_id, v.source, v.run_id, v.status, v.status_message,"     \
	" v.run_link, v.storage_location"
void model_version_from_row(struct arena *a, sqlite3_stmt *st, struct model_version *out);
/* The stage of a version that was deleted. */
#define MODEL_VERSION_DELETED "Deleted_Internal"

/*
 * The highest version in each stage that has one, with tags, inside a transaction; in the
 * order of the stages' first versions.
 */
int model_versions_latest(struct db *db, struct arena *a, const char *name,
    struct model_version **out, size_t *n, struct err *err);
/* The same at the end of an array of n in the arena, without tags. */
int model_versions_add_latest(struct db *db, struct arena *a, const char *name,
    struct model_version **all, size_t *n, struct err *err);

#endif
