/* SPDX-License-Identifier: MIT */
#include "cache/sweep.h"

#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/lockfile.h"

const char sweep_in_use[] = "in use";

int64_t sweep_time(const char *path)
{
	struct stat st;
	if (lstat(path, &st) < 0)
		return -1;
	return (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
}

static struct gc_item make_item(
    struct sweep *s, const char *kind, const char *path, int64_t used)
{
	int64_t age = s->now - used;
	return (struct gc_item){.kind = kind,
	    .path = arena_strdup(s->a, path),
	    .bytes = -1,
	    .age_ms = age > 0 ? age : 0};
}

void sweep_keep(
    struct sweep *s, const char *kind, const char *path, int64_t used, const char *why)
{
	struct gc_result *r = s->out;
	ARENA_GROW(s->a, r->kept, r->nkept);
	r->kept[r->nkept] = make_item(s, kind, path, used);
	r->kept[r->nkept++].kept = why;
}

bool sweep_is_old(struct sweep *s, const char *kind, const char *path, int64_t used)
{
	if (s->now - used >= s->rq->older_than_ms)
		return true;
	sweep_keep(s, kind, path, used, "used lately");
	return false;
}

void sweep_removed(
    struct sweep *s, const char *kind, const char *path, int64_t used, int64_t bytes)
{
	struct gc_result *r = s->out;
	ARENA_GROW(s->a, r->removed, r->nremoved);
	r->removed[r->nremoved] = make_item(s, kind, path, used);
	r->removed[r->nremoved++].bytes = bytes;
	r->bytes += bytes;
}

void sweep_failed(struct sweep *s, const struct err *err)
{
	ctx_say(s->ctx, SAY_WARNING, "%s", err->msg);
	s->out->failed++;
}

bool sweep_remove(struct sweep *s, const char *kind, const char *path, int64_t used)
{
	struct err err = ERR_INIT;
	int64_t bytes = usage_measure(&s->usage, path);
	if (!s->rq->dry_run) {
		int rc = tree_remove(path, &err);
		usage_release(&s->usage); /* the kernel counts what is gone */
		if (rc < 0) {
			sweep_failed(s, &err);
			return false;
		}
	}
	sweep_removed(s, kind, path, used, bytes);
	return true;
}

int sweep_try_lock(struct sweep *s, const char *lock, int *fd)
{
	struct err err = ERR_INIT;
	int rc;
	if (s->rq->dry_run && !path_exists(lock))
		return 1;
	rc = lockfile_try(lock, !s->rq->dry_run, fd, &err);
	if (rc < 0)
		ctx_say(s->ctx, SAY_WARNING, "%s", err.msg);
	return rc;
}

void sweep_unlink(struct sweep *s, const char *path)
{
	if (!s->rq->dry_run)
		unlink(path);
}

const char *const *sweep_names(struct sweep *s, const char *dir)
{
	auto_dir d = opendir(dir);
	struct dirent *e;
	const char **v = NULL;
	size_t n = 0;
	while (d && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		ARENA_GROW(s->a, v, n);
		v[n++] = arena_strdup(s->a, e->d_name);
	}
	ARENA_GROW(s->a, v, n);
	v[n] = NULL;
	return v;
}

bool sweep_ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);
	return n > m && strcmp(name + n - m, end) == 0;
}
