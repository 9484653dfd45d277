/* SPDX-License-Identifier: MIT */
/*
 * strays.h -- processes of a run whose supervisor is lost.  A process of this user is one
 * of them
 *
 *   - if it bears the run's mark (mark.h), which it has inherited whatever it did;
 *   - or has MLP_RUN_ID=<id> in its environment, which only mlp puts there;
 *   - or is in the session that the run's command was given, provided that this number is
 *     still that session: another process in it is one of the above, or the kernel has not
 *     yet given any number twice;
 *   - or is in the run's control group, where it has one.
 *
 * A process that has taken off its mark and its environment, left the session, and never
 * had a control group, cannot be found.  A number alone says nothing.
 */
#ifndef STRAYS_H
#define STRAYS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/ctx.h"

struct strays {
	const char *run_id;
	pid_t session; /* of the command, noted by its supervisor; 0: not known */
};

/* Is any there, other than ourselves? */
bool strays_exist(const char *run_id);
/*
 * TERM, up to stop_grace(), KILL to all of them but ourselves and our ancestors.
 * Returns how many were sent a signal.  The caller holds the run's lock.
 */
int strays_stop(const struct ctx *ctx, const struct strays *s);

#endif
