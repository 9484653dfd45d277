/* SPDX-License-Identifier: MIT */
#include "git/subfetch.h"

#include <poll.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/helper.h"
#include "base/libexec.h"
#include "base/path.h"
#include "base/trace.h"

enum { AT_ONCE = 8, STALL_MS = 30 * 1000, WAKE_MS = 200, SHOW_MS = 100 };

struct fetch {
	const struct submodule *m;
	struct helper helper;
	bool greeted;
	int64_t heard; /* when, on clock_mono_ms() */
	long long bytes;
};

struct fetching {
	struct arena *a;
	const struct request *rq;
	struct submodule *const *v;
	size_t n, next; /* those before `next` were started */
	size_t done;
	struct fetch at[AT_ONCE]; /* helper.pid -1: free */
	struct fetch *current;	  /* whose event is being looked at */
	struct ctx ctx;
	struct meter *meter;
	int64_t shown, limit;
	long long bytes; /* of those that are done */
	struct err *err;
};

static void on_say(void *arg, enum say_level level, const char *text)
{
	(void)arg;
	if (level == SAY_WARNING)
		event_warning("%s", text);
}

static void on_progress(void *arg, const struct progress *p)
{
	struct fetching *f = arg;
	if (p->bytes > f->current->bytes)
		f->current->bytes = p->bytes;
}

/* Whatever moves is a sign of life, also where no figure of ours does. */
static void show(struct fetching *f)
{
	int64_t now = clock_mono_ms();
	long long bytes = f->bytes;
	if (now - f->shown < SHOW_MS && f->done < f->n)
		return;
	for (size_t i = 0; i < AT_ONCE; i++)
		bytes += f->at[i].helper.pid > 0 ? f->at[i].bytes : 0;
	f->shown = now;
	f->meter->what = NULL;
	event_progress(
	    f->meter, "fetching submodules", (long long)f->done, (long long)f->n, bytes);
}

static bool is_same_url(const struct submodule *a, const struct submodule *b)
{
	return strcmp(a->url, b->url) == 0;
}

/* The first of its URL and commit fetches for all. */
static bool is_repeated(const struct fetching *f, size_t which)
{
	for (size_t i = 0; i < which; i++)
		if (is_same_url(f->v[i], f->v[which]) &&
		    git_oid_equal(&f->v[i]->commit, &f->v[which]->commit))
			return true;
	return false;
}

/* What we were asked goes on to them, but for what differs. */
static cJSON *make_request(const struct request *rq, const struct submodule *m)
{
	static const char *const ours[] = {"op", "url", "repo", "origin", "host",
	    "version", "tree", "tree_is_file", "subdir", "dest", "reuse"};
	char hex[GIT_OID_HEXSZ + 1];
	cJSON *out = cJSON_Duplicate(rq->json, true);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(out, ours[i]);
	json_put_str(out, "op", "fetch");
	json_put_str(out, "url", m->url);
	json_put_str(out, "origin", m->origin);
	json_put_str(out, "host", m->host);
	json_put_str(out, "version", git_oid_tostr(hex, sizeof(hex), &m->commit));
	return out;
}

static int start(struct fetching *f, struct fetch *slot, const struct submodule *m)
{
	auto_json rq = make_request(f->rq, m);
	*slot = (struct fetch){.m = m, .helper = HELPER_INIT, .heard = clock_mono_ms()};
	if (helper_start(&f->ctx, "mlp-git", rq, &slot->helper, f->err) < 0)
		return submodule_blame(m, f->err);
	return 0;
}

static int start_more(struct fetching *f)
{
	for (size_t i = 0; i < AT_ONCE; i++) {
		if (f->at[i].helper.pid > 0)
			continue;
		while (f->next < f->n && is_repeated(f, f->next)) {
			f->next++;
			f->done++;
		}
		if (f->next < f->n && start(f, &f->at[i], f->v[f->next++]) < 0)
			return -1;
	}
	return 0;
}

/* 1: it is done, 0: not yet, -1. */
static int take_events(struct fetching *f, struct fetch *at)
{
	int rc;
	f->current = at;
	for (;;) {
		auto_json ev = NULL;
		rc = helper_next(&at->helper, &ev, f->err);
		if (rc <= 0)
			return rc;
		rc = at->greeted ? helper_take(&f->ctx, &at->helper, ev, f->err)
				 : helper_check_hello(&at->helper, ev, f->err);
		if (rc != 0)
			return rc;
		at->greeted = true;
	}
}

static int hear(struct fetching *f, struct fetch *at)
{
	int rc = helper_read(&at->helper, f->err);
	at->heard = clock_mono_ms();
	if (rc > 0)
		rc = take_events(f, at);
	else if (rc == 0)
		rc = err_set(f->err, ERR_FAIL, "mlp-git ended without an answer");
	if (rc == 0)
		return 0;
	helper_stop(&at->helper);
	if (rc < 0)
		return submodule_blame(at->m, f->err);
	f->done++;
	f->bytes += at->bytes;
	return 0;
}

static int check_silence(struct fetching *f, const struct fetch *at)
{
	auto_buf t = BUF_INIT;
	if (f->limit == 0 || clock_mono_ms() - at->heard < f->limit)
		return 0;
	clock_format_duration(&t, f->limit);
	err_set(f->err, ERR_FAIL, "'%s' gave no sign of life for %s", at->m->host, t.s);
	err_hint(f->err, "MLP_STALL_TIMEOUT=SECONDS sets another limit");
	return submodule_blame(at->m, f->err);
}

/* Our parent's patience must last longer than ours, which knows whose silence it is. */
static void keep_alive(struct fetching *f)
{
	if (f->limit > 0 && clock_mono_ms() - f->shown > f->limit / 2)
		show(f);
}

static int wait_for_one(struct fetching *f)
{
	struct pollfd p[AT_ONCE];
	for (size_t i = 0; i < AT_ONCE; i++)
		p[i] = (struct pollfd){.fd = f->at[i].helper.from, .events = POLLIN};
	if (poll(p, AT_ONCE, WAKE_MS) < 0 && errno != EINTR)
		return err_sys(f->err, errno, "cannot wait for mlp-git");
	for (size_t i = 0; i < AT_ONCE; i++) {
		if (p[i].fd < 0)
			continue;
		if (p[i].revents ? hear(f, &f->at[i]) < 0
				 : check_silence(f, &f->at[i]) < 0)
			return -1;
		if (p[i].revents)
			show(f);
	}
	keep_alive(f);
	return 0;
}

int subfetch_all(struct arena *a, const struct request *rq, struct submodule *const *v,
    size_t n, struct meter *meter, struct err *err)
{
	struct fetching f = {
	    .a = a, .rq = rq, .v = v, .n = n, .meter = meter, .err = err};
	int rc;
	f.ctx = (struct ctx){.trace = -1, .say = on_say, .progress = on_progress};
	f.ctx.arg = &f;
	f.ctx.libexec = path_dir(a, libexec_own_program(a));
	f.ctx.trace = trace_open(&f.ctx);
	f.limit = helper_stall_limit(STALL_MS);
	for (size_t i = 0; i < AT_ONCE; i++)
		f.at[i].helper = (struct helper)HELPER_INIT;
	rc = start_more(&f);
	while (rc == 0 && f.done < f.n) {
		rc = wait_for_one(&f);
		if (rc == 0)
			rc = start_more(&f);
	}
	for (size_t i = 0; i < AT_ONCE; i++)
		helper_stop(&f.at[i].helper);
	fd_close(&f.ctx.trace);
	return rc;
}
