/* SPDX-License-Identifier: MIT */
/* runtags.h -- the tags that a run is recorded with: MLflow's own, and ours (mlp.*). */
#ifndef RUNTAGS_H
#define RUNTAGS_H

#include "flow/ending.h"
#include "flow/prepare.h"
#include "track/record.h"

struct runtags_in {
	const struct prepared *prepared;
	const char *user;
	const char *run_name;	 /* NULL: the store has it already */
	const char *parent_id;	 /* or NULL */
	const char *rerun_of;	 /* or NULL */
	const char *sweep_point; /* or NULL */
	const char *retry_of;	 /* the first attempt, or NULL */
	int attempt;		 /* 0: there will be no other */
	const char *host;	 /* see runtags_host */
	struct kvs extra;	 /* --tag */
};

/*
 * All tags at the start.  Values longer than the record holds are cut with "..."
 * (run.json has them whole).  A --tag that mlp writes itself is ERR_USAGE.
 */
int runtags_make(
    struct arena *a, const struct runtags_in *in, struct kvs *out, struct err *err);

/* All tags at the end, added to *out. */
void runtags_of_end(
    struct arena *a, const struct ending *e, const struct outcome *o, struct kvs *out);
/* Is it one of those? */
bool runtags_is_of_end(const char *key);

/* May a user set this tag himself?  ERR_USAGE: mlp does. */
int runtags_check_key(const char *key, struct err *err);

/* "<node name>:<state directory>": whose word a RUNNING run is. */
const char *runtags_host(const struct ctx *ctx, struct arena *a);

/* Append; the array is in the arena. */
void kvs_put(struct arena *a, struct kvs *kvs, const char *key, const char *value);

#endif
