/* SPDX-License-Identifier: MIT */
/*
 * mend.h -- a mirror in which something cannot be read is put aside and fetched anew.
 *
 * It goes to <mirror>.damaged under the mirror's lock, and is removed when there is a new
 * one; when none can be had it comes back, so that what is whole in it is not lost.
 */
#ifndef MEND_H
#define MEND_H

#include "base/arena.h"
#include "base/event.h"

/* Nobody may hold the lock of `mirror` for us.  The next mirror_open fetches all of it. */
int mend_begin(struct arena *a, const char *mirror, struct meter *meter, struct err *err);
/* After that mirror_open. */
void mend_end(struct arena *a, const char *mirror, struct meter *meter);

#endif
