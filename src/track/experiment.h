/* SPDX-License-Identifier: MIT */
/* experiment.h -- experiments in the database. */
#ifndef EXPERIMENT_H
#define EXPERIMENT_H

#include "track/db.h"
#include "track/record.h"

/* ERR_NOTFOUND when there is none, ERR_USAGE for an id that is no number. */
int experiment_get(struct db *db, struct arena *a, const struct experiment_ref *ref,
    struct experiment *out, struct err *err);

/* The same in a transaction of its own, with the tags. */
int experiment_get_whole(struct db *db, struct arena *a, const struct experiment_ref *ref,
    struct experiment *out, struct err *err);

/*
 * Inside a writing transaction: a new one, whose name nobody has.  `location` NULL or "":
 * the database's root and the id.
 */
int experiment_insert(struct db *db, struct arena *a, const char *name,
    const char *location, struct experiment *out, struct err *err);

/*
 * Inside a writing transaction: the experiment for a new run.  One named and missing is
 * made, as is Default; one that is deleted is ERR_CONFLICT.
 */
int experiment_need(struct db *db, struct arena *a, const struct experiment_ref *ref,
    struct experiment *out, struct err *err);

/* "<artifact location>/<run>/artifacts", before the query of a URI. */
const char *experiment_artifact_uri(
    struct arena *a, const struct experiment *e, const char *run_id);

#endif
