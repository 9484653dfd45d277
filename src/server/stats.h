/* SPDX-License-Identifier: MIT */
/* stats.h -- what /metrics tells, as Prometheus reads it. */
#ifndef STATS_H
#define STATS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"

enum { STATS_BOUNDS = 9 };

struct stats {
	atomic_ullong status[6];		/* by status / 100 */
	atomic_ullong within[STATS_BOUNDS + 1]; /* each request once, by its duration */
	atomic_ullong us, bytes_in, bytes_out, repeats;
	atomic_llong active, connections;
	int64_t started; /* ms since the epoch */
};

void stats_count(struct stats *s, int status, int64_t us, int64_t in, int64_t out);
void stats_print(const struct stats *s, struct buf *out);

#endif
