/* SPDX-License-Identifier: MIT */
/* given.h -- what a request left out is empty text, where MLflow takes it for that. */
#ifndef GIVEN_H
#define GIVEN_H

#include "track/record.h"

static inline const char *given(const char *s)
{
	return s ? s : "";
}

static inline struct kvs kvs_given(struct arena *a, const struct kvs *from)
{
	struct kvs out = {arena_array(a, from->n, sizeof(*out.v)), from->n};
	for (size_t i = 0; i < from->n; i++)
		out.v[i] = (struct kv){given(from->v[i].key), given(from->v[i].value)};
	return out;
}

#endif
