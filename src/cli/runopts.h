/* SPDX-License-Identifier: MIT */
/* runopts.h -- the options that `run` and `rerun` share, and what they fill in. */
#ifndef RUNOPTS_H
#define RUNOPTS_H

#include "cli/cli.h"
#include "flow/enqueue.h"
#include "flow/given.h"

extern const struct opt run_opts[];
extern const struct opt version_opts[]; /* of run alone: rerun has the recorded commit */

struct runopts {
	struct run_request rq;
	struct given_params params; /* -P */
	const char *params_file;
	bool detach, dry_run, json;
	bool queued; /* with detach; and how: */
	struct enqueue queue;
};

/*
 * Take one option.  0, or -1 with *err (ERR_USAGE).  What only later versions can do is
 * refused by name.
 */
int runopts_take(struct cli *cli, struct runopts *ro, const struct opt *opt,
    const char *value, struct err *err);

/*
 * After the last option: environment variables of mlflow's options, --params, the
 * contradictions.  Fills ro->rq.
 */
int runopts_finish(struct cli *cli, struct runopts *ro, struct err *err);

/* Parameters from a YAML or JSON file, as text like a manifest's defaults. */
int params_file_read(struct arena *a, const char *path, struct param_input **out,
    size_t *n, struct err *err);

/* Variables of a dotenv file that are not set yet are set; `path` must exist. */
int env_file_load(const char *path, struct err *err);

#endif
