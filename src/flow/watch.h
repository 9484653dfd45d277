/* SPDX-License-Identifier: MIT */
/* watch.h -- the last metrics of a run that is under way, on one line. */
#ifndef WATCH_H
#define WATCH_H

#include "base/buf.h"
#include "run/statusline.h"
#include "track/store.h"

struct watch {
	struct ctx ctx; /* ours, but one that never waits for a lock */
	const struct tracking *tracking;
	const char *run_id;
	int64_t start_time;
	struct store *store; /* opened at the first look */
	struct buf line;
};

/* What is pointed to must outlive it. */
void watch_init(struct watch *w, const struct ctx *ctx, const struct tracking *t,
    const struct run_record *run);
/* A statusline_text: "12 s  loss 0.25  acc 0.9  step 40"; NULL: nothing is logged yet. */
const char *watch_text(void *arg, const struct statusline_room *room);
void watch_release(struct watch *w);

#endif
