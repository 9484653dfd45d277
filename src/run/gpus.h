/* SPDX-License-Identifier: MIT */
/*
 * gpus.h -- which GPUs there are, and which of them a run has to itself.
 *
 * A GPU belongs to the run whose supervisor holds the seat <state>/gpus/<its name>
 * (seat.h): it is free again when that has ended, however.  Runs of other users, and what
 * is started without mlp, know nothing of this.
 */
#ifndef GPUS_H
#define GPUS_H

#include "base/arena.h"
#include "base/ctx.h"
#include "base/err.h"
#include "run/seat.h"

enum { GPUS_MOST = 64 };

/*
 * Those that a run may have, in the words of CUDA_VISIBLE_DEVICES.  `env`: the variables of
 * who wants it.  MLP_GPUS lists them ("0,1"), or is the path of a program that does; else
 * they are what the driver or nvidia-smi says.  Of those CUDA_VISIBLE_DEVICES leaves some;
 * where nothing is known of any, it is what it says.
 *
 * Inside a run that has GPUs (MLP_GPUS_OF, its id) they are those, shared out anew.
 */
struct gpus {
	const char *names[GPUS_MOST]; /* in the arena */
	size_t n;
	const char *of; /* the run around us, or NULL */
};
int gpus_find(const struct ctx *ctx, struct arena *a, char *const *env, struct gpus *out,
    struct err *err);

/* Are there so many (-1: any)?  ERR_FAIL. */
int gpus_check(const struct ctx *ctx, const struct gpus *g, int want, struct err *err);

struct gpus_held {
	int fd[GPUS_MOST];
	size_t n;
	char *list; /* "0,1", owned; NULL: none */
};

/*
 * Take `want` of them (-1: all).  ERR_BUSY: too few are free just now; ERR_FAIL: there are
 * not so many.
 */
int gpus_take(const struct ctx *ctx, const struct gpus *g, int want,
    struct gpus_held *out, struct err *err);
void gpus_release(struct gpus_held *h);
/* The seat of the i-th. */
char *gpus_seat(const struct ctx *ctx, struct arena *a, const struct gpus *g, size_t i);
/* Wait until they are ours.  ERR_INTERRUPTED; said once, by ctx->say, that we wait. */
int gpus_await(const struct ctx *ctx, const struct gpus *g, int want,
    struct gpus_held *out, struct err *err);

/* The lines of `nvidia-smi -L`, as names and UUIDs.  Pure; returns how many. */
struct gpu_known {
	const char *name, *uuid; /* uuid may be NULL */
};
size_t gpus_parse_listing(struct arena *a, const char *text, struct gpu_known *out);
/* What CUDA_VISIBLE_DEVICES leaves of those that are known.  Pure. */
void gpus_limit(struct arena *a, const struct gpu_known *known, size_t n,
    const char *visible, struct gpus *out);

#endif
