/* SPDX-License-Identifier: MIT */
/*
 * python_env.h -- what a python_env.yaml says: which Python, and what is installed into
 * it; or a conda.yaml, as far as that can be had without conda.
 */
#ifndef PYTHON_ENV_H
#define PYTHON_ENV_H

#include "base/arena.h"
#include "base/err.h"
#include "manifest/diag.h"
#include "plan/envplan.h"

/* A line of a requirements list, and where it stands. */
struct requirement {
	const char *text;
	struct mark mark;
};

struct requirement_list {
	struct requirement *v;
	size_t n;
};

struct python_env {
	const char *file;   /* as the user knows it: "python_env.yaml" */
	const char *python; /* "3.11", "3.11.7"; NULL: any */
	struct mark mark;   /* of that */
	struct requirement_list build, dependencies;
	/* of a conda.yaml: what only conda could install */
	const char **skipped;
	size_t nskipped;
};

/*
 * Read plan->file as plan->file_key says (or nothing, where there is none: any Python,
 * nothing installed).  Mistakes go to ds with line and column; then -1 and the first of
 * them in *err.
 */
int python_env_read(struct arena *a, const struct env_plan *plan, const char *project_dir,
    struct python_env *out, struct diags *ds, struct err *err);

/* The pure part; `file` names the text in messages.  False: there are errors in ds. */
bool python_env_parse(struct arena *a, enum env_key key, const char *file,
    const char *text, size_t n, struct python_env *out, struct diags *ds);

/* "3", "3.11", "3.11.7", with a, b, rc behind it */
bool python_env_is_version(const char *text);

#endif
