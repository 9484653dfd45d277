/* SPDX-License-Identifier: MIT */
/*
 * repeat.h -- a create that a client sends again because the server died before it had
 * answered: what was made then is the answer.  (Or a rename, a deletion: what was changed
 * then is as it was asked for.)
 *
 * It is taken for that when it was made in the time given, says all that the request says,
 * and nobody has done anything with it since: who had its answer would have.
 */
#ifndef REPEAT_H
#define REPEAT_H

#include "track/record.h"

struct repeat {
	int64_t since, until; /* ms since the epoch: made in between; 0, 0: never */
};

/* Clients give up after some minutes: then there is nothing to look for. */
bool repeat_possible(const struct repeat *r);
static inline bool repeat_within(const struct repeat *r, int64_t made)
{
	return made >= r->since && made <= r->until;
}
/* What is stored under distinct keys is what was asked for, of equal keys the last. */
bool repeat_same_kvs(const struct kvs *stored, const struct kvs *asked);
/* NULL and "" are the same. */
bool repeat_same_text(const char *s, const char *t);

#endif
