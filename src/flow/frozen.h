/* SPDX-License-Identifier: MIT */
/*
 * frozen.h -- a project as it was when a run of it was queued: what is edited later does
 * not change that run.
 *
 * Of a git project that is its commit, which is in the mirror, and those of its submodules,
 * in theirs.  A directory, or what was
 * unpacked from an archive, is copied to <state>/queue/trees/<SHA-256 of it>, once for the
 * same content, and from there, when a run of it begins, to a place of the run's own,
 * which is like a checkout in every way.
 */
#ifndef FROZEN_H
#define FROZEN_H

#include "base/json.h"
#include "source/source.h"

/* More of a directory is not copied: links to its biggest parts stand for them. */
enum { FROZEN_MOST_MB = 100 };

/* Strings are borrowed. */
struct frozen {
	const char *tree;    /* its name in trees/; NULL: the commit says it all */
	const char *place;   /* of the project in it: "" at its top */
	const char *mirrors; /* of submodules: source_bring */
	/* for the record, as in struct source */
	enum source_kind kind;
	const char *uri, *subdir, *version, *commit, *branch, *repo_url, *sha256;
	int dirty;
};

/* What is known of a project whose tree is at p->source (and facts, if it has any). */
void frozen_note(const struct source *s, struct frozen *f);
/*
 * Keep a copy of the tree at `root`, of which `project` is a directory or it itself;
 * fills in tree and place.  `leave_out` as in treecopy.h.  What is only linked is said by
 * ctx->say; in a container (of the run) there is none of it.  The copy is on disk when this returns; nothing of it belongs to a run before
 * frozen_hold.
 */
int frozen_keep(const struct ctx *ctx, struct arena *a, const char *root,
    const char *project, char *const *leave_out, bool container, struct frozen *f,
    struct err *err);

/*
 * The queued run needs that tree.  ERR_NOTFOUND: it is not there (any more).  Let it go;
 * who was the last one to do so removes it.  Both under the queue's lock.
 */
int frozen_hold(
    const struct ctx *ctx, const struct frozen *f, const char *run_id, struct err *err);
void frozen_drop(const struct ctx *ctx, const char *tree, const char *run_id);
/*
 * It is no more in the queue, and goes on to need it, also for later attempts: until the
 * descriptor is closed (-1: no tree).  f may be NULL.
 */
int frozen_use(const struct ctx *ctx, const struct frozen *f, const char *run_id);
/*
 * Let go for the runs that `needs` says no of, and that nobody uses
 * (their supervisor was killed), and remove
 * what nobody has ever needed.  Under the queue's lock.
 */
void frozen_sweep(
    const struct ctx *ctx, bool (*needs)(void *arg, const char *run_id), void *arg);

/* Where the tree of that name is. */
char *frozen_path(const struct ctx *ctx, struct arena *a, const char *tree);

/*
 * Bring the project to where a run of it can have it.  `uri` and `version` as it was given.
 * The caller owes lease_end or lease_drop.
 */
int frozen_fetch(const struct ctx *ctx, struct arena *a, const struct frozen *f,
    const char *uri, const char *version, struct source *out, struct err *err);

/* One object, and back: strings are borrowed from it, or in the arena.  -1: it is none. */
cJSON *frozen_to_json(const struct frozen *f);
int frozen_from_json(const cJSON *j, struct arena *a, struct frozen *out);

#endif
