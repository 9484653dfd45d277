/* SPDX-License-Identifier: MIT */
/*
 * run_edit.h -- what a client does to a run besides adding to it.  Each function is one
 * transaction.  ERR_NOTFOUND: no such run; ERR_CONFLICT: it is deleted (where that
 * matters).
 */
#ifndef RUN_EDIT_H
#define RUN_EDIT_H

#include "track/db.h"
#include "track/record.h"

struct run_change {
	int status;	  /* enum run_status, or -1 */
	int64_t end_time; /* or -1 */
	const char *name; /* NULL or "": none */
};

/* *out is the run as it is then, without tags, parameters and metrics. */
int run_change(struct db *db, struct arena *a, const char *run_id,
    const struct run_change *c, struct run_record *out, struct err *err);
/* Mark as deleted, or not; once more is no mistake. */
int run_set_deleted(struct db *db, const char *run_id, bool deleted, struct err *err);
/* ERR_NOTFOUND also when it has no such tag. */
int run_delete_tag(struct db *db, const char *run_id, const char *key, struct err *err);
/*
 * Add a JSON value to the array in a tag, made when it is missing, whatever its length;
 * one that is there (a request that came twice) is not added again.  ERR_CONFLICT: the tag
 * holds no array.
 */
int run_tag_append(struct db *db, const char *run_id, const char *key, const char *json,
    struct err *err);

/*
 * The run that a client made when it sent the same request before and got no answer:
 * running, in that experiment, with that start, user, name (NULL: any) and those tags,
 * and nothing logged to it.  ERR_NOTFOUND: there is none.
 */
int run_find_repeated(struct db *db, struct arena *a, const struct run_new *new,
    struct run_record *out, struct err *err);

#endif
