/* SPDX-License-Identifier: MIT */
/*
 * queued.c -- the mirrors of runs that wait in the queue: the commit that such a run is of
 * may be nowhere else by the time that it begins.
 */
#include "base/cleanup.h"
#include "cache/sweep.h"
#include "flow/queue.h"
#include "source/cached.h"
#include "source/source.h"

static bool has(const struct strvec *v, const char *text)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->v[i], text) == 0)
			return true;
	return false;
}

static void add_mirror(struct sweep *s, const struct queue_work *w)
{
	auto_arena a = ARENA_INIT;
	const struct frozen *f = w->rq.frozen;
	struct source_uri u;
	struct err ignored = ERR_INIT;
	const char *path;
	if (!f || f->tree || !w->cwd || !w->rq.uri ||
	    source_parse(&a, w->cwd, w->rq.uri, w->rq.version, &u, &ignored) < 0 ||
	    !u.origin)
		return;
	path = cached_mirror(&a, s->ctx->cache_dir, u.origin);
	if (!has(&s->queued, path))
		strvec_push(&s->queued, path);
}

static void add_all(struct sweep *s, enum queue_where where)
{
	auto_arena a = ARENA_INIT;
	struct queue_entry *v;
	struct err err = ERR_INIT;
	size_t n;
	if (queue_list(s->ctx, &a, where, &v, &n, &err) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		auto_arena one = ARENA_INIT;
		struct queue_work w;
		struct err ignored = ERR_INIT;
		if (queue_read(s->ctx, &one, where, &v[i], &w, &ignored) < 0)
			continue;
		add_mirror(s, &w);
		queue_work_release(&w);
	}
}

/* What waits first: a run that is claimed in between is in either place when we look. */
void sweep_note_queued(struct sweep *s)
{
	add_all(s, QUEUE_WAITING);
	add_all(s, QUEUE_CLAIMED);
}

bool sweep_is_queued(const struct sweep *s, const char *mirror)
{
	return has(&s->queued, mirror);
}
