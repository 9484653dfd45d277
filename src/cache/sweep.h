/* SPDX-License-Identifier: MIT */
/*
 * sweep.h -- one pass of the collector: what every kind of thing (checkouts.c, mirrors.c,
 * downloads.c, notes.c, states.c) has in common.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include "base/strvec.h"
#include "cache/gc.h"
#include "cache/usage.h"

struct sweep {
	const struct ctx *ctx;
	struct arena *a;
	const struct gc_request *rq;
	struct gc_result *out;
	int64_t now; /* ms since the epoch */
	struct usage usage;
	struct strvec queued; /* of mirrors' names, see sweep_note_queued */
};

extern const char sweep_in_use[];

/* When a file or directory was last changed, ms; -1: it is not there. */
int64_t sweep_time(const char *path);
/* Is it long enough since?  If not, it is noted as kept. */
bool sweep_is_old(struct sweep *s, const char *kind, const char *path, int64_t used);
void sweep_keep(
    struct sweep *s, const char *kind, const char *path, int64_t used, const char *why);
/* The caller holds its lock.  True: it is gone; also, in a dry run, where it would be. */
bool sweep_remove(struct sweep *s, const char *kind, const char *path, int64_t used);
/* It is gone, all or part of it, or in a dry run would be. */
void sweep_removed(
    struct sweep *s, const char *kind, const char *path, int64_t used, int64_t bytes);
/* It could not be removed. */
void sweep_failed(struct sweep *s, const struct err *err);
/*
 * The lock of what is looked at, for as long as we look; one that is gone is made again.
 * 1: locked (*fd), or a dry run and there is none; 0: in use; -1: it was said why.
 */
int sweep_try_lock(struct sweep *s, const char *lock, int *fd);
/* A file that nobody would miss; nothing in a dry run. */
void sweep_unlink(struct sweep *s, const char *path);

/* queued.c: find the mirrors that queued runs need; is this one of them? */
void sweep_note_queued(struct sweep *s);
bool sweep_is_queued(const struct sweep *s, const char *mirror);

/* The names in a directory, but for "." and ".."; NULL-terminated. */
const char *const *sweep_names(struct sweep *s, const char *dir);
/* `name` ends in `end`, and has something before it. */
bool sweep_ends_in(const char *name, const char *end);

void sweep_checkouts(struct sweep *s);
void sweep_mirrors(struct sweep *s);
void sweep_downloads(struct sweep *s);
void sweep_environments(struct sweep *s);
void sweep_notes(struct sweep *s);
void sweep_states(struct sweep *s);

#endif
