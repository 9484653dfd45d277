/* SPDX-License-Identifier: MIT */
/* venv_build.h -- making a virtual environment: with uv, else with venv and pip. */
#ifndef VENV_BUILD_H
#define VENV_BUILD_H

#include "env/venv.h"

/* The tools at work for one environment.  Everything is in the arena of the env. */
struct venv_tools {
	struct env *e;
	const struct venv *v;
	const char *uv;	   /* NULL: python -m venv, and pip */
	const char *maker; /* "uv 0.5.1", "pip 23.2": for the lock */
	char *const *envp; /* of the tools */
	const char
	    *reports; /* what pip said of the packages, files, a line each; or "" */
};

/* How the tools are to behave: never ask, nothing from the caller's own environment. */
char *const *venv_tools_envp(struct env *e, const char *path);

/* The Python that is wanted and not here, by uv. */
int venv_get_python(struct env *e, struct venv *v, struct err *err);

/*
 * Make it in v->dir, which must not exist; the caller holds NAME.making.  -1: nothing is
 * left of it.
 */
int venv_build(struct env *e, const struct venv *v, struct err *err);

/* What is secret in the URLs that packages are from is not kept in the environment. */
int venv_mask_origins(struct arena *a, const char *venv, struct err *err);

/* Write environment.lock: what is in it. */
int venv_write_lock(const struct venv_tools *t, struct err *err);

#endif
