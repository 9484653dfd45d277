/* SPDX-License-Identifier: MIT */
/*
 * cgroup.h -- a control group for the processes of one run, named mlp-<run id>: in version
 * 1 one below our own in the hierarchy of each controller, in version 2 one below or
 * beside our own.  Beside: where groups that hold processes may not hand controllers on,
 * and only while ours has no limit that would be escaped so.
 */
#ifndef CGROUP_H
#define CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum { CGROUP_DIRS = 2 };

struct cgroup {
	struct cgroup_dir {
		char *path; /* owned */
		int procs;  /* its cgroup.procs, for who joins */
	} v[CGROUP_DIRS];
	size_t n;
	int version;	  /* 1 or 2; 0: there is none */
	bool has_memory;  /* the limit of memory is in force */
	bool has_cpus;	  /* that of processors, too */
	char *memory_dir; /* one of v; NULL: nothing counts its memory */
};

/*
 * Where a group may be made, from the texts of /proc/self/mountinfo and
 * /proc/self/cgroup: directories in the arena, NULL where there is none that we can see.
 * Pure.
 */
struct cgroup_place {
	const char *memory, *cpu; /* of version 1: our own */
	const char *unified;	  /* of version 2: our own */
	const char *above;	  /* what contains that one; NULL: it is the topmost */
};
void cgroup_find(
    struct arena *a, const char *mountinfo, const char *self, struct cgroup_place *out);

/*
 * Make the group and set what can be set of the limits (0: none); what could not be is
 * told by has_memory and has_cpus.  Nothing is left of a group in which nothing is in
 * force (version 0), which is no failure.  The directories are noted in `state_dir` (may
 * be NULL) before they are made.
 */
void cgroup_open(struct cgroup *g, const struct cgroup_place *where, const char *run_id,
    int64_t memory_bytes, double cpus, const char *state_dir);
/* The calling process enters it: async-signal-safe.  0, or -1 with errno. */
int cgroup_join(const struct cgroup *g);
/* The most that it has used, with its files in memory; -1: not known. */
int64_t cgroup_peak(const struct cgroup *g);
/* How many of its processes the kernel has killed as it was out of memory. */
int cgroup_oom_kills(const struct cgroup *g);
/* Kill what is still in it, remove it and the note, free. */
void cgroup_close(struct cgroup *g, const char *state_dir);

/* For those whose supervisor is lost. */

/* Is the process (its number in decimal) in the group of that run, or below it? */
bool cgroup_holds(const char *pid, const char *run_id);
/* Remove the empty groups that are noted in `state_dir`, and the note. */
void cgroup_remove_left(const char *state_dir, const char *run_id);

#endif
