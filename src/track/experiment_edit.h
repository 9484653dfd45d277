/* SPDX-License-Identifier: MIT */
/*
 * experiment_edit.h -- what a client does to experiments.  Each function is one
 * transaction.  Ids are decimal text.  ERR_NOTFOUND: no such experiment, or it is not in
 * the stage that the function needs; ERR_EXISTS: the name is taken; ERR_CONFLICT: it is
 * deleted.
 */
#ifndef EXPERIMENT_EDIT_H
#define EXPERIMENT_EDIT_H

#include "track/db.h"
#include "track/record.h"

struct experiment_new {
	const char *name;
	const char *artifact_location; /* NULL or "": the database's root and the id */
	struct kvs tags;
};
int experiment_create(
    struct db *db, const struct experiment_new *new, int64_t *id, struct err *err);
int experiment_rename(struct db *db, const char *id, const char *name, struct err *err);
/* With all its runs. */
int experiment_set_deleted(struct db *db, const char *id, bool deleted, struct err *err);
int experiment_set_tag(
    struct db *db, const char *id, const struct kv *tag, struct err *err);
/* ERR_NOTFOUND also when it has no such tag. */
int experiment_delete_tag(
    struct db *db, const char *id, const char *key, struct err *err);

#endif
