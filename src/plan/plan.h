/* SPDX-License-Identifier: MIT */
/*
 * plan.h -- manifest + request -> what is launched and what is recorded of it.  Pure: no
 * process, no store; files are looked at only where the header of a step says so.
 */
#ifndef PLAN_H
#define PLAN_H

#include "plan/envplan.h"
#include "plan/params.h"

/* What the user asked for.  Everything is borrowed; the zero value is the default. */
struct request {
	const char *entry_point; /* NULL: main */
	const struct param_input *params;
	size_t nparams;
	struct env_request env;
	int64_t timeout_ms;	   /* --timeout, 0: the manifest's */
	struct retry_rule retries; /* --retries and so on; over the manifest's */
	int64_t memory_bytes;	   /* --memory, 0: the manifest's */
	double cpus;		   /* --cpus, likewise */
	const char *cwd;	   /* of the caller: path parameters are relative to it */
	const char *storage_dir; /* for what path parameters download; NULL: the cache */
	param_bring *bring;	 /* how; NULL: not now */
	void *bring_arg;	 /* prepare_plan sets both */
	bool
	    partial_tree; /* only the manifest is there: other files are not looked for */
	const char *shell; /* $SHELL, NULL: bash; for .sh files, as MLflow does */
};

struct plan {
	const char *entry_point;
	bool is_script;	     /* a file of the project instead of a named entry point */
	const char *command; /* what bash is given */
	const char *argv[4]; /* bash -c <command>, NULL-terminated */
	const char *cwd;     /* the project directory */
	struct env_plan environment;
	struct params params;
	struct env_var
	    *env; /* set for the command, in order; NULL value: from the host */
	size_t nenv;
	int64_t timeout_ms; /* 0: none */
	struct retry_rule retries;
};

/* The longest command that Linux passes as one word, with its NUL. */
enum { COMMAND_MAX = 128 * 1024 };

/*
 * Mistakes of the command line are ERR_USAGE in *err.  Mistakes in the manifest that only
 * show now (an unknown {name}) are added to ds, and *err says so in one line.  Looks for
 * path parameters and a script's file below project_dir.  Path parameters that are
 * elsewhere are brought last, when all else is right.
 */
int plan_make(struct arena *a, const struct manifest *m, const char *project_dir,
    const struct request *rq, struct plan *out, struct diags *ds, struct err *err);

#endif
