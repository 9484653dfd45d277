/* SPDX-License-Identifier: MIT */
/*
 * environments.h -- what mlp has made for runs to be in: virtual environments in the cache,
 * conda's environments with a note there, images that were built with a note there, too.
 * What others have made (MLflow's conda environments, pulled images) is not among them.
 */
#ifndef ENVIRONMENTS_H
#define ENVIRONMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/err.h"
#include "env/conda_tool.h"
#include "env/engine.h"

enum environment_kind { MADE_VIRTUALENV, MADE_CONDA, MADE_IMAGE };

/* Strings live in the arena. */
struct environment {
	enum environment_kind kind;
	const char *name;      /* a hash's beginning, mlflow-<sha1>, or repository:tag */
	const char *project;   /* that it was made for, or NULL */
	const char *detail;    /* "Python 3.11.2", the image's id, ...; or NULL */
	const char *path;      /* of its files; an image: its id */
	const char *lock;      /* NULL: of an image */
	const char *note;      /* of conda's and of images */
	struct engine *engine; /* of images */
	int64_t bytes;	       /* on disk; an image: with what it is built on */
	int64_t made, used;    /* ms since the epoch; an image: used when it was made */
	bool in_use;	       /* by a living run, or (images) a container */
};

struct environments {
	const struct ctx *ctx;
	struct arena *a;
	struct environment *v;
	size_t n;
	struct engine engine; /* that was asked last, as noted in */
	const char *engine_note;
	bool has_engine;
};

const char *environment_word(enum environment_kind kind); /* "virtualenv", ... */

/* Find them, by kind, then name.  An engine that does not answer is warned of. */
void environments_find(struct environments *all, const struct ctx *ctx, struct arena *a);

/* The same without images: nobody is asked.  Sizes and uses are not looked at. */
void environments_in_cache(
    struct environments *all, const struct ctx *ctx, struct arena *a);

/* Is it used just now?  Asked again, for it may have changed. */
bool environment_is_used(const struct environment *env);

/* Remove it.  ERR_BUSY: it is in use. */
int environment_remove(
    const struct environments *all, const struct environment *env, struct err *err);

/* images.c */
void images_add(struct environments *all, const char *note);
bool image_is_used(const struct environment *env);
int image_remove(const struct environment *env, struct err *err);

/* The JSON of a note, the caller's to delete, or NULL. */
cJSON *environments_read_note(const char *path);
/* The next of the array, zeroed. */
struct environment *environments_add(
    struct environments *all, enum environment_kind kind, const char *name);

#endif
