/* SPDX-License-Identifier: MIT */
/* image_parts.h -- what finding, pulling and building an image (image.h) share. */
#ifndef IMAGE_PARTS_H
#define IMAGE_PARTS_H

#include "env/image.h"

/* Of an image that the engine has; the label is what IMAGE_LABEL says, or NULL. */
struct image_found {
	struct image image;
	const char *context; /* label IMAGE_LABEL, or NULL */
};

/* 1 and *out: the engine has it; 0: not; -1: it could not be asked. */
int image_find(
    const struct engine *en, const char *name, struct image_found *out, struct err *err);

/* The last value that -A gives this argument, or NULL. */
const char *image_arg(const struct env_plan *p, const char *name);

/* Why an image could not be pulled: what may be done about it differs. */
enum pull_failure {
	PULL_INTERRUPTED,
	PULL_UNREACHABLE, /* its registry does not answer, or we are offline */
	PULL_LOGIN,	  /* the registry wants other credentials */
	PULL_ABSENT,	  /* the registry has none of that name */
	PULL_PLATFORM,	  /* it has, for other machines */
	PULL_NO_SPACE,
	PULL_OTHER,
};

/* Get it from its registry.  -1: *err with a way out, and why in *failure. */
int image_pull(struct env *e, const struct engine *en, const char *name,
    enum pull_failure *failure, struct err *err);
/* Pure: the failure that the words of an engine speak of. */
enum pull_failure pull_failure_of(const char *words);

/* There already by name, or pulled as -A pull= says.  For what is not built. */
int image_get(struct env *e, const struct engine *en, const char *name, struct image *out,
    enum pull_failure *failure, struct err *err);

/* The project has a Dockerfile: its path, else NULL. */
const char *image_dockerfile(const struct env_want *w);

/* --build-image: image_ready and image_look for it. */
int image_build(
    struct env *e, const struct engine *en, struct image *out, struct err *err);
int image_build_look(const struct env_want *w, const struct engine *en,
    struct env_look *out, struct err *err);

#endif
