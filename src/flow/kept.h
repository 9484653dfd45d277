/* SPDX-License-Identifier: MIT */
/*
 * kept.h -- what a process that launches many runs keeps from one to the next: the open
 * store, manifests that have not changed, commits that were fetched.
 */
#ifndef KEPT_H
#define KEPT_H

#include <sys/stat.h>

#include "base/json.h"
#include "flow/manifests.h"
#include "track/store.h"

/* What a version of a git project was when it was first fetched. */
struct pin {
	const char *uri, *version;   /* as given; version may be NULL */
	const char *commit, *branch; /* branch may be NULL */
};

/* The zero value keeps nothing. */
struct kept {
	pthread_mutex_t *writer;  /* borrowed: of those that write into the same store */
	struct store *store;	  /* open, or NULL */
	struct tracking tracking; /* where; strings in store_arena */
	struct arena store_arena;
	dev_t dev; /* of the file that is open */
	ino_t ino;
	struct manifests manifests;
	struct pin *pins; /* in pin_arena */
	size_t npins;
	struct arena pin_arena;
	/*
	 * Told, where it is set, when the command of a run has ended well and nothing more
	 * of that run is started: only its record is to be closed yet.
	 */
	void (*command_done)(void *arg);
	void *arg;
};

/*
 * The store that is kept, opened if it is another one or its file is not the same any
 * more; the kept's to close.  *fresh: it was opened just now.
 */
int kept_store(struct kept *k, const struct ctx *ctx, const struct tracking *t,
    struct store **out, bool *fresh, struct err *err);
/* NULL: it was not fetched yet. */
const struct pin *kept_pin(const struct kept *k, const char *uri, const char *version);
/* Copied; one that is there stays. */
void kept_add_pin(struct kept *k, const struct pin *pin);
/* {uri, version, commit, branch}; the pin's texts are borrowed from j.  -1: it is none. */
cJSON *pin_to_json(const struct pin *pin);
int pin_from_json(const cJSON *j, struct pin *out);
void kept_release(struct kept *k);

#endif
