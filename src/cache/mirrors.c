/* SPDX-License-Identifier: MIT */
/* mirrors.c -- the repositories that follow a URL. */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "cache/sweep.h"

static const char kind[] = "mirror";
static const char queued[] = "a run that is queued needs it";

static void sweep_one(struct sweep *s, const char *mirror)
{
	const char *lock = arena_printf(s->a, "%s.lock", mirror);
	const char *damaged = arena_printf(s->a, "%s.damaged", mirror);
	bool had_lock = path_exists(lock);
	int64_t used = sweep_time(had_lock ? lock : mirror);
	auto_fd fd = -1;
	if (sweep_try_lock(s, lock, &fd) != 1) {
		if (path_exists(mirror))
			sweep_keep(s, kind, mirror, used, sweep_in_use);
		return;
	}
	if (sweep_is_queued(s, mirror)) {
		if (path_exists(mirror))
			sweep_keep(s, kind, mirror, used, queued);
		return;
	}
	used = had_lock ? sweep_time(lock) : used;
	if (path_exists(damaged))
		sweep_remove(s, "temporary", damaged, sweep_time(damaged));
	if (!path_exists(mirror) ||
	    (sweep_is_old(s, kind, mirror, used) &&
		sweep_remove(s, kind, mirror, used)) ||
	    !had_lock)
		sweep_unlink(s, lock);
}

static bool has_lock(struct sweep *s, const char *path)
{
	return path_exists(arena_printf(s->a, "%s.lock", path));
}

/* By its lock, which outlives a mirror that is on its way out; else by itself. */
void sweep_mirrors(struct sweep *s)
{
	const char *dir = path_join(s->a, s->ctx->cache_dir, "git");
	sweep_note_queued(s);
	for (const char *const *name = sweep_names(s, dir); *name; name++) {
		const char *path = path_join(s->a, dir, *name);
		if (sweep_ends_in(*name, ".git.lock"))
			sweep_one(
			    s, arena_strndup(s->a, path, strlen(path) - strlen(".lock")));
		else if (sweep_ends_in(*name, ".git") && !has_lock(s, path))
			sweep_one(s, path);
	}
}
