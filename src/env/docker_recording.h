/* SPDX-License-Identifier: MIT */
/*
 * docker_recording.h -- how a command in a container records: the way to the run's
 * endpoint, the directories of its artifacts and of its store, the variables that it needs.
 *
 * The order: docker_recording_open (in env_open), docker_recording_make (in env_make, at
 * any place), docker_recording_add (in env_wrap).
 */
#ifndef DOCKER_RECORDING_H
#define DOCKER_RECORDING_H

#include "env/docker_argv.h"
#include "env/engine.h"
#include "env/env.h"

/*
 * The name of the run's container: that of `-A name=...`, else "mlp-<run id>".  `docker
 * run` must be given it; whose address may use the endpoint is asked by it.  From env_make
 * on.
 */
const char *docker_container_name(const struct env *e);

/*
 * Find the way from the network that the container will join (`-A network=`, `-A net=`) to
 * this machine, for e->reach.  -1: there is none, and *err names `--tracking direct`; a
 * container that is to have no network is none of that: it runs, and a warning is said.
 * Nothing is asked with --tracking direct.
 */
int docker_recording_open(struct env *e, const struct engine *en, struct err *err);

/* e->reach.ask: the addresses of the container, by its name. */
void docker_recording_make(struct env *e, const struct engine *en);

/*
 * Put to the words of the container: --add-host, mounts at the same path, variables.  What
 * the manifest's `environment` says comes after it and wins.
 */
int docker_recording_add(struct env *e, const struct env_var *added, size_t nadded,
    struct docker_words *w, struct err *err);

#endif
