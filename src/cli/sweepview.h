/* SPDX-License-Identifier: MIT */
/*
 * sweepview.h -- a sweep for people and programs: as it goes (sweeplive.c: on a terminal),
 * and the table at its end.
 */
#ifndef SWEEPVIEW_H
#define SWEEPVIEW_H

#include "cli/cli.h"
#include "flow/sweep.h"

struct sweepview {
	struct cli *cli;
	const struct sweep *sweep;
	struct buf line;
	bool only_shown; /* how it ended is nothing that went wrong now */
};

/* For the members told, status and diags of the sweep; arg: a struct sweepview. */
void sweepview_told(void *arg, const struct sweep *s, size_t point);
const char *sweepview_status(void *arg, const struct statusline_room *room);
void sweepview_diags(void *arg, const struct diags *ds);
/* "  loss=0.25", or nothing; "best: point 3  loss=0.25 (lr=0.1)", or nothing. */
void sweepview_put_metric(const struct sweep *s, size_t point, struct buf *out);
void sweepview_put_best(const struct sweep *s, struct buf *out);
/* How it ended, and which point is best; a metric that no run has is told. */
void sweepview_end(struct sweepview *v);

/* The whole table, on standard output; the exit code. */
int sweepview_table(struct sweepview *v);
int sweepview_json(struct sweepview *v);
int sweepview_csv(struct sweepview *v);

#endif
