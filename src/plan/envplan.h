/* SPDX-License-Identifier: MIT */
/*
 * envplan.h -- which environment the command gets, and all that is asked of it.  Pure:
 * what is there already is for src/env to find out.
 */
#ifndef ENVPLAN_H
#define ENVPLAN_H

#include "manifest/manifest.h"

/* The words of --env-manager, of MLP_ENV_MANAGER and of the tag mlflow.project.env. */
enum env_kind { ENV_LOCAL, ENV_DOCKER, ENV_VIRTUALENV, ENV_UV, ENV_CONDA };

const char *env_kind_word(enum env_kind kind);
/* 0, or -1 for a word that is none of them. */
int env_kind_from_word(const char *word, enum env_kind *out);

/* -A NAME=VALUE or -A NAME (value NULL): an argument for docker run. */
struct docker_arg {
	const char *name, *value;
};

struct env_plan {
	enum env_kind kind;
	/* What chose it, for people: "--env-manager", "docker_env", "conda.yaml", ... */
	const char *chosen_by;
	bool inherit; /* a nested mlp shall choose the same: it was asked for by name */
	/* python_env.yaml or conda.yaml: absolute; NULL: none (virtualenv, uv, conda) */
	const char *file;
	enum env_key file_key;	  /* how it is to be read */
	const char *project_name; /* of the manifest, or NULL; names a built image */
	/* docker: as the manifest has them */
	const char *image;
	const char **volumes;
	size_t nvolumes;
	struct env_var *vars;
	size_t nvars;
	const struct docker_arg *args; /* -A, in order */
	size_t nargs;
	bool build_image;
	/* of the run that is run again: what its image was then, or NULLs */
	struct env_image_was {
		const char *uri, *id, *digest; /* digest: repository@sha256:... */
	} was;
	struct resources resources;
	/* docker: those of this machine that the run has to itself, "0,1"; NULL: not known */
	const char *gpus;
	/* What the user should know of the choice: warnings, one line each. */
	const char *notes[4];
	size_t nnotes;
};

/* What the user asked for; everything may be NULL or 0. */
struct env_request {
	const char *env_manager; /* --env-manager */
	const char *inherited;	 /* MLP_ENV_MANAGER: the choice of the outer run */
	struct docker_arg *args;
	size_t nargs;
	bool build_image;
	struct env_image_was was;
};

/*
 * Choose: --env-manager, then the outer run's choice, then the manifest's key, then
 * python_env.yaml or conda.yaml lying there, then local.  The first two take the file that
 * the manifest names, where it is of a kind that they can read, else one of those names
 * that lies in project_dir.  What --env-manager asks and
 * the project cannot have is ERR_USAGE; what the outer run chose and it cannot have is
 * left, with a note.
 */
int env_plan_make(struct arena *a, const struct manifest *m, const struct entry_point *ep,
    const char *project_dir, const struct env_request *rq, struct env_plan *out,
    struct err *err);

#endif
