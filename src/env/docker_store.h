/* SPDX-License-Identifier: MIT */
/*
 * docker_store.h -- what a command in a container needs of the places where runs are kept:
 * the artifacts' directories at the same path (or what a store elsewhere wants to know
 * who asks), and with --tracking direct the directory of the database.
 */
#ifndef DOCKER_STORE_H
#define DOCKER_STORE_H

#include "env/docker_argv.h"
#include "env/env.h"

/*
 * Put to the words of the container.  The directories are there when this returns, and
 * the container's user may write them, as far as we can see to that.
 */
int docker_store_add(struct env *e, struct docker_words *w, struct err *err);

#endif
