/* SPDX-License-Identifier: MIT */
/*
 * card.h -- what this machine knows of a run that was started on it: a file in the run's
 * state directory while it lives, one line of <state>/ended.jsonl afterwards.
 *
 * Cards are for finding and showing runs (ps, wait, stop, logs), across all stores and
 * directories.  They are not the record, which is the store's, nor do they say whether a
 * run lives, which is the lock's (lock.h): one that is lost or stale does no harm.  So
 * they are written without fsync.
 */
#ifndef CARD_H
#define CARD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/ctx.h"
#include "base/err.h"
#include "base/strvec.h"

enum card_state {
	CARD_QUEUED,
	CARD_PREPARING, /* fetching, planning, making the environment */
	CARD_RUNNING,
	CARD_STOPPING,
	CARD_FINISHED,
	CARD_FAILED,
	CARD_KILLED,
};
/* "QUEUED", ... */
const char *card_state_word(enum card_state st);

/* Strings may be NULL: not known (yet). */
struct card {
	const char *run_id, *name, *entry_point;
	const char *uri;	/* of the project, as given */
	const char *cwd;	/* of the caller */
	const char *store_uri;	/* where it is recorded, or will be */
	const char *experiment; /* name */
	const char *log_dir;
	const char *parent_id;
	const char *next_id;	   /* of the attempt that follows this one */
	const char *exit, *reason; /* as the tags mlp.exit and mlp.reason */
	enum card_state state;
	bool recorded;	    /* it is in the store */
	bool background;    /* nobody waits for it at a terminal */
	pid_t pid, command; /* supervisor, main process; hints only; 0: none */
	pid_t session;	    /* of the main process; likewise */
	int exit_code;	    /* what `mlp wait` exits with; -1: it lives */
	int64_t queued, started, ended;	   /* ms since the epoch; -1 */
	int64_t cpu_time_ms, memory_bytes; /* at the end (memory: the peak); -1 */
};
#define CARD_INIT                                                                        \
	{                                                                                \
		.exit_code = -1, .queued = -1, .started = -1, .ended = -1,               \
		.cpu_time_ms = -1, .memory_bytes = -1                                    \
	}

/* Write-temp and rename in the state directory `dir`.  A failure is no reason to stop. */
int card_write(const char *dir, const struct card *c, struct err *err);
/* ERR_NOTFOUND: there is none (yet), or it cannot be understood. */
int card_read(struct arena *a, const char *dir, struct card *out, struct err *err);
/* Nothing lives there any more. */
void card_remove(const char *dir);
/* FINISHED, FAILED, KILLED. */
bool card_has_ended(const struct card *c);
/* May `text` mean it: its id, the beginning of it (4 characters or more), its name? */
enum { CARD_ID_SHORTEST = 4 };
bool card_is_meant(const struct card *c, const char *text);

/* One line of JSON, with its newline; and back (-1: not a card). */
void card_print(struct buf *out, const struct card *c);
int card_parse(struct arena *a, const char *text, size_t n, struct card *out);

/*
 * Cards of the runs that have a state directory, in no order.  One without is left out;
 * its id is appended to `bare` (NULL: nowhere).
 */
int cards_alive(const struct ctx *ctx, struct arena *a, struct card **out, size_t *n,
    struct strvec *bare, struct err *err);

/* ended.c -- <state>/ended.jsonl */

/* Append it to ended.jsonl, for a run that has ended. */
int card_archive(const struct ctx *ctx, const struct card *c, struct err *err);
/*
 * The last `max` of those that have ended, the newest first; one per run id (the newest:
 * a run may have several attempts).  Only those that `text` may mean, or NULL.
 */
int cards_ended(const struct ctx *ctx, struct arena *a, const char *text, size_t max,
    struct card **out, size_t *n, struct err *err);
/*
 * Leave out those that ended before `before` (ms since the epoch), as they are counted in
 * *gone; in a dry run they are only counted.
 */
int cards_trim(const struct ctx *ctx, int64_t before, bool dry_run, size_t *gone,
    int64_t *bytes, struct err *err);

#endif
