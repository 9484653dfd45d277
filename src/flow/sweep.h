/* SPDX-License-Identifier: MIT */
/*
 * sweep.h -- one project, run at many points: a parent run that holds the table of the
 * points, and a run nested under it for each.
 *
 * The table is <artifacts>/mlp/sweep.json of the parent.  What has become of a point is
 * not written there: its runs say it, which carry their number (tag mlp.sweep.point) and
 * the parent's id.  So whatever is killed, another mlp can go on.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include "flow/crew.h"
#include "flow/given.h"
#include "flow/launch.h"
#include "flow/points.h"
#include "run/card.h"
#include "run/lock.h"
#include "run/statusline.h"

/* What was there when the sweep began: texts or NULL. */
struct sweep_project {
	const char *uri, *commit, *branch, *sha256;
	const char *manifest; /* SHA-256 of the file */
	const char *command;  /* of the entry point, as it stands there */
	bool local;	      /* not fetched: it can change under us */
	const char *file;     /* its manifest, if it is local; not in the table */
	bool dirty;
};

enum point_phase { POINT_WAITING, POINT_RUNNING, POINT_ENDED };

struct point_state {
	enum point_phase phase;
	cJSON *result; /* as crew_ended has it, owned; NULL: none (yet) */
	bool earlier;  /* of an earlier part of the sweep */
	/* POINT_RUNNING here: the run, and since when (monotonic ms) */
	char run_id[33];
	int64_t begun;
};

struct sweep {
	const struct ctx *ctx;
	struct arena *a;
	struct ctx there;      /* ctx in the directory where the sweep began */
	struct run_request rq; /* of each point, without its parameters */
	struct points_want want;
	struct points points;
	bool *varies;  /* of each parameter: it has several values; in the arena */
	bool *is_path; /* of each: what is secret in its URLs is not shown; or NULL */
	const char *metric; /* NULL: none */
	bool maximize, goal_given;
	bool fail_fast, force;
	bool background; /* nobody waits at a terminal */
	bool is_done;	 /* there is nothing to run: the parent stays as it is */
	cJSON *file;	 /* sweep.json, as it was read; owned */
	size_t jobs;

	struct tracking tracking;
	struct sweep_project project;
	const char *run_id, *name; /* of the parent */
	int64_t experiment_id;
	int64_t start_time; /* of this part */
	const char *log_dir;
	struct run_lock lock;
	struct card card;
	struct crew crew;
	struct point_state *state; /* points.n of them, owned */
	size_t next;		   /* the first that may be waiting */
	size_t ended_here;	   /* and how long they took, together: */
	int64_t ended_ms;

	struct statusline line;

	/* what the manifest has to say; or NULL */
	void (*diags)(void *arg, const struct diags *ds);
	/* told of each point that has ended (its index); or NULL */
	void (*told)(void *arg, const struct sweep *s, size_t point);
	statusline_text *status; /* or NULL */
	void *arg;

	enum run_status outcome; /* of the whole */
	const char *reason;	 /* "" when there is none */
	int stop_signal;
};

#define SWEEP_INIT                                                                       \
	{                                                                                \
		.lock = RUN_LOCK_INIT, .line = STATUSLINE_INIT                           \
	}

/*
 * A new one: rq (finished), want, jobs ... are filled in.  Every point is checked against
 * the project before anything is recorded.  0: the parent is on record and its lock held.
 */
int sweep_begin(struct sweep *s, struct err *err);

/*
 * One that there is, which `text` means; with `more` its points are added first: those of
 * the parameters that are given, the others being as they were.  ERR_CONFLICT: the
 * project has changed; ERR_BUSY: it is running.
 */
int sweep_resume(
    struct sweep *s, const char *text, const struct points_want *more, struct err *err);

/*
 * One that there is, as it is now: nothing is changed or locked, and sweep_run does nothing.
 * `outcome` may be RUN_RUNNING.
 */
int sweep_read(struct sweep *s, const char *text, struct err *err);

/*
 * Run what has no FINISHED run yet, to the end or until we are asked to stop, and close
 * the parent.  -1: it could not go on (the parent is closed all the same).
 */
int sweep_run(struct sweep *s, struct err *err);

/* The runs are recorded where the parent is, whatever the environment says. */
void sweep_forget_experiment(struct sweep *s);
/* The end of the parent, on record; for sweep.c and sweep_run.c. */
void sweep_close(struct sweep *s, enum run_status outcome, const char *reason);

/* Nothing of it stays, but the record. */
void sweep_release(struct sweep *s);

/* How many points are in a phase; FINISHED; ended otherwise. */
struct sweep_count {
	size_t waiting, running, finished, failed;
};
struct sweep_count sweep_count(const struct sweep *s);
bool point_is_finished(const struct point_state *p);
/* The metric of a point that is FINISHED; false: it has none. */
bool sweep_metric(const struct sweep *s, size_t point, double *value);
/* The index of the best point by the metric, or -1. */
long sweep_best(const struct sweep *s);
/* sweep_file.c: the table on disk */
int sweep_save(const struct sweep *s, struct err *err);
int sweep_load(struct sweep *s, const char *log_dir, struct err *err);

/* sweep_project.c */
/* Fill in s->varies. */
void sweep_note_variation(struct sweep *s);
struct prepared;
/* Look at the project as s->rq asks for it; the caller owes prepared_done either way. */
int sweep_look(struct sweep *s, const char *version, struct prepared *p,
    struct sweep_project *out, struct err *err);
/* Would each point's parameters do, from the index `first` on? */
int sweep_check_points(
    struct sweep *s, const struct prepared *p, size_t first, struct err *err);
/* Is the manifest of a project that is not fetched the same as ever? */
bool sweep_is_unchanged(const struct sweep *s);
/* ERR_CONFLICT says what has changed. */
int sweep_compare(
    const struct sweep_project *then, const struct sweep_project *now, struct err *err);
/* The parameters of a point as a request has them; in the arena. */
struct param_input *sweep_params(
    const struct sweep *s, struct arena *a, size_t point, size_t *n);
/* A point's value for people and records. */
const char *sweep_shown(const struct sweep *s, struct arena *a, size_t point, size_t k);
/* What was given for a parameter, likewise. */
const char *sweep_given_shown(const struct sweep *s, struct arena *a, size_t i);
/* "lr=0.1 depth=4": what varies. */
void sweep_describe(const struct sweep *s, size_t point, struct buf *out);

#endif
