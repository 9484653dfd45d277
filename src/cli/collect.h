/* SPDX-License-Identifier: MIT */
/* collect.h -- what `mlp gc` and `mlp env prune` have in common (cmd_gc.c). */
#ifndef COLLECT_H
#define COLLECT_H

#include "cache/gc.h"
#include "cli/cli.h"

#define COLLECT_DAY_MS (INT64_C(24) * 3600 * 1000)
#define COLLECT_AGE_MS (7 * COLLECT_DAY_MS) /* what is older goes */

/* --older-than */
int collect_age(const char *value, struct gc_request *rq, struct err *err);
/* Do it and tell of it; the exit code. */
int collect(struct cli *cli, const struct gc_request *rq, bool json);
/* Tell of what was done; the exit code. */
int collect_tell(const struct gc_result *r, bool dry_run, bool json);

/* For people: "1.2 MB"; "3 d". */
void collect_add_size(struct buf *b, int64_t bytes);
void collect_add_age(struct buf *b, int64_t ms);

#endif
