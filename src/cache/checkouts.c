/* SPDX-License-Identifier: MIT */
/* checkouts.c -- what runs have run in, and the snapshots of it. */
#include <fcntl.h>
#include <sys/file.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/inside.h"
#include "base/lockfile.h"
#include "base/path.h"
#include "cache/sweep.h"
#include "source/lease.h"

static const char kind[] = "checkout";

/* One that grows; nobody will finish it whose lock is free, however young it is. */
static void sweep_growing(struct sweep *s, const char *path)
{
	auto_fd fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		sweep_keep(s, "temporary", path, sweep_time(path), sweep_in_use);
	else
		sweep_remove(s, "temporary", path, sweep_time(path));
}

/* A lock of what is no more.  Who opens it just now finds out and makes another. */
static void sweep_lock(struct sweep *s, const char *lock)
{
	const char *root = arena_strndup(s->a, lock, strlen(lock) - strlen(".lock"));
	struct err ignored = ERR_INIT;
	auto_fd fd = -1;
	if (!path_exists(root) && lockfile_try(lock, false, &fd, &ignored) == 1 &&
	    !path_exists(root))
		sweep_unlink(s, lock);
}

static void sweep_one(struct sweep *s, const char *root)
{
	const char *lock = lease_lock_path(s->a, root);
	bool had_lock = path_exists(lock);
	auto_fd fd = -1;
	int64_t used = sweep_time(had_lock ? lock : root);
	if (sweep_try_lock(s, lock, &fd) != 1 || process_inside(root)) {
		sweep_keep(s, kind, root, used, sweep_in_use);
		return;
	}
	used = had_lock ? sweep_time(lock) : used; /* its run may just have ended */
	if (!path_exists(root) ||
	    (sweep_is_old(s, kind, root, used) && sweep_remove(s, kind, root, used)) ||
	    !had_lock) /* ours, and it would make the checkout young */
		sweep_unlink(s, lock);
}

/* Of checkouts that are gone, or belong to nobody. */
static void sweep_snapshots(struct sweep *s, const char *checkouts, const char *dir)
{
	for (const char *const *name = sweep_names(s, dir); *name; name++) {
		size_t n = strlen(*name) - (sweep_ends_in(*name, ".index") ? 6 : 0);
		const char *root =
		    path_join(s->a, checkouts, arena_strndup(s->a, *name, n));
		struct err ignored = ERR_INIT;
		auto_fd fd = -1;
		bool free = lockfile_try(
				lease_lock_path(s->a, root), false, &fd, &ignored) == 1 ||
			    !path_exists(lease_lock_path(s->a, root));
		if (free && !path_exists(root))
			sweep_unlink(s, path_join(s->a, dir, *name));
	}
	if (!s->rq->dry_run)
		rmdir(dir); /* when it is empty */
}

void sweep_checkouts(struct sweep *s)
{
	const char *dir = path_join(s->a, s->ctx->cache_dir, "checkouts");
	const char *clean = path_join(s->a, s->ctx->cache_dir, "clean");
	for (const char *const *name = sweep_names(s, dir); *name; name++) {
		const char *path = path_join(s->a, dir, *name);
		if (sweep_ends_in(*name, ".lock"))
			sweep_lock(s, path);
		else if (sweep_ends_in(*name, ".mlp-tmp"))
			sweep_growing(s, path);
		else
			sweep_one(s, path);
	}
	for (const char *const *key = sweep_names(s, clean); *key; key++)
		sweep_snapshots(s, dir, path_join(s->a, clean, *key));
}
