/* SPDX-License-Identifier: MIT */
/*
 * turn.h -- who makes an environment and who waits for it: one lock file for each.
 *
 * Whoever makes or removes it holds the lock alone; runs that use it share it for as long
 * as they live, so that nobody removes it under them.  The file's time is that of the last
 * use.
 */
#ifndef TURN_H
#define TURN_H

#include "env/env.h"

/*
 * Open the lock file (made with its directory, if need be) and take it: alone, or shared.
 * While another has it, that is said once, and ERR_INTERRUPTED ends the wait.  `what` is
 * the environment, in words.  *fd is the caller's to close, which gives it back.
 */
int turn_take(struct env *e, const char *path, bool alone, const char *what, int *fd,
    struct err *err);

#endif
