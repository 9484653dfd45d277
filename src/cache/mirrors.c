/* SPDX-License-Identifier: MIT */
/* mirrors.c -- the repositories that follow a URL. */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/lockfile.h"
#include "base/path.h"
#include "cache/sweep.h"

static const char kind[] = "mirror";

static void sweep_one(struct sweep *s, const char *mirror, const char *lock)
{
	int64_t used = sweep_time(lock);
	struct err err = ERR_INIT;
	auto_fd fd = -1;
	int rc = lockfile_try(lock, false, &fd, &err);
	if (rc < 0)
		ctx_say(s->ctx, SAY_WARNING, "%s", err.msg);
	if (rc != 1) {
		if (path_exists(mirror))
			sweep_keep(s, kind, mirror, used, sweep_in_use);
		return;
	}
	used = sweep_time(lock);
	if (!path_exists(mirror) ||
	    (sweep_is_old(s, kind, mirror, used) && sweep_remove(s, kind, mirror, used)))
		sweep_unlink(s, lock);
}

void sweep_mirrors(struct sweep *s)
{
	const char *dir = path_join(s->a, s->ctx->cache_dir, "git");
	for (const char *const *name = sweep_names(s, dir); *name; name++) {
		const char *lock = path_join(s->a, dir, *name);
		if (sweep_ends_in(*name, ".git.lock"))
			sweep_one(s,
			    arena_strndup(s->a, lock, strlen(lock) - strlen(".lock")),
			    lock);
	}
}
