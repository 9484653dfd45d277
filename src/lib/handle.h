/* SPDX-License-Identifier: MIT */
/*
 * handle.h -- a run under way: its mlp-supervise, and what that has told so far.
 *
 * PREPARING -> [RECORDED ->] ENDED or FAILED.  One thread at a time changes it; others
 * may read what is atomic, and `s` as far as supervisor_signal does.
 */
#ifndef LIB_HANDLE_H
#define LIB_HANDLE_H

#include "lib/supervisor.h"

enum handle_state {
	HANDLE_PREPARING,
	HANDLE_RECORDED,
	HANDLE_ENDED,  /* `end` tells of it */
	HANDLE_FAILED, /* `why`: nothing was recorded, or the end is not known */
};

struct mlp_handle {
	struct mlp *m;	/* the context, which we keep alive */
	struct ctx ctx; /* its, with us to tell */
	void *arg;	/* for the callbacks */
	void (*started)(void *arg, const struct mlp_record *run);
	struct arena arena;
	const char *first_id; /* atomic: of the first attempt, where there are several */
	const char *run_id;   /* atomic: of the last that was recorded */
	struct supervisor s;
	int state;   /* atomic: enum handle_state */
	int busy;    /* atomic: somebody waits */
	int asked;   /* atomic: it was asked to stop */
	int watched; /* an epoll of the socket and the pidfd, made when it is wanted; -1 */
	cJSON *end;
	struct err why;
};

/*
 * Start mlp-supervise and tell it what to do.  NULL: *err; nothing is left.  An interrupt
 * of the context is heeded.
 */
struct mlp_handle *handle_start(
    struct mlp *m, const struct mlp_run_options *o, struct err *err);

/*
 * Take what is told, until the run is in `state` or later (0) or that time (1;
 * clock_mono_ms, -1: never).  -1: it FAILED, *err says of what.  With `m` an interrupt of
 * that context asks it to stop.
 */
int handle_await(struct mlp_handle *h, struct mlp *m, enum handle_state state,
    int64_t until, struct err *err);

/* Ask it to stop; any thread may.  0, or -1 with errno: ESRCH where it has ended. */
int handle_ask_end(struct mlp_handle *h);

/* Of one that has ENDED: how, for mlp_record_free. */
struct mlp_record *handle_record(const struct mlp_handle *h);

/* Forget it; a run that lives goes on. */
void handle_free(struct mlp_handle *h);

#endif
