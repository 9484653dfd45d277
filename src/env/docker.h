/* SPDX-License-Identifier: MIT */
/*
 * docker.h -- a run's command in a container: what is kept from env_open to env_release.
 *
 *   docker         the container's life: made, started, stopped, looked at, removed
 *   docker_argv    the words that it is made with
 *   docker_left    what a killed mlp left
 *   engine*        docker or podman, asked
 *   image*         what it is made of
 */
#ifndef DOCKER_H
#define DOCKER_H

#include "env/docker_argv.h"
#include "env/image.h"

struct docker {
	struct engine engine;
	struct image image;
	struct docker_words words;
	const char *name; /* of the container; NULL: not chosen yet */
	bool noted;	  /* it may be there: <state>/container says so */
	bool tty;	  /* it has a terminal */
	int64_t started_s;
};

static inline struct docker *docker_of(const struct env *e)
{
	return e->own;
}

/* The label of the containers of a run: "mlp.run=<id>". */
#define DOCKER_LABEL "mlp.run"

/*
 * Note in the run's state directory that there may be containers of it, and where; remove
 * them by that note, as the next mlp does when this one was killed.  Returns how many were
 * removed; -1: the engine could not be asked, and the note stays.
 */
int docker_note(const struct docker *d, const char *state_dir, struct err *err);
int docker_remove_left(const struct ctx *ctx, const char *state_dir, const char *run_id,
    struct err *err);

#endif
