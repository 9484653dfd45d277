/* SPDX-License-Identifier: MIT */
/* record.h -- runs of the store as runs of mlp.h. */
#ifndef LIB_RECORD_H
#define LIB_RECORD_H

#include "lib/context.h"

/* MLflow's protocol counts the same statuses from 1. */
_Static_assert(MLP_RUNNING == RUN_RUNNING + 1 && MLP_SCHEDULED == RUN_SCHEDULED + 1 &&
		   MLP_FINISHED == RUN_FINISHED + 1 && MLP_FAILED == RUN_FAILED + 1 &&
		   MLP_KILLED == RUN_KILLED + 1,
    "one order");
static inline int status_to_api(enum run_status st)
{
	return (int)st + 1;
}
static inline int status_from_api(int status, enum run_status *out)
{
	if (status < MLP_RUNNING || status > MLP_KILLED)
		return -1;
	*out = (enum run_status)(status - 1);
	return 0;
}

/* An empty record, its own memory with it; for mlp_record_free. */
struct mlp_record *record_new(void);
/* The memory of a record that record_new made. */
struct arena *record_arena(struct mlp_record *r);

/* What a store says of a run; everything that `r` points to outlives *out. */
void record_fill(const struct ctx *ctx, struct arena *a, const struct run_record *r,
    struct mlp_record *out);

/* How it ended, from the texts of the tags mlp.exit and mlp.reason, which outlive *out. */
void record_fill_exit(struct mlp_record *out, const char *tag, const char *reason);

/* One run by its whole id, nothing healed; NULL: *err. */
struct mlp_record *record_load(struct mlp *m, const char *run_id, struct err *err);

#endif
