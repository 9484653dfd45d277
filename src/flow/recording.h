/* SPDX-License-Identifier: MIT */
/*
 * recording.h -- how a run's command records: through the endpoint of its supervisor, or
 * directly into the store.
 */
#ifndef RECORDING_H
#define RECORDING_H

#include "env/env.h"
#include "flow/childenv.h"
#include "run/endpoint.h"
#include "track/store.h"

struct recording {
	bool direct;		       /* --tracking direct */
	const struct env_reach *reach; /* how the command gets to the endpoint */
	struct endpoint endpoint;
	cJSON *request;		      /* owned: what mlp-serve is told */
	const char *other_experiment; /* that the command looked up; NULL: none */
	struct arena *a;
};

/* Is there an endpoint to be had?  For before the run is recorded. */
int recording_check(const struct ctx *ctx, struct arena *a, struct err *err);

/*
 * Open what the command shall be told, which goes into c->tracking_uri, c->store_uri and
 * c->endpoint_name; there is no tracking_uri for a command that can reach nothing.
 * The caller owes recording_close (also after a failure).  `rec` stays where it is.
 */
int recording_open(struct recording *rec, const struct ctx *ctx, struct arena *a,
    const struct tracking *t, const struct run_record *run, struct childenv *c,
    struct err *err);
void recording_close(struct recording *rec);

#endif
