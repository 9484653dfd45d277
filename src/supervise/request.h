/* SPDX-License-Identifier: MIT */
/*
 * request.h -- what the library asks for, as one line of JSON:
 *
 *   parent                   the process that asks: we end with it
 *   directory                where relative paths begin
 *   cache_dir, state_dir     as in struct ctx
 *   new_id                   of a run that is recorded anew
 *
 * and the request itself (flow/requestjson.h), with one of uri and rerun_of.
 */
#ifndef SUPERVISE_REQUEST_H
#define SUPERVISE_REQUEST_H

#include <sys/types.h>

#include "base/json.h"
#include "flow/launch.h"

enum { REQUEST_MAX = 16 << 20 };

struct request_in {
	cJSON *json;	      /* holds the strings */
	const char *rerun_of; /* the run that is run again, or NULL: rq.uri */
	pid_t parent;
	struct run_request rq;
};

/* Read the line from fd and parse it; lists are in the arena.  The caller owes request_release either way. */
int request_read(int fd, struct arena *a, struct request_in *in, struct err *err);
void request_release(struct request_in *in);

/*
 * Put ctx where the request says, the working directory too, and check and complete the
 * request.
 */
int request_apply(
    struct request_in *in, struct arena *a, struct ctx *ctx, struct err *err);

#endif
