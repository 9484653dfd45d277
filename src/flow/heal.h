/* SPDX-License-Identifier: MIT */
/*
 * heal.h -- the record cannot lie: a run of this machine and state directory that is
 * marked RUNNING while nobody holds its lock is closed with the truth.
 */
#ifndef HEAL_H
#define HEAL_H

#include <stdbool.h>

#include "track/store.h"

/*
 * Close what a killed mlp left, of the runs that the state directory knows: each in its
 * own store, with what is left of its processes stopped, and its card archived.  Runs of
 * other hosts, other state directories and other programs are left as they are, also those
 * that mlp had ended and that another program resumed.  A store that cannot be written
 * (or is locked for longer than a second) is no error: the end is kept until it can.
 * Each healed run is told by ctx->say.
 *
 * Costs an open() for each run that lives, and one for each that left its logs there.
 */
void heal_runs(const struct ctx *ctx);

/*
 * The same for runs that are about to be shown, which need no state directory any more
 * (somebody may have removed it).  True: at least one was closed, read them again.
 */
bool heal_shown(
    const struct ctx *ctx, struct store *store, const struct run_record *runs, size_t n);

/*
 * An end that the store would not take now (locked, full disk) is kept in the run's state
 * directory; the next mlp that heals writes it down.
 */
int heal_keep_end(const char *state_dir, enum run_status status, int64_t end_time,
    const struct kvs *tags, struct err *err);

#endif
