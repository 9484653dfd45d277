/* SPDX-License-Identifier: MIT */
/* place_fixture.h -- a state directory of a test's own. */
#ifndef PLACE_FIXTURE_H
#define PLACE_FIXTURE_H

#include "base/file.h"

struct place {
	char dir[64];
	struct ctx ctx;
	struct arena arena;
};

static inline int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	if (!p)
		return -1;
	snprintf(p->dir, sizeof(p->dir), "/tmp/mlp-place.XXXXXX");
	if (!mkdtemp(p->dir))
		return -1;
	p->ctx = (struct ctx){.cwd = "/", .state_dir = p->dir, .trace = -1};
	*state = p;
	return 0;
}

static inline int teardown(void **state)
{
	struct place *p = *state;
	struct err err = ERR_INIT;
	tree_remove(p->dir, &err);
	arena_release(&p->arena);
	free(p);
	return 0;
}

#endif
