/* SPDX-License-Identifier: MIT */
/*
 * conda_tool.h -- which of conda, mamba and micromamba is there, and how each is asked:
 * their command lines differ.
 */
#ifndef CONDA_TOOL_H
#define CONDA_TOOL_H

#include "base/arena.h"
#include "base/err.h"

enum conda_kind { CONDA_CONDA, CONDA_MAMBA, CONDA_MICROMAMBA };

/* Strings are in the arena. */
struct conda_tool {
	enum conda_kind kind;
	const char *path;   /* of the program */
	const char *create; /* of the one that makes environments, mostly the same */
	enum conda_kind create_kind;
	const char *script; /* profile.d/conda.sh, where it is; else NULL */
};

/*
 * In MLFLOW_CONDA_HOME/bin, else beside CONDA_EXE, else in PATH, else MAMBA_EXE; in each
 * the first of conda, mamba, micromamba.  MLFLOW_CONDA_CREATE_ENV_CMD names the one that
 * makes environments.  ERR_NOTFOUND: there is none.  ERR_FAIL: a variable names what is
 * not there; the words are MLflow's.
 */
int conda_tool_find(struct arena *a, struct conda_tool *out, struct err *err);

/* argv, NULL-terminated, in the arena.  `file` may be NULL: an environment with python. */
char *const *conda_argv_list(struct arena *a, const struct conda_tool *t);
char *const *conda_argv_create(
    struct arena *a, const struct conda_tool *t, const char *name, const char *file);
char *const *conda_argv_remove(
    struct arena *a, const struct conda_tool *t, const char *name);
/* What is in it, with the place that each package came from and its MD5. */
char *const *conda_argv_lock(
    struct arena *a, const struct conda_tool *t, const char *prefix);
/* The same as JSON, what pip has installed too. */
char *const *conda_argv_packages(
    struct arena *a, const struct conda_tool *t, const char *prefix);

/*
 * bash that activates `prefix` and becomes `bash -c command`.  Where the activation fails
 * the file `failed` is made, and nothing of the command runs.
 */
char *const *conda_argv_run(struct arena *a, const struct conda_tool *t,
    const char *prefix, const char *failed, const char *command);

#endif
