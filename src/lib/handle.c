/* SPDX-License-Identifier: MIT */
#include "lib/handle.h"

#include <errno.h>
#include <signal.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "flow/heal.h"
#include "lib/options.h"
#include "lib/record.h"

static enum handle_state state_of(const struct mlp_handle *h)
{
	return (enum handle_state)__atomic_load_n(&h->state, __ATOMIC_ACQUIRE);
}

static void set_state(struct mlp_handle *h, enum handle_state to)
{
	__atomic_store_n(&h->state, (int)to, __ATOMIC_RELEASE);
}

/* ---- what is told ---- */

static void on_say(void *arg, enum say_level level, const char *text)
{
	const struct mlp_handle *h = arg;
	if (h->m->told.message)
		h->m->told.message(h->arg, (int)level, text);
}

static void on_progress(void *arg, const struct progress *p)
{
	const struct mlp_handle *h = arg;
	context_tell_progress(h->m, h->arg, p);
}

static const char *copy(struct arena *a, const cJSON *ev, const char *name)
{
	const char *s = json_str(ev, name);
	return s ? arena_strdup(a, s) : NULL;
}

/* The record as far as an event tells it, for when the store cannot be asked. */
static struct mlp_record *record_told(const cJSON *ev)
{
	struct mlp_record *r = record_new();
	struct arena *a = record_arena(r);
	const char *word = json_str(ev, "status");
	enum run_status st = RUN_RUNNING;
	if (word)
		run_status_from_word(word, &st);
	r->status = status_to_api(st);
	r->run_id = copy(a, ev, "run_id");
	r->run_name = copy(a, ev, "run_name");
	r->artifact_uri = copy(a, ev, "artifact_uri");
	r->log_dir = copy(a, ev, "log_dir");
	record_fill_exit(r, json_str(ev, "exit"), copy(a, ev, "reason"));
	r->start_time = json_int(ev, "start_time", -1);
	r->end_time = json_int(ev, "end_time", -1);
	return r;
}

static struct mlp_record *record_of(const struct mlp_handle *h, const cJSON *ev)
{
	const char *id = json_str(ev, "run_id");
	struct err err = ERR_INIT;
	struct mlp_record *run = id ? record_load(h->m, id, &err) : NULL;
	if (run)
		return run;
	ctx_say(&h->ctx, SAY_WARNING, "the run cannot be read back: %s",
	    id ? err.msg : "it has no id");
	return record_told(ev);
}

struct mlp_record *handle_record(const struct mlp_handle *h)
{
	struct mlp_record *r = record_of(h, h->end);
	r->stderr_tail = copy(record_arena(r), h->end, "stderr_tail");
	return r;
}

/* A quick command may have ended by now: the start is told as it was. */
static void tell_start(const struct mlp_handle *h, const cJSON *ev)
{
	struct mlp_record *r = record_of(h, ev);
	r->status = MLP_RUNNING;
	r->exit_kind = MLP_EXIT_NONE;
	r->exit_code = r->exit_signal = 0;
	r->reason = NULL;
	r->end_time = -1;
	h->started(h->arg, r);
	mlp_record_free(r);
}

static void take_start(struct mlp_handle *h, const cJSON *ev)
{
	const char *id = json_str(ev, "run_id");
	if (id)
		__atomic_store_n(
		    &h->run_id, arena_strdup(&h->arena, id), __ATOMIC_RELEASE);
	if (!h->first_id)
		__atomic_store_n(&h->first_id, h->run_id, __ATOMIC_RELEASE);
	set_state(h, HANDLE_RECORDED);
	if (h->started)
		tell_start(h, ev);
}

static void say(const struct mlp_handle *h, int level, const cJSON *ev)
{
	const char *text = json_str(ev, "message");
	if (text && h->m->told.message)
		h->m->told.message(h->arg, level, text);
}

/* Takes over the event. */
static void take_event(struct mlp_handle *h, cJSON *taken)
{
	auto_json ev = taken;
	const char *kind = json_str(ev, "event");
	struct err why = ERR_INIT;
	int rc = helper_take(&h->ctx, &h->s.h, ev, &why);
	if (rc > 0 && !h->end)
		h->end = steal_ptr(&ev);
	else if (rc < 0 && !h->why.code)
		h->why = why;
	else if (kind && strcmp(kind, "message") == 0)
		say(h, json_bool(ev, "debug", false) ? MLP_DEBUG : MLP_INFO, ev);
	else if (kind && strcmp(kind, "mistake") == 0)
		say(h, MLP_MISTAKE, ev);
	else if (kind && strcmp(kind, "started") == 0)
		take_start(h, ev);
}

/* ---- its end ---- */

/*
 * The supervisor was lost.  It is gone, and with it its lock: now the truth about its run,
 * if there is one, can be written down.
 */
static void recover(struct mlp_handle *h)
{
	struct err ignored = ERR_INIT;
	struct mlp_record *r;
	bool ended;
	heal_runs(&h->ctx);
	r = record_load(h->m, h->run_id, &ignored);
	if (!r)
		return;
	ended = r->status > MLP_SCHEDULED && r->end_time >= 0;
	mlp_record_free(r);
	if (!ended) {
		err_wrap(&h->why, "the end of run %s is not known", h->run_id);
		return;
	}
	h->end = cJSON_CreateObject();
	json_put_str(h->end, "run_id", h->run_id);
}

int handle_ask_end(struct mlp_handle *h)
{
	__atomic_store_n(&h->asked, 1, __ATOMIC_RELAXED);
	if (supervisor_signal(&h->s, SIGTERM) < 0)
		return -1;
	supervisor_signal(&h->s, SIGCONT); /* one that is suspended hears it, too */
	return 0;
}

/* Its process has ended, or has to; `why`: what was wrong with what it told last. */
static void finish(struct mlp_handle *h, const struct err *why)
{
	struct exit_status st;
	bool told = h->end || h->why.code;
	bool asked = __atomic_load_n(&h->asked, __ATOMIC_RELAXED);
	if (!told)
		supervisor_signal(&h->s, SIGTERM);
	supervisor_reap(&h->s, &st);
	if (!told && asked && state_of(h) < HANDLE_RECORDED)
		err_set(&h->why, ERR_INTERRUPTED, "interrupted");
	else if (!told)
		h->why = *why;
	if (!told && h->run_id)
		recover(h);
	set_state(h, h->end ? HANDLE_ENDED : HANDLE_FAILED);
}

static bool is_interrupted(struct mlp *m)
{
	uint64_t count;
	return m && read(m->wake, &count, sizeof(count)) > 0 &&
	       __atomic_load_n(&m->interrupted, __ATOMIC_SEQ_CST);
}

/* 0: something happened, 1: nothing did until then, -1: it is ours no more, *err. */
static int step(struct mlp_handle *h, struct mlp *m, int64_t until, struct err *err)
{
	cJSON *ev = NULL;
	struct err why = ERR_INIT;
	int rc = supervisor_next(&h->s, m ? m->wake : -1, until, &ev, &why);
	if (rc > 0) {
		take_event(h, ev);
		return 0;
	}
	if (rc < 0 && why.code == ERR_BUSY) {
		*err = why;
		err->code = ERR_FAIL;
		return err_hint(err, "run %s goes on; its record tells of its end",
		    h->run_id ? h->run_id : "");
	}
	if (rc < 0) {
		finish(h, &why);
		return 0;
	}
	if (is_interrupted(m))
		handle_ask_end(h);
	return until >= 0 && clock_mono_ms() >= until;
}

int handle_await(struct mlp_handle *h, struct mlp *m, enum handle_state state,
    int64_t until, struct err *err)
{
	while (state_of(h) < state) {
		int rc = step(h, m, until, err);
		if (rc != 0)
			return rc;
	}
	if (state_of(h) != HANDLE_FAILED)
		return 0;
	*err = h->why;
	return -1;
}

/* ---- its beginning ---- */

static int greet(struct mlp_handle *h, struct mlp *m, struct err *err)
{
	auto_json hello = NULL;
	for (;;) {
		int rc = supervisor_next(&h->s, m->wake, -1, &hello, err);
		if (rc > 0)
			return supervisor_take_hello(&h->s, hello, err);
		if (rc < 0)
			return -1;
		if (is_interrupted(m))
			return err_set(err, ERR_INTERRUPTED, "interrupted");
	}
}

static int begin(struct mlp_handle *h, const struct mlp_run_options *o, struct err *err)
{
	auto_json request = cJSON_CreateObject();
	enum supervisor_flag flags = 0;
	struct exit_status st;
	char id[33];
	run_id_new(id);
	/* of a run that is opened again nothing is ours to tell before that is done */
	if (!o->run_id || !*o->run_id)
		h->run_id = h->first_id = arena_strdup(&h->arena, id);
	if (options_to_request(h->m, o, h->run_id, request, err) < 0)
		return -1;
	flags |= o->output == MLP_OUTPUT_PASS ? SUPERVISOR_PASS : 0;
	flags |= o->detach ? SUPERVISOR_DETACH : 0;
	if (supervisor_start(&h->ctx, flags, &h->s, err) < 0)
		return -1;
	if (greet(h, h->m, err) == 0 && supervisor_send(&h->s, request, err) == 0)
		return 0;
	supervisor_signal(&h->s, SIGKILL);
	supervisor_reap(&h->s, &st);
	return -1;
}

struct mlp_handle *handle_start(
    struct mlp *m, const struct mlp_run_options *o, struct err *err)
{
	struct mlp_handle *h = xcalloc(1, sizeof(*h));
	h->m = context_keep(m);
	h->ctx = m->ctx;
	h->ctx.say = on_say;
	h->ctx.progress = on_progress;
	h->ctx.arg = h;
	h->arg = o->arg ? o->arg : m->told.arg;
	h->started = o->started;
	h->s = (struct supervisor)SUPERVISOR_INIT;
	h->watched = -1;
	if (begin(h, o, err) == 0)
		return h;
	handle_free(h);
	return NULL;
}

void handle_free(struct mlp_handle *h)
{
	if (!h)
		return;
	if (supervisor_has_files(&h->s))
		fd_close(&h->watched);
	supervisor_close(&h->s);
	cJSON_Delete(h->end);
	arena_release(&h->arena);
	context_unkeep(h->m);
	free(h);
}
