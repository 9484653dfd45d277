/* SPDX-License-Identifier: MIT */
/*
 * queue.h -- runs that wait for their turn: files, without a daemon or a broker.
 *
 *   <state>/queue/jobs/<name>     a run that waits, or is held back
 *   <state>/queue/claimed/<name>  one that a supervisor has taken, until it is on record
 *   <state>/queue/trees/          code as it was when it was queued (frozen.h)
 *   <state>/queue/slots           how many may run at once
 *   <state>/queue/slot.N          locked by the supervisor that runs a job (runner.h)
 *   <state>/queue/lock            locked for every change to the above
 *
 * A name is PRIORITY.SEQUENCE.GPUS.FLAGS.RUN-ID, so that sorted names are the order in which
 * runs begin.  What changes is the name alone, by rename: a run is in one place, at any
 * moment, whatever is killed.  A file has two lines of JSON: the run's card, and the rest
 * (its request, the environment variables and the umask of who queued it).
 */
#ifndef QUEUE_H
#define QUEUE_H

#include "base/json.h"
#include "flow/launch.h"
#include "run/card.h"

enum {
	QUEUE_SLOTS_MOST = 1024,
	QUEUE_PRIORITY_MOST = 1000, /* to either side of 0 */
	QUEUE_NAME_MAX = 128,
};

struct queue_entry {
	char name[QUEUE_NAME_MAX];
	const char *run_id; /* in name */
	int priority;	    /* higher ones begin first */
	int gpus;	    /* -1: all */
	bool held;	    /* it waits for queue_release */
	bool again;	    /* its supervisor was killed before it was on record */
};

enum queue_where { QUEUE_WAITING, QUEUE_CLAIMED };

/* What is there of it, in the order in which runs begin; none where there is no queue. */
int queue_list(const struct ctx *ctx, struct arena *a, enum queue_where where,
    struct queue_entry **out, size_t *n, struct err *err);
/* Is anything waiting that is not held, or claimed?  Costs next to nothing. */
bool queue_has_work(const struct ctx *ctx);

/* One more run, or many at once, which are on disk when this returns. */
struct queue_job {
	const struct run_request *rq; /* new_id, or run_id, and run_name are set */
	struct card card;	      /* QUEUED; filled in by queue_add */
	const char *store_uri;
	int priority, gpus;
	bool held;
};
/*
 * All or none.  There is a queue (queue_lock has made its directories).  ERR_EXISTS: an
 * attempt of that run is there already; ERR_NOTFOUND: the copy of its code is gone.
 */
int queue_add(const struct ctx *ctx, struct queue_job *jobs, size_t n, struct err *err);

/* The card of an entry; ERR_NOTFOUND: it is gone. */
int queue_card(const struct ctx *ctx, struct arena *a, enum queue_where where,
    const struct queue_entry *e, struct card *out, struct err *err);
/* The cards of all that wait or were just claimed, in order. */
int queue_cards(const struct ctx *ctx, struct arena *a, struct card **out, size_t *n,
    struct err *err);

/* The rest of it.  Strings live in the arena, or in `json`. */
struct queue_work {
	cJSON *json; /* owned */
	struct card card;
	struct run_request rq;
	const char *cwd;
	char **env; /* NULL-terminated */
	int umask;
	bool offline;
};
int queue_read(const struct ctx *ctx, struct arena *a, enum queue_where where,
    const struct queue_entry *e, struct queue_work *out, struct err *err);
void queue_work_release(struct queue_work *w);

/*
 * Of a run that waits, found as it was; its name may have changed since.  ERR_NOTFOUND: it
 * does not wait (any more).  To hold what is held, or to release what is not, is fine.
 */
int queue_hold(
    const struct ctx *ctx, const struct queue_entry *e, bool held, struct err *err);
int queue_set_priority(
    const struct ctx *ctx, const struct queue_entry *e, int priority, struct err *err);
/* It is archived as KILLED, `reason` says why. */
int queue_remove(const struct ctx *ctx, const struct queue_entry *e, const char *reason,
    struct err *err);

/* How many may run at once; 1 where nobody has said. */
int queue_slots(const struct ctx *ctx);
/* "4"; ERR_USAGE. */
int queue_slots_parse(const char *text, int *slots, struct err *err);
int queue_set_slots(const struct ctx *ctx, int slots, struct err *err);

/* Wait until that run neither waits nor is just claimed.  ERR_INTERRUPTED. */
int queue_await(const struct ctx *ctx, const char *run_id, struct err *err);

/* ---- for the supervisors of queued runs ---- */

/* The lock of all changes; -1: *err. */
int queue_lock(const struct ctx *ctx, struct err *err);
/* Under the lock: it is taken, and nobody else takes it. */
int queue_claim(const struct ctx *ctx, const struct queue_entry *e, struct err *err);
/* It is on record, or will never be: it is no more in the queue. */
void queue_done(const struct ctx *ctx, const struct queue_entry *e);
/* It has ended, and so needs no code any more. */
void queue_drop_tree(
    const struct ctx *ctx, const struct run_request *rq, const char *run_id);
/*
 * What was claimed by those who have been killed since: what is not on record goes back
 * into the queue, once; the second time it has FAILED.  Code that they alone needed goes.
 */
void queue_heal(const struct ctx *ctx);
/* Is the run there, at that place? */
bool queue_find(const struct ctx *ctx, struct arena *a, enum queue_where where,
    const char *run_id, struct queue_entry *out);

char *queue_path(const struct ctx *ctx, struct arena *a, const char *name);

#endif
