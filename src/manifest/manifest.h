/* SPDX-License-Identifier: MIT */
/*
 * manifest.h -- an MLproject file as a model, with the place of everything in it.
 *
 * What is read is what MLflow's _project_spec.py reads, plus `timeout`, `env` and
 * `resources` in an entry point and `resources` of the project, which MLflow ignores.
 * Parsing is pure: text in, model and diagnostics out.
 */
#ifndef MANIFEST_H
#define MANIFEST_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "manifest/diag.h"

enum { MANIFEST_MAX_BYTES = 1 << 20, MANIFEST_MAX_DEPTH = 64 };

enum param_kind {
	PARAM_STRING, /* string, str, and every unknown word */
	PARAM_INT,    /* int, integer */
	PARAM_FLOAT,  /* float, number */
	PARAM_BOOL,   /* bool, boolean */
	PARAM_PATH,
	PARAM_URI,
};

struct param_decl {
	const char *name;
	const char *type_word; /* as written; "string" when the long form has none */
	enum param_kind kind;
	const char *default_text; /* as Python's str() gives it; NULL: required */
	const char *description;  /* or NULL */
	struct mark mark, default_mark;
};

struct env_var {
	const char *name;
	const char *value; /* NULL: copied from the host */
};

/* Extension: `resources`, of the project or of an entry point. */
struct resources {
	double cpus;	      /* 0: not limited */
	int64_t memory_bytes; /* 0: not limited */
	int gpus;	      /* 0: none; GPUS_ALL */
	unsigned given;	      /* which are said: RESOURCE_... */
};
enum { RESOURCE_CPUS = 1, RESOURCE_MEMORY = 2, RESOURCE_GPUS = 4, GPUS_ALL = -1 };

struct entry_point {
	const char *name;
	struct mark mark;
	const char *command; /* after YAML; "" is allowed */
	struct mark command_mark;
	/*
	 * Where byte i of `command` stands in the file, for messages; NULL when unknown
	 * (then command_mark is the best answer).
	 */
	const struct mark *command_map; /* strlen + 1 of them: the last is its end */
	struct param_decl *params;
	size_t nparams;
	struct env_var *env; /* extension: `env`, in file order */
	size_t nenv;
	int64_t timeout_ms; /* extension: `timeout`; 0: none */
	/* What it says itself; what it does not say is the project's. */
	struct resources resources;
};

enum env_key { ENVKEY_NONE, ENVKEY_DOCKER, ENVKEY_PYTHON, ENVKEY_CONDA };

struct page;

struct manifest {
	const char *path; /* absolute; NULL when the project has no manifest */
	const char *file; /* its name in messages, "MLproject" when there is none */
	const char *name; /* NULL when not given */
	enum env_key env_key;
	const char *env_file; /* python_env, conda_env: as written (or found) */
	struct mark env_mark; /* of env_file in the manifest */
	bool env_file_found;  /* not named in the manifest, but lying there */
	const char *docker_image;
	const char **docker_volumes;
	size_t ndocker_volumes;
	struct env_var *docker_env;
	size_t ndocker_env;
	struct resources resources;
	struct entry_point *entries;
	size_t nentries;
	struct page *page; /* NULL without a file; see manifest_report */
};

/*
 * Find and read the manifest of a project directory: the first of the names that equals
 * "mlproject" without regard to case (sorted, as MLflow's listdir order is unspecified),
 * else mlproject.yaml or .yml with a warning that mlflow will not find it, else an empty
 * manifest.  Also looks for python_env.yaml and conda.yaml as MLflow does.
 * 0: *out is set unless ds->errors grew.  -1: the directory or file cannot be read.
 */
int manifest_load(struct arena *a, const char *dir, struct manifest **out,
    struct diags *ds, struct err *err);

/* Does a file of one of those names lie in the directory? */
bool manifest_exists(const char *dir);

/*
 * The pure part: parse `text` (n bytes, anything) called `file` in messages.  Returns
 * NULL when diagnostics of level error were added, else a model.
 */
struct manifest *manifest_parse(
    struct arena *a, const char *file, const char *text, size_t n, struct diags *ds);

/*
 * Report a mistake that was found later, with the line of the file below it.  The result
 * may be given a hint with diag_set_hint.
 */
struct diag *manifest_report(const struct manifest *m, struct diags *ds,
    enum diag_level level, struct mark at, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Exact and case-sensitive, or NULL. */
const struct entry_point *manifest_entry(const struct manifest *m, const char *name);

enum param_kind param_kind_of(const char *type_word);

#endif
