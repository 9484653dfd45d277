/* SPDX-License-Identifier: MIT */
/*
 * docker_recording.h -- how a command in a container records: the way to the run's
 * endpoint, the directories of its artifacts and of its store, the variables that it needs.
 *
 * The order: docker_recording_open (in env_open), docker_recording_add (in env_wrap).
 */
#ifndef DOCKER_RECORDING_H
#define DOCKER_RECORDING_H

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

/*
 * The words of `docker run` for it, to be put before the image's name: mounts at the same
 * path, --add-host, `-e NAME`.  Values are put into envp, the environment of the process
 * that mlp starts, and never into argv.  What the manifest's `environment` says comes after
 * it and wins.
 */
int docker_recording_add(struct env *e, const struct env_var *added, size_t nadded,
    struct strvec *argv, struct strvec *envp, struct err *err);

/*
 * A variable for the container, by its name alone; the value (NULL: as it is there
 * already) goes into envp.  What `docker` itself would take for its own (PATH, HOME,
 * DOCKER_HOST, ...) is handed over in a file that only the user can read.
 */
int docker_give_var(struct env *e, const char *name, const char *value,
    struct strvec *argv, struct strvec *envp, struct err *err);

/* --mount type=bind: any path, unlike -v.  The source must be there. */
void docker_give_mount(
    struct strvec *argv, const char *source, const char *target, bool read_only);

#endif
