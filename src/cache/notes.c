/* SPDX-License-Identifier: MIT */
/*
 * notes.c -- what is known of the Pythons and images here (env/python.h,
 * env/docker_launch.c): small files, asked for again where they are missed, whose time is
 * that of their last use.
 */
#include "base/path.h"
#include "cache/sweep.h"

static void sweep_dir(struct sweep *s, const char *below)
{
	const char *dir = path_join(s->a, s->ctx->cache_dir, below);
	for (const char *const *name = sweep_names(s, dir); *name; name++) {
		const char *path = path_join(s->a, dir, *name);
		int64_t used = sweep_time(path);
		if (used >= 0 && sweep_is_old(s, "note", path, used))
			sweep_remove(s, "note", path, used);
	}
}

void sweep_notes(struct sweep *s)
{
	sweep_dir(s, "pythons");
	sweep_dir(s, "docker/shells");
}
