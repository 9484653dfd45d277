/* SPDX-License-Identifier: MIT */
/*
 * heal.h -- the record cannot lie: a run of this machine and state directory that is
 * marked RUNNING while nobody holds its lock is closed with the truth.
 */
#ifndef HEAL_H
#define HEAL_H

#include "track/store.h"

/*
 * Close what a killed mlp left RUNNING.  Runs of other hosts, other state directories and
 * other programs are left as they are.  A store that cannot be written is no error: then
 * nothing is healed.  Each healed run is told by ctx->say.
 */
void heal_runs(const struct ctx *ctx, struct store *store);

/*
 * An end that the store would not take now (locked, full disk) is kept in the run's state
 * directory; the next mlp that heals writes it down.
 */
int heal_keep_end(const char *state_dir, enum run_status status, int64_t end_time,
    const struct kvs *tags, struct err *err);

#endif
