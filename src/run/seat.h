/* SPDX-License-Identifier: MIT */
/*
 * seat.h -- a place that one process at a time can have: a lock file.  Children that are
 * forked while it is held hold it, too; it is free when the last of them has ended or let
 * go, however that came about.  Who only looks is in nobody's way.
 */
#ifndef SEAT_H
#define SEAT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/watcher.h"

/* A descriptor to close; -1: ERR_BUSY, somebody has it, or another failure. */
int seat_take(const char *path, struct err *err);
bool seat_is_taken(const char *path);

/* Readable once it is free. */
int seat_watch(struct watcher *w, const char *path, struct err *err);

#endif
