/* SPDX-License-Identifier: MIT */
/*
 * venv.h -- virtual environments of Python: one for all runs that want the same.
 *
 * In the cache, below envs/, NAME being the beginning of the hash of all that goes in:
 *
 *     NAME/venv/             the environment
 *     NAME/environment.lock  what is in it
 *     NAME/environment.json  written last: without it the rest does not count
 *     NAME.lock              shared by the runs that use it; its time is the last use
 *     NAME.making            held by the one that makes it
 *
 * Who holds NAME.lock alone may remove it all, NAME.lock last.
 */
#ifndef VENV_H
#define VENV_H

#include "env/env.h"
#include "env/python.h"
#include "env/python_env.h"
#include "env/requirements.h"
#include "base/sha256.h"

#define VENV_MARK "environment.json"
#define VENV_LOCK_FILE "environment.lock"

struct venv {
	bool must_be_uv; /* of the kind uv: it does not make do with venv and pip */
	const char *uv;	 /* where it is, or NULL */
	struct python_env file;
	struct requirements build, install;
	struct python python; /* path NULL: uv is to get it */
	char hash[SHA256_HEX + 1];
	const char *dir;  /* <cache>/envs/NAME, once the Python is known */
	const char *path; /* the environment in it */
	int use;	  /* NAME.lock, shared; -1: not yet */
};

/*
 * Read the files, find the Python, name the environment.  `keep`: what is learnt of a
 * Python may be written down.  v is released by venv_release in any case.
 */
int venv_plan(const struct env_want *w, bool keep, struct venv *v, struct err *err);
void venv_release(struct venv *v);

/* Once v->python is known: hash, dir, path. */
void venv_name(const struct env_want *w, struct venv *v);
/* It is there, and complete. */
bool venv_is_made(struct arena *a, const struct venv *v);

/* env_look of it. */
int venv_look(const struct env_want *w, struct env_look *out, struct err *err);

#endif
