/* SPDX-License-Identifier: MIT */
/*
 * crew.h -- several processes that launch runs, one after the other each, for who has many
 * of them: a worker keeps what its runs have in common (kept.h), so that one costs little
 * more than its command.
 *
 * Jobs and their results are lines of JSON on a socket.  Each worker is the supervisor of
 * the run that it is at; one that dies loses only that, which is healed and reported, and
 * another takes its place.  When who opened the crew dies its workers stop their runs and
 * end.  Nothing is looked at again and again.
 */
#ifndef CREW_H
#define CREW_H

#include <poll.h>

#include "base/ctx.h"
#include "base/json.h"
#include "flow/kept.h"
#include "run/sigwatch.h"

enum { CREW_MOST = 1000, CREW_POLLS = 2 * CREW_MOST + 1, CREW_LINE_MAX = 64 << 20 };

struct crew_worker {
	pid_t pid; /* -1: there is none (yet) */
	int fd;
	struct buf in;
	bool busy;
	bool closing; /* its command has ended well; only the record is not closed yet */
	int64_t number; /* of the job that it is at */
	char run_id[33];
	char *line;	    /* the job, owned */
	char *tracking_uri; /* of it, owned; or NULL */
};

struct crew {
	const struct ctx *ctx;
	size_t jobs;	       /* commands at once, at most */
	struct crew_worker *v; /* n of them, owned */
	size_t n;	       /* more than jobs: others begin while some close */
	struct sigwatch signals;
	struct kept pins;	 /* what one worker has fetched the others take, too */
	pthread_mutex_t *writer; /* in memory that all share; NULL: there is none */
	bool stopping;		 /* all were told to: nothing more is begun */
	int stop_signal;	 /* that asked us to, or 0 */
};

/* What a worker is given.  Everything is borrowed until crew_give returns. */
struct crew_job {
	int64_t number;	      /* the caller's */
	const cJSON *request; /* flow/requestjson.h */
	const char *run_id;   /* of the new run: 32 hex digits (run_id_new) */
	const char *cwd;      /* that paths are relative to; NULL: ours */
};

/*
 * How it went; `result` is an object:
 *
 *   run_id, run_name, experiment_id, experiment_name, status, exit_code, reason,
 *   start_time, end_time, entry_point, artifact_uri, params{}, metrics{}
 *
 * or, where nothing was recorded, run_id and status null and
 *
 *   error, hint, mistakes[] (of the manifest), exit_code
 */
typedef void crew_ended(void *arg, int64_t number, const cJSON *result);

/*
 * From now on signals that ask us to stop are heard by crew_go_on alone.  No database may
 * be open in this process whenever a job is given: workers are forked then.
 */
int crew_open(struct crew *c, const struct ctx *ctx, size_t jobs, struct err *err);
/* So many jobs can be given just now; so many are under way. */
size_t crew_idle(const struct crew *c);
size_t crew_busy(const struct crew *c);
int crew_give(struct crew *c, const struct crew_job *job, struct err *err);
/* Fills in at most CREW_POLLS entries; returns how many. */
nfds_t crew_poll(const struct crew *c, struct pollfd *p);
/* What these bring: `ended` is told of each job that is over. */
void crew_go_on(struct crew *c, const struct pollfd *p, crew_ended *ended, void *arg);
/* Ask all runs to stop, as that signal to `mlp run` does. */
void crew_stop(struct crew *c, int sig);
/* Let all go; those that are busy are asked to stop first and waited for. */
void crew_close(struct crew *c);

/* crew_worker.c: the life of a worker; jobs come and results go on `fd`. */
_Noreturn void crew_work(const struct ctx *ctx, pthread_mutex_t *writer, int fd);
/* The result of a run as it is recorded; and one for what was never recorded. */
struct run_record;
cJSON *crew_result_of(const struct run_record *r);
cJSON *crew_failure(const struct err *err);

#endif
