/* SPDX-License-Identifier: MIT */
/*
 * ctx.h -- what every operation is given instead of globals: where things are, and where
 * words for the user go.  Filled by the caller (cli/setup.c); everything is borrowed and
 * outlives the operation.
 */
#ifndef CTX_H
#define CTX_H

#include <stdbool.h>

enum say_level { SAY_DEBUG, SAY_INFO, SAY_WARNING };

/* A live figure of a long step ("receiving objects"); total 0: not known. */
struct progress {
	const char *what; /* borrowed: "receiving objects", "resolving deltas", ... */
	long long done, total; /* in objects or files */
	long long bytes;       /* so far, 0 where it makes no sense */
	bool finished;
};

struct arena;
struct cJSON;
struct run_record;

struct ctx {
	const char *cwd;       /* the caller's directory, absolute; NULL: removed */
	const char *cache_dir; /* $XDG_CACHE_HOME/mlp, NULL when there is no home */
	const char *state_dir; /* $XDG_STATE_HOME/mlp, likewise */
	const char *libexec;   /* where mlp-git is */
	bool offline; /* nobody is asked over a network: what is in the cache is used */
	int trace;    /* MLP_TRACE's file, or -1 */
	int busy_ms; /* wait at most so long for a locked database; 0: MLP_BUSY_TIMEOUT */
	/* One line without newline; the library itself never prints. */
	void (*say)(void *arg, enum say_level level, const char *text);
	void (*progress)(void *arg, const struct progress *p);
	void *arg;
	/*
	 * A run (track/record.h) as it is told to other programs, a new JSON value; NULL
	 * where no such shape is known (libmlp).
	 */
	struct cJSON *(*run_json)(
	    const struct ctx *, struct arena *, const struct run_record *);
	/*
	 * Non-zero once the user asked us to stop (the signal's number).  Long waits look
	 * at it; NULL where nothing can interrupt.
	 */
	const volatile int *interrupted;
};

/* MLP_OFFLINE is set, to something else than 0. */
bool ctx_wants_offline(void);

void ctx_say(const struct ctx *ctx, enum say_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
