/* SPDX-License-Identifier: MIT */
/*
 * queued.c -- the mirrors of runs that wait in the queue, their submodules' too: the commit
 * that such a run is of may be nowhere else by the time that it begins.
 */
#include "base/cleanup.h"
#include "base/path.h"
#include "base/urltext.h"
#include "cache/sweep.h"
#include "flow/queue.h"
#include "source/source.h"

/* The hash of a name, or several of them. */
static void add(struct sweep *s, const char *hashes)
{
	for (size_t i = 0; i < s->queued.n; i++)
		if (strcmp(s->queued.v[i], hashes) == 0)
			return;
	strvec_push(&s->queued, hashes);
}

static void add_mirrors(struct sweep *s, const struct queue_work *w)
{
	auto_arena a = ARENA_INIT;
	const struct frozen *f = w->rq.frozen;
	struct source_uri u;
	struct err ignored = ERR_INIT;
	if (!f || f->tree || !w->cwd || !w->rq.uri ||
	    source_parse(&a, w->cwd, w->rq.uri, w->rq.version, &u, &ignored) < 0 ||
	    !u.origin)
		return;
	add(s, url_file_hash(&a, u.origin));
	if (f->mirrors)
		add(s, f->mirrors);
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
		add_mirrors(s, &w);
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
	const char *name = strrchr(path_base(mirror), '-');
	const char *hash =
	    name ? arena_strndup(s->a, name + 1, strcspn(name + 1, ".")) : "";
	for (size_t i = 0; *hash && i < s->queued.n; i++)
		if (strstr(s->queued.v[i], hash))
			return true;
	return false;
}
