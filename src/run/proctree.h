/* SPDX-License-Identifier: MIT */
/* proctree.h -- what the processes of living runs use, from one look at /proc. */
#ifndef PROCTREE_H
#define PROCTREE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"

struct proctree {
	struct proctree_row *v; /* sorted by parent; in the arena */
	size_t n;
};

/* Those that cannot be read are left out. */
void proctree_read(struct arena *a, struct proctree *t);
/*
 * Of all that descend from `root`, which is not counted: CPU time with that of children
 * that have been waited for, and resident memory (shared pages count for each).
 */
void proctree_sum(
    const struct proctree *t, pid_t root, int64_t *cpu_time_ms, int64_t *memory_bytes);

#endif
