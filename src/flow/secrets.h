/* SPDX-License-Identifier: MIT */
/* secrets.h -- what the kept output of a run's command must not show. */
#ifndef SECRETS_H
#define SECRETS_H

#include "plan/plan.h"

enum { SECRET_MIN = 6 }; /* shorter values are too common to be masked */

/*
 * The values of variables that are copied from the host by name for this run, where the
 * name speaks of a secret (base/secret.h): of the entry point's `env`, of docker_env's
 * `environment` and of -A env=; in docker also the credentials of artifact stores.
 * Borrowed from the environment; the array is in the arena.
 */
const char *const *secrets_of(struct arena *a, const struct plan *p, size_t *n);

#endif
