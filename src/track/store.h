/* SPDX-License-Identifier: MIT */
/*
 * store.h -- what a runner needs of a tracking backend: about ten operations, log-batch
 * shaped, idempotent, one durable transaction each.  Implemented by store_sqlite.c, later
 * also over REST.
 *
 * Codes: ERR_NOTFOUND (run, experiment, database), ERR_CONFLICT (a parameter that has
 * another value, a run that is not active), ERR_EXISTS, ERR_BUSY (locked for too long),
 * ERR_FAIL.  Nothing is half-written on failure.
 */
#ifndef STORE_H
#define STORE_H

#include <pthread.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/err.h"
#include "track/names.h"
#include "track/record.h"

struct store;
struct store_ops {
	/*
	 * Insert the run as RUNNING with its tags and parameters (and the experiment,
	 * when it is new).  *out gets experiment_id, experiment_name, artifact_uri; tag
	 * mlflow.runName is written too.
	 */
	int (*run_create)(struct store *, struct arena *, const struct run_new *,
	    struct run_record *out, struct err *);
	/*
	 * Start an existing, active run again: status RUNNING, no end, batch added.  A
	 * parameter that is there with another value: ERR_CONFLICT, nothing written.
	 */
	int (*run_reopen)(
	    struct store *, const char *run_id, const struct run_batch *, struct err *);
	/* Add to a run.  Tags replace; parameters conflict as above; metrics append. */
	int (*run_log)(
	    struct store *, const char *run_id, const struct run_batch *, struct err *);
	/*
	 * The end: status, end_time and tags in one transaction.  With only_if_running a
	 * run in another status is left as it is (that is success).
	 */
	int (*run_end)(struct store *, const char *run_id, enum run_status,
	    int64_t end_time, const struct kvs *tags, bool only_if_running, struct err *);
	int (*run_get)(struct store *, struct arena *, const char *run_id,
	    struct run_record *out, struct err *);
	/*
	 * Ids of the runs that an abbreviated id or a run name may mean, newest first, at
	 * most `max`: an exact id alone, else ids that start with it (4 characters or
	 * more), else names that equal it.  Deleted runs are left out.
	 */
	int (*run_find)(struct store *, struct arena *, const char *text, size_t max,
	    const char ***ids, size_t *n, struct err *);
	/* Newest first, with tags, parameters and latest metrics. */
	int (*runs_list)(struct store *, struct arena *, const struct run_query *,
	    struct run_record **out, size_t *n, struct err *);
	/*
	 * Those of the candidates (the runs that the state directory knows) that are
	 * still in status RUNNING and whose tag mlp.host equals host.  Looking for them
	 * among all runs would cost every command a pass over the whole table.
	 */
	int (*runs_still_running)(struct store *, struct arena *, const char *host,
	    const char *const *candidates, size_t ncandidates, const char ***ids,
	    size_t *n, struct err *);
	/*
	 * The active runs whose tag mlflow.parentRunId says that they belong to this one,
	 * the oldest first, with tags, parameters and latest metrics.
	 */
	int (*runs_children)(struct store *, struct arena *, const char *parent_id,
	    struct run_record **out, size_t *n, struct err *);
	/* Look up without making anything: ERR_NOTFOUND when missing. */
	int (*experiment_get)(struct store *, struct arena *,
	    const struct experiment_ref *, struct experiment *out, struct err *);
	/*
	 * For completion, so quick in a store of any size: of the runs recorded last,
	 * those whose id or name begins with `text`, newest first, at most `max`.  Only
	 * run_id, name, status and start_time are filled in.
	 */
	int (*runs_recent)(struct store *, struct arena *, const char *text, size_t max,
	    struct run_record **out, size_t *n, struct err *);
	/* Likewise active experiments, newest first: id and name. */
	int (*experiments_recent)(struct store *, struct arena *, const char *text,
	    size_t max, struct experiment **out, size_t *n, struct err *);
	void (*close)(struct store *);
};
struct store {
	const struct store_ops *ops;
};

/* The tracking URI, resolved. */
struct tracking {
	const char *uri;  /* absolute: "sqlite:////home/ann/wine/mlflow.db" */
	const char *path; /* of the database file, absolute */
	const char *from; /* "--tracking-uri", "MLFLOW_TRACKING_URI" or "the default" */
	const char *artifact_root; /* for new experiments: <dir of path>/mlruns */
	const char
	    *artifact_location; /* ... as MLflow's clients read it: they decode %XX */
};

/*
 * option (may be NULL), else MLFLOW_TRACKING_URI, else sqlite:///mlflow.db in ctx->cwd.
 * Anything but sqlite: is refused (ERR_USAGE), naming where it came from and the way out.
 */
int tracking_resolve(const struct ctx *ctx, struct arena *a, const char *option,
    struct tracking *out, struct err *err);
/* The same for a URI that no variable replaces; errors name `from`. */
int tracking_of(const struct ctx *ctx, struct arena *a, const char *uri, const char *from,
    struct tracking *out, struct err *err);
/* ./mlruns/<digits>/meta.yaml is there: `mlflow ui` would show that instead. */
bool tracking_hidden_by_file_store(const struct ctx *ctx);

enum store_mode {
	STORE_READ,   /* must exist; nothing is written unless a later call does */
	STORE_CREATE, /* made when missing */
};
/* Everything that `t` and `ctx` point to must outlive the store. */
int store_open(const struct ctx *ctx, const struct tracking *t, enum store_mode mode,
    struct store **out, struct err *err);
/*
 * The same (STORE_CREATE) for one of several processes that write all the time: they take
 * turns by `writer`, a robust mutex in memory that they share, and wait for the disk
 * together.  For each other they wait longer than for a database that others have locked.
 */
int store_open_shared(const struct ctx *ctx, const struct tracking *t,
    pthread_mutex_t *writer, struct store **out, struct err *err);

#endif
