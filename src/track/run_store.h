/* SPDX-License-Identifier: MIT */
/*
 * run_store.h -- runs in the database.  Each writing function is one transaction; nothing
 * is half-written on failure.  Contracts as in store.h, which names the error codes.
 */
#ifndef RUN_STORE_H
#define RUN_STORE_H

#include "track/db.h"
#include "track/record.h"

/* run_write.c */
int run_insert(struct db *db, struct arena *a, const struct run_new *new,
    struct run_record *out, struct err *err);
int run_restart(
    struct db *db, const char *run_id, const struct run_batch *b, struct err *err);
int run_add(
    struct db *db, const char *run_id, const struct run_batch *b, struct err *err);
int run_close(struct db *db, const char *run_id, enum run_status status, int64_t end_time,
    const struct kvs *tags, bool only_if_running, struct err *err);

/*
 * Inside a transaction: ERR_NOTFOUND, or ERR_CONFLICT for one that is deleted.
 */
int run_need_active(struct db *db, const char *run_id, struct err *err);
int run_not_found(const char *run_id, struct err *err);

/* batch.c, inside a writing transaction, for a run that exists */
int batch_write(
    struct db *db, const char *run_id, const struct run_batch *b, struct err *err);
int batch_write_metrics(struct db *db, const char *run_id, const struct metric *metrics,
    size_t n, struct err *err);

/* run_read.c */
int run_read(struct db *db, struct arena *a, const char *run_id, struct run_record *out,
    struct err *err);
/* Inside a transaction: the same without tags, parameters and metrics. */
int run_read_row(struct db *db, struct arena *a, const char *run_id,
    struct run_record *out, struct err *err);
/*
 * Inside a transaction: fill in tags, params and metrics of the n runs, each list sorted
 * by key.
 */
int runs_fill(
    struct db *db, struct arena *a, struct run_record *runs, size_t n, struct err *err);
/* The columns that run_from_row() reads, of runs r and experiments e. */
#define RUN_COLUMNS                                                                      \
	"r.run_uuid, r.name, r.user_id, r.artifact_uri, r.experiment_id, e.name,"        \
	" r.status, r.start_time, r.end_time, r.lifecycle_stage"
void run_from_row(struct arena *a, sqlite3_stmt *st, struct run_record *out);

/* run_list.c */
int runs_query(struct db *db, struct arena *a, const struct run_query *q,
    struct run_record **out, size_t *n, struct err *err);
int runs_of_parent(struct db *db, struct arena *a, const char *parent_id,
    struct run_record **out, size_t *n, struct err *err);
int run_search(struct db *db, struct arena *a, const char *text, size_t max,
    const char ***ids, size_t *n, struct err *err);
int runs_running(struct db *db, struct arena *a, const char *host,
    const char *const *candidates, size_t ncandidates, const char ***ids, size_t *n,
    struct err *err);

#endif
