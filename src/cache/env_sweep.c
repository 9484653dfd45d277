/* SPDX-License-Identifier: MIT */
/* env_sweep.c -- environments, and what killed makers left of some. */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/lockfile.h"
#include "base/path.h"
#include "cache/environments.h"
#include "cache/sweep.h"
#include "env/venv.h"

static void sweep_one(
    struct sweep *s, const struct environments *all, const struct environment *env)
{
	const char *kind = environment_word(env->kind);
	const char *path = env->kind == MADE_IMAGE ? env->name : env->path;
	struct err err = ERR_INIT;
	if (env->in_use)
		sweep_keep(s, kind, path, env->used, sweep_in_use);
	else if (!sweep_is_old(s, kind, path, env->used))
		return;
	else if (s->rq->dry_run || environment_remove(all, env, &err) == 0)
		sweep_removed(s, kind, path, env->used, env->bytes);
	else if (err.code == ERR_BUSY)
		sweep_keep(s, kind, path, env->used, sweep_in_use);
	else
		sweep_failed(s, &err);
}

/* Half of a virtual environment, whose maker is gone. */
static void sweep_half(struct sweep *s, const char *dir)
{
	const char *lock = arena_printf(s->a, "%s.making", dir);
	const char *mark = path_join(s->a, dir, VENV_MARK);
	struct err err = ERR_INIT;
	auto_fd fd = -1;
	int rc = s->rq->dry_run && !path_exists(lock)
		     ? 1
		     : lockfile_try(lock, !s->rq->dry_run, &fd, &err);
	if (rc < 0)
		sweep_failed(s, &err);
	else if (rc == 0)
		sweep_keep(s, "temporary", dir, sweep_time(dir), sweep_in_use);
	else if (!path_exists(mark))
		sweep_remove(s, "temporary", dir, sweep_time(dir));
	if (rc == 1)
		sweep_unlink(s, lock);
}

/* A lock whose environment is gone. */
static void sweep_lock(struct sweep *s, const char *lock, const char *of)
{
	struct err ignored = ERR_INIT;
	auto_fd fd = -1;
	if (!path_exists(of) && lockfile_try(lock, false, &fd, &ignored) == 1 &&
	    !path_exists(of))
		sweep_unlink(s, lock);
}

/* Of the one that builds an image, who removes it at the end: nobody else has a use for it. */
static void sweep_build_lock(struct sweep *s, const char *lock)
{
	struct err ignored = ERR_INIT;
	auto_fd fd = -1;
	if (lockfile_try(lock, false, &fd, &ignored) == 1)
		sweep_remove(s, "temporary", lock, sweep_time(lock));
	else if (path_exists(lock))
		sweep_keep(s, "temporary", lock, sweep_time(lock), sweep_in_use);
}

static const char *without(struct sweep *s, const char *path, const char *end)
{
	return arena_strndup(s->a, path, strlen(path) - strlen(end));
}

static void sweep_rest(struct sweep *s)
{
	const char *envs = path_join(s->a, s->ctx->cache_dir, "envs");
	const char *conda = path_join(s->a, s->ctx->cache_dir, "conda");
	const char *images = path_join(s->a, s->ctx->cache_dir, "images");
	for (const char *const *name = sweep_names(s, envs); *name; name++) {
		const char *path = path_join(s->a, envs, *name);
		if (sweep_ends_in(*name, ".lock"))
			sweep_lock(s, path, without(s, path, ".lock"));
		else if (path_is_dir(path) &&
			 !path_exists(path_join(s->a, path, VENV_MARK)))
			sweep_half(s, path);
	}
	for (const char *const *name = sweep_names(s, conda); *name; name++) {
		const char *path = path_join(s->a, conda, *name);
		if (sweep_ends_in(*name, ".lock"))
			sweep_lock(s, path,
			    arena_printf(s->a, "%s.json", without(s, path, ".lock")));
	}
	for (const char *const *name = sweep_names(s, images); *name; name++)
		if (sweep_ends_in(*name, ".lock"))
			sweep_build_lock(s, path_join(s->a, images, *name));
}

void sweep_environments(struct sweep *s)
{
	struct environments all;
	environments_find(&all, s->ctx, s->a);
	for (size_t i = 0; i < all.n; i++)
		sweep_one(s, &all, &all.v[i]);
	if (s->ctx->cache_dir)
		sweep_rest(s);
}
