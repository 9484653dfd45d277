/* SPDX-License-Identifier: MIT */
/* crew_worker.c -- the life of a worker: one job after the other. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "flow/crew.h"
#include "flow/given.h"
#include "flow/kept.h"
#include "flow/requestjson.h"

enum { KEPT_MEMORY = 4 << 20 };

struct worker {
	struct ctx ctx;
	int fd;
	struct buf in;
	struct kept kept;
	struct run_request rq; /* of the job that it is at */
};

/* Whoever gave us work may be gone: the record is what counts. */
static void send_line(int fd, const cJSON *j)
{
	auto_buf line = BUF_INIT;
	json_print(&line, j, false);
	buf_addc(&line, '\n');
	(void)fd_write_all(fd, line.s, line.len);
}

static void on_say(void *arg, enum say_level level, const char *text)
{
	struct worker *w = arg;
	auto_json j = NULL;
	if (level != SAY_WARNING)
		return;
	j = cJSON_CreateObject();
	json_put_str(j, "warning", text);
	send_line(w->fd, j);
}

static void put_pin(const struct worker *w, cJSON *j)
{
	const struct pin *known =
	    w->rq.uri ? kept_pin(&w->kept, w->rq.uri, w->rq.version) : NULL;
	if (known)
		json_put(j, "pin", pin_to_json(known));
}

static void on_command_done(void *arg)
{
	const struct worker *w = arg;
	auto_json j = cJSON_CreateObject();
	json_put_bool(j, "closing", true);
	put_pin(w, j); /* who begins now fetches nothing again */
	send_line(w->fd, j);
}

static bool is_asked_to_stop(const struct worker *w)
{
	return w->ctx.interrupted && *w->ctx.interrupted;
}

/* The next line, without its newline, in w->in; false: there is none any more. */
static bool read_line(struct worker *w)
{
	buf_clear(&w->in);
	while (!is_asked_to_stop(w)) {
		ssize_t n;
		buf_reserve(&w->in, 65536);
		n = read(w->fd, w->in.s + w->in.len, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		w->in.len += (size_t)n;
		w->in.s[w->in.len] = '\0';
		if (w->in.s[w->in.len - 1] == '\n') /* no job comes before its result */
			return true;
	}
	return false;
}

static void put_metrics(cJSON *j, const struct metric *v, size_t n)
{
	cJSON *o = json_put_object(j, "metrics");
	for (size_t i = 0; i < n; i++)
		json_put_double(o, v[i].key, v[i].value);
}

static void put_experiment(cJSON *j, struct arena *a, int64_t id, const char *name)
{
	json_put_str(j, "experiment_id", arena_printf(a, "%lld", (long long)id));
	json_put_str(j, "experiment_name", name);
}

static void put_end(cJSON *j, const char *status, int exit_code, const char *reason)
{
	json_put_str(j, "status", status);
	json_put_int(j, "exit_code", exit_code);
	json_put_str(j, "reason", reason && *reason ? reason : NULL);
}

static void put_times(cJSON *j, int64_t start, int64_t end)
{
	json_put_int(j, "start_time", start);
	if (end >= 0)
		json_put_int(j, "end_time", end);
	else
		json_put_null(j, "end_time");
}

static cJSON *result_of(
    struct arena *a, const struct run_result *r, const struct prepared *p)
{
	cJSON *j = cJSON_CreateObject(), *o;
	json_put_str(j, "run_id", r->run_id);
	json_put_str(j, "run_name", r->name);
	put_experiment(j, a, r->experiment_id, r->experiment_name);
	put_end(
	    j, run_status_word(r->ending.status), r->ending.exit_code, r->ending.reason);
	put_times(j, r->start_time, r->end_time);
	json_put_str(j, "entry_point", p->plan.entry_point);
	json_put_str(j, "artifact_uri", r->artifact_uri);
	o = json_put_object(j, "params");
	for (size_t i = 0; i < p->plan.params.n; i++)
		json_put_str(o, p->plan.params.v[i].name, p->plan.params.v[i].value);
	put_metrics(j, r->metrics, r->nmetrics);
	return j;
}

/* As it comes from a worker: what is written of a number is not one yet. */
static cJSON *as_read(cJSON *j)
{
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;
	json_print(&text, j, false);
	cJSON_Delete(j);
	return json_parse(text.s, text.len, "a result", &err);
}

cJSON *crew_result_of(const struct run_record *r)
{
	auto_arena a = ARENA_INIT;
	cJSON *j = cJSON_CreateObject(), *o;
	const char *exit = kvs_get(&r->tags, "mlp.exit");
	const char *reason = kvs_get(&r->tags, "mlp.reason");
	json_put_str(j, "run_id", r->run_id);
	json_put_str(j, "run_name", r->name);
	put_experiment(j, &a, r->experiment_id, r->experiment_name);
	put_end(j, run_status_word(r->status), ending_exit_code(r->status, exit, reason),
	    reason);
	put_times(j, r->start_time, r->end_time);
	json_put_str(j, "entry_point", kvs_get(&r->tags, "mlflow.project.entryPoint"));
	json_put_str(j, "artifact_uri", r->artifact_uri);
	o = json_put_object(j, "params");
	for (size_t i = 0; i < r->params.n; i++)
		json_put_str(o, r->params.v[i].key, r->params.v[i].value);
	put_metrics(j, r->metrics, r->nmetrics);
	return as_read(j);
}

cJSON *crew_failure(const struct err *err)
{
	cJSON *j = cJSON_CreateObject();
	json_put_null(j, "run_id");
	json_put_null(j, "status");
	json_put_int(j, "exit_code",
	    err->code == ERR_USAGE	   ? 2
	    : err->code == ERR_INTERRUPTED ? 128 + err->sys
					   : 125);
	json_put_str(j, "error", err->msg);
	json_put_str(j, "hint", err->hint[0] ? err->hint : NULL);
	return j;
}

/* "MLproject:3:5: what (the way out)" */
static void put_mistakes(cJSON *j, const struct diags *ds)
{
	cJSON *list = ds->errors ? json_put_array(j, "mistakes") : NULL;
	for (size_t i = 0; i < ds->n; i++) {
		const struct diag *d = &ds->v[i];
		auto_buf b = BUF_INIT;
		if (d->level != DIAG_ERROR)
			continue;
		diag_text(&b, d);
		json_put_str(list, NULL, b.s);
	}
}

static void no_word(void *arg, const struct run_result *r, const struct prepared *p)
{
	(void)arg;
	(void)r;
	(void)p;
}

static cJSON *launch(struct worker *w, struct arena *a, struct run_request *rq)
{
	struct run_result r;
	struct prepared p;
	struct err err = ERR_INIT;
	cJSON *j;
	if (run_launch(&w->ctx, a, rq, no_word, NULL, &p, &r, &err) == 0)
		j = result_of(a, &r, &p);
	else
		put_mistakes(j = crew_failure(&err), &p.diags);
	prepared_done(&p);
	return j;
}

static void do_job(struct worker *w, const cJSON *job)
{
	auto_arena a = ARENA_INIT;
	const char *cwd = w->ctx.cwd;
	struct pin pin;
	struct run_request *rq = &w->rq;
	struct err err = ERR_INIT;
	auto_json reply = cJSON_CreateObject();
	cJSON *result;
	if (json_str(job, "cwd"))
		w->ctx.cwd = json_str(job, "cwd");
	if (request_from_json(json_get(job, "request"), &a, rq, &err) < 0 ||
	    given_finish(&w->ctx, &a, rq, &err) < 0) {
		result = crew_failure(&err);
	} else {
		rq->new_id = json_str(job, "run_id");
		rq->quiet = true;
		rq->background = true;
		rq->kept = &w->kept;
		if (pin_from_json(json_get(job, "pin"), &pin) == 0)
			kept_add_pin(&w->kept, &pin);
		result = launch(w, &a, rq);
		put_pin(w, reply);
	}
	w->ctx.cwd = cwd;
	json_put(reply, "result", result);
	send_line(w->fd, reply);
}

_Noreturn void crew_work(const struct ctx *ctx, pthread_mutex_t *writer, int fd)
{
	struct worker w = {.ctx = *ctx,
	    .fd = fd,
	    .in = BUF_INIT,
	    .kept = {.writer = writer, .command_done = on_command_done}};
	struct err err = ERR_INIT;
	mallopt(M_TRIM_THRESHOLD, KEPT_MEMORY); /* the next run needs it again */
	mallopt(M_MMAP_THRESHOLD, KEPT_MEMORY);
	w.ctx.say = on_say;
	w.ctx.progress = NULL;
	w.ctx.arg = &w;
	w.kept.arg = &w;
	/* one that was asked to stop cannot tell whether the next was meant: it ends */
	while (read_line(&w)) {
		auto_json job = json_parse(w.in.s, w.in.len, "the job", &err);
		if (!job)
			break;
		do_job(&w, job);
	}
	buf_release(&w.in);
	kept_release(&w.kept);
	_exit(0);
}
