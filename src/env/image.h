/* SPDX-License-Identifier: MIT */
/*
 * image.h -- the image that a container is made of: there already, pulled, or built.
 *
 * Built (--build-image) means: docker_env.image with the project's files copied to
 * /mlflow/projects/code, as MLflow does it; where that image cannot be had and the project
 * has a Dockerfile, that Dockerfile instead of the image.  Which files: context.h.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include "env/engine.h"
#include "env/env.h"

#define IMAGE_PROJECT_DIR "/mlflow/projects/code"

/*
 * Labels of what was built here; `docker images --filter label=mlp.context` lists it.
 * IMAGE_LABEL is the hash of all that went in, IMAGE_LABEL_NAME the tag it was given.
 */
#define IMAGE_LABEL "mlp.context"
#define IMAGE_LABEL_NAME "mlp.image"

/* Strings live in the arena of the env. */
struct image {
	const char
	    *uri;	/* as recorded: the manifest's word, or the tag it was built as */
	const char *id; /* "sha256:...": what to run, for a tag may move */
	const char *digest;   /* "name@sha256:..." of its registry, or NULL */
	const char *platform; /* "linux/amd64", "linux/arm64/v8" */
	const char *user;     /* who it runs as by itself; "" where it does not say */
	bool has_project;     /* built: the project is in it and is not mounted */
};

/*
 * Pure: the name is one that an engine takes (or an id), and cannot be mistaken for an
 * option.  ERR_FAIL, with what is wrong with it.  For env_open.
 */
int image_check(const struct env_plan *p, struct err *err);

/* For --dry-run: a line "image", and one "build" where it would be built. */
int image_look(const struct env_want *w, const struct engine *en, struct env_look *out,
    struct err *err);

/*
 * Find it, else pull or build it.  The tags mlflow.docker.image.uri and .id, and ours for
 * the digest and the platform, are put to *e.  `-A platform=` and `-A pull=` (always,
 * missing, never) are honoured here; docker run is given the first and not the second.
 */
int image_ready(
    struct env *e, const struct engine *en, struct image *out, struct err *err);

#endif
