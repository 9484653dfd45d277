/* SPDX-License-Identifier: MIT */
/*
 * attempts.h -- a command that has failed is started again, each time as a run of its own:
 * with the tags mlp.attempt (1, 2, ...) and, from the second on, mlp.retryOf (the id of
 * the first), in the same experiment and below the same parent.
 */
#ifndef ATTEMPTS_H
#define ATTEMPTS_H

#include "flow/launch.h"
#include "run/card.h"

enum {
	RETRY_DELAY_MS = 5000,		 /* where none is given */
	RETRY_DELAY_MAX_MS = 300 * 1000, /* where it doubles; a longer one stays */
};

/* One attempt: what is told to its launch, and what that tells of the next one. */
struct attempt {
	int number;
	const char *first; /* the id of the first; NULL in it */
	/*
	 * The next one: its id, and its lock, which is held from before this one's end is
	 * told, so that who waits for the last one knows what to wait for; NULL: none.
	 */
	const char *next;
	struct run_lock lock;
	int64_t delay_ms;
};

/*
 * In a launch, when it is known how the run ended, and before that is told: is there to be
 * another one?  Its card is made like `card`, which gets its id.
 */
void attempt_prepare_next(struct attempt *at, const struct ctx *ctx, struct arena *a,
    const struct retry_rule *rule, const struct outcome *o, const struct ending *e,
    struct card *card);

/* One run: see run_launch, which goes through all of them. */
int launch_once(const struct ctx *ctx, struct arena *a, const struct run_request *rq,
    struct attempt *at, run_started *started, void *arg, struct prepared *p,
    struct run_result *out, struct err *err);

/* Pure: the delay before attempt `number` (2, ...), and whether an end is one to try again
 * after. */
int64_t retry_delay(const struct retry_rule *rule, int number);
bool retry_wanted(
    const struct retry_rule *rule, const struct outcome *o, const struct ending *e);

#endif
