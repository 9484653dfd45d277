/* SPDX-License-Identifier: MIT */
/*
 * registered_model.h -- the models of the registry in the database: names with tags and
 * aliases, under which versions stand (model_version.h).  Each writing function is one
 * transaction.
 */
#ifndef REGISTERED_MODEL_H
#define REGISTERED_MODEL_H

#include "track/db.h"
#include "track/model_version.h"
#include "track/record.h"

#define PROMPT_TAG "mlflow.prompt.is_prompt" /* of a name that stands for prompts */

struct registered_model_new {
	const char *name, *description;
	struct kvs tags;
	struct repeat repeat;
};

struct registered_model {
	const char *name, *description; /* NULL: none */
	int64_t created, updated;	/* ms since the epoch; -1: none */
	struct kvs tags;
	struct kvs aliases;	      /* alias, version */
	struct model_version *latest; /* of each stage, without aliases */
	size_t nlatest;
};

/* registry_names.c */
/* As MLflow allows: neither empty nor with '/' or ':', nor "." and the like. */
int model_name_check(const char *name, struct err *err);
/* Letters, digits, '_' and '-'. */
int model_alias_check(const char *alias, struct err *err);
/* Of a tag of a registered model or a version. */
int registry_tag_check(const char *key, const char *value, struct err *err);
/* A registered model, or a version, with these tags is one of a prompt. */
bool registry_is_prompt(const struct kvs *tags);

/* registered_model.c */
/* ERR_EXISTS as MLflow says it, for prompts and models. */
int registered_model_insert(struct db *db, struct arena *a,
    const struct registered_model_new *new, struct registered_model *out,
    struct err *err);
int registered_model_describe(struct db *db, struct arena *a, const char *name,
    const char *description, struct registered_model *out, struct err *err);
int registered_model_rename(struct db *db, struct arena *a, const char *name,
    const char *new_name, struct registered_model *out, struct err *err);
/* With everything under it. */
int registered_model_delete(struct db *db, const char *name, struct err *err);
int registered_model_set_tag(
    struct db *db, const char *name, const char *key, const char *value, struct err *err);
/* One that is not there is fine. */
int registered_model_delete_tag(
    struct db *db, const char *name, const char *key, struct err *err);

/* model_alias.c */
int model_alias_set(
    struct db *db, const char *name, const char *alias, int64_t version, struct err *err);
/* One that is not there is fine. */
int model_alias_delete(
    struct db *db, const char *name, const char *alias, struct err *err);
/* The version that the alias means; "latest": the highest. */
int model_alias_read(struct db *db, struct arena *a, const char *name, const char *alias,
    struct model_version *out, struct err *err);
/* The same, inside a transaction and without tags and aliases. */
int model_alias_find(struct db *db, struct arena *a, const char *name, const char *alias,
    struct model_version *out, struct err *err);

/* registered_model_read.c */
int registered_model_read(struct db *db, struct arena *a, const char *name,
    struct registered_model *out, struct err *err);
/* The same, inside a transaction and without tags, aliases and versions. */
int registered_model_find(struct db *db, struct arena *a, const char *name,
    struct registered_model *out, struct err *err);
/* Fill in tags, aliases and latest versions of n models. */
int registered_models_fill(struct db *db, struct arena *a, struct registered_model *m,
    size_t n, struct err *err);
/* The columns that registered_model_from_row() reads, of registered_models m. */
#define REGISTERED_MODEL_COLUMNS                                                         \
	"m.name, m.creation_time, m.last_updated_time, m.description"
void registered_model_from_row(
    struct arena *a, sqlite3_stmt *st, struct registered_model *out);
/*
 * The latest version in each of the n stages (none: in all), with tags and aliases.
 * ERR_USAGE for a stage that there is not.
 */
int registered_model_latest(struct db *db, struct arena *a, const char *name,
    const char *const *stages, size_t nstages, struct model_version **out, size_t *n,
    struct err *err);

#endif
