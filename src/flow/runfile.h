/* SPDX-License-Identifier: MIT */
/*
 * runfile.h -- run.json beside a run's logs: what the tables cannot hold whole.  It only
 * adds to the record; `mlp show` never needs it.
 */
#ifndef RUNFILE_H
#define RUNFILE_H

#include "flow/prepare.h"
#include "track/record.h"

/*
 * Write <dir>/run.json (write-temp, fsync, rename).  before: the parameters that the run
 * had before this attempt, NULL for a new run.  Those given to earlier attempts are kept;
 * what the file that is there does not hold was logged by the command.
 */
int runfile_write(const struct ctx *ctx, const char *dir, const char *run_id,
    const struct prepared *p, const struct kvs *before, struct err *err);

/* A parameter's whole value as it was given, and as it was used; NULL: not known. */
struct runfile_param {
	const char *value, *used;
	const char *sha256; /* of what was downloaded, or NULL */
	bool downloaded;
	bool is_path;	/* of that type */
	bool elsewhere; /* given to another project or entry point of this run */
};
struct runfile_param runfile_param(const cJSON *runfile, const char *name);

/* What of docker was asked for on the command line; strings are copied. */
void runfile_docker(struct arena *a, const cJSON *runfile, struct env_request *out);

/* The parsed file, or NULL where there is none (or it is damaged). */
cJSON *runfile_read(const char *dir);

#endif
