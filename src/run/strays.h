/* SPDX-License-Identifier: MIT */
/*
 * strays.h -- processes of a run whose supervisor is lost: those of this user that have
 * MLP_RUN_ID=<id> in their environment, which only mlp puts there.
 */
#ifndef STRAYS_H
#define STRAYS_H

#include <stdbool.h>

#include "base/ctx.h"

/* Is any there, other than ourselves? */
bool strays_exist(const char *run_id);
/*
 * TERM, up to stop_grace(), KILL to all of them but ourselves and our ancestors.
 * Returns how many were sent a signal.  The caller holds the run's lock.
 */
int strays_stop(const struct ctx *ctx, const char *run_id);

#endif
