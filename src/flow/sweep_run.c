/* SPDX-License-Identifier: MIT */
/* sweep_run.c -- the runs of a sweep, and the end of its parent (sweep.h). */
#include <limits.h>

#include "base/clock.h"
#include "flow/ending.h"
#include "flow/heal.h"
#include "flow/requestjson.h"
#include "flow/runtags.h"
#include "flow/sweep.h"
#include "track/names.h"

void sweep_forget_experiment(struct sweep *s)
{
	s->rq.experiment = (struct experiment_ref){NULL, NULL};
	unsetenv("MLFLOW_EXPERIMENT_NAME");
	unsetenv("MLFLOW_EXPERIMENT_ID");
}

static int give(struct sweep *s, size_t point, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct run_request rq = s->rq;
	struct kvs tags = {NULL, 0};
	auto_json request = NULL;
	char *id = s->state[point].run_id;
	struct crew_job job = {.number = (int64_t)point, .cwd = s->there.cwd};
	for (size_t i = 0; i < rq.tags.n; i++)
		if (strcmp(rq.tags.v[i].key, "mlflow.parentRunId") != 0)
			kvs_put(&a, &tags, rq.tags.v[i].key, rq.tags.v[i].value);
	kvs_put(&a, &tags, "mlflow.parentRunId", s->run_id);
	rq.tags = tags;
	rq.plan.params = sweep_params(s, &a, point, &rq.plan.nparams);
	rq.run_name = arena_printf(&a, "%.200s-%zu", s->name, point + 1);
	rq.sweep_point = arena_printf(&a, "%zu", point + 1);
	rq.experiment = (struct experiment_ref){
	    .id = arena_printf(&a, "%lld", (long long)s->experiment_id)};
	request = request_to_json(&rq);
	run_id_new(id);
	job.request = request;
	job.run_id = id;
	return crew_give(&s->crew, &job, err);
}

/* 1: one more is under way; 0: none is waiting, or nobody free. */
static int give_next(struct sweep *s, struct err *err)
{
	while (s->next < s->points.n && s->state[s->next].phase != POINT_WAITING)
		s->next++;
	if (s->next == s->points.n || s->reason || crew_idle(&s->crew) == 0)
		return 0;
	if (!sweep_is_unchanged(s)) {
		s->reason = "the MLproject was changed while the sweep ran";
		return 0;
	}
	if (give(s, s->next, err) < 0)
		return -1;
	s->state[s->next].phase = POINT_RUNNING;
	s->state[s->next].begun = clock_mono_ms();
	s->state[s->next].earlier = false;
	return 1;
}

static void fail_fast(struct sweep *s, size_t point)
{
	if (!s->fail_fast || s->reason || s->crew.stopping)
		return;
	s->reason =
	    arena_printf(s->a, "ended at the first failure: point %zu", point + 1);
	crew_stop(&s->crew, SIGTERM);
}

static void on_end(void *arg, int64_t number, const cJSON *result)
{
	struct sweep *s = arg;
	size_t point = (size_t)number;
	struct point_state *p = &s->state[point];
	cJSON_Delete(p->result);
	p->result = cJSON_Duplicate(result, true);
	p->phase = POINT_ENDED;
	s->ended_here++;
	s->ended_ms +=
	    json_int(result, "end_time", 0) - json_int(result, "start_time", 0);
	statusline_clear(&s->line);
	if (s->told)
		s->told(s->arg, s, point);
	if (!point_is_finished(p))
		fail_fast(s, point);
}

static int wait_ms(const struct sweep *s)
{
	int64_t due = statusline_due(&s->line), now = clock_mono_ms();
	if (due == INT64_MAX)
		return -1;
	return due <= now ? 0 : (int)(due - now);
}

static int go_on(struct sweep *s, struct err *err)
{
	struct pollfd p[CREW_POLLS];
	int rc;
	for (;;) {
		while ((rc = give_next(s, err)) > 0)
			;
		if (rc < 0 && crew_busy(&s->crew) == 0)
			return -1;
		if (crew_busy(&s->crew) == 0)
			return 0;
		if (poll(p, crew_poll(&s->crew, p), wait_ms(s)) < 0)
			continue;
		if (p[0].revents) /* perhaps to be suspended, or the terminal has changed */
			statusline_clear(&s->line);
		crew_go_on(&s->crew, p, on_end, s);
		statusline_draw(&s->line, clock_mono_ms());
	}
}

/* Everything that the end says, first match: asked to stop, not all FINISHED. */
static void decide(struct sweep *s, const struct err *why)
{
	struct sweep_count c = sweep_count(s);
	s->stop_signal = s->crew.stop_signal;
	if (s->stop_signal) {
		s->outcome = RUN_KILLED;
		s->reason = NULL;
	} else if (c.finished == s->points.n) {
		s->outcome = RUN_FINISHED;
		s->reason = NULL;
	} else {
		s->outcome = RUN_FAILED;
		if (why->code)
			s->reason = arena_strdup(s->a, why->msg);
		else if (!s->reason)
			s->reason = arena_printf(s->a, "%zu of %zu points not FINISHED",
			    s->points.n - c.finished, s->points.n);
	}
}

static void make_ending(struct sweep *s, struct ending *e)
{
	struct outcome o = {
	    .usage = USAGE_UNKNOWN, .stop_signal = s->stop_signal, .detail = s->reason};
	o.exit.kind = s->stop_signal ? EXIT_SIGNALLED : EXIT_EXITED;
	o.exit.sig = s->stop_signal;
	o.exit.code = s->outcome == RUN_FAILED;
	ending_of(&o, 0, RUN_RUNNING, NULL, e);
	if (s->reason)
		snprintf(e->reason, sizeof(e->reason), "%s", s->reason);
}

static void archive_card(struct sweep *s, const struct ending *e, int64_t end)
{
	struct err ignored = ERR_INIT;
	s->card.state = s->outcome == RUN_FINISHED ? CARD_FINISHED
			: s->outcome == RUN_KILLED ? CARD_KILLED
						   : CARD_FAILED;
	s->card.exit = e->exit;
	s->card.reason = e->reason[0] ? e->reason : NULL;
	s->card.exit_code = e->exit_code;
	s->card.ended = end;
	if (card_archive(s->ctx, &s->card, &ignored) == 0)
		card_remove(s->lock.dir);
	else
		(void)card_write(s->lock.dir, &s->card, &ignored);
}

static int record_end(struct sweep *s, const struct ending *e, int64_t end,
    const struct kvs *tags, struct err *err)
{
	struct store *store;
	int rc;
	if (store_open(s->ctx, &s->tracking, STORE_CREATE, &store, err) < 0)
		return -1;
	rc = store->ops->run_end(store, s->run_id, e->status, end, tags, false, err);
	store->ops->close(store);
	return rc;
}

static void put_best(struct sweep *s, struct kvs *tags)
{
	long best = s->state ? sweep_best(s) : -1;
	if (best >= 0)
		kvs_put(s->a, tags, "mlp.sweep.best",
		    json_str(s->state[best].result, "run_id"));
}

void sweep_close(struct sweep *s, enum run_status outcome, const char *reason)
{
	struct kvs tags = {NULL, 0};
	struct outcome none = {.usage = USAGE_UNKNOWN};
	struct ending e;
	struct err err = ERR_INIT;
	int64_t end = clock_now_ms();
	bool ended, kept = strcmp(s->log_dir, s->lock.dir) == 0;
	s->outcome = outcome;
	s->reason = reason;
	make_ending(s, &e);
	runtags_of_end(s->a, &e, &none, &tags);
	put_best(s, &tags);
	ended = record_end(s, &e, end, &tags, &err) == 0;
	if (!ended) {
		ctx_say(s->ctx, SAY_WARNING,
		    "the end of run %.8s could not be recorded (%s); a later "
		    "mlp command does it",
		    s->run_id, err.msg);
		err_clear(&err);
		if (heal_keep_end(s->lock.dir, e.status, end, &tags, &err) < 0)
			ctx_say(s->ctx, SAY_WARNING, "nor could it be kept: %s", err.msg);
	}
	archive_card(s, &e, end);
	run_lock_drop(&s->lock, ended && !kept);
}

static void add_pin(struct sweep *s)
{
	struct sweep_project *p = &s->project;
	if (!p->local && p->commit)
		kept_add_pin(&s->crew.pins,
		    &(struct pin){s->rq.uri, s->rq.version, p->commit, p->branch});
}

/* What a worker warns of goes above the live lines. */
static void on_say(void *arg, enum say_level level, const char *text)
{
	struct sweep *s = arg;
	statusline_clear(&s->line);
	s->ctx->say(s->ctx->arg, level, text);
}

int sweep_run(struct sweep *s, struct err *err)
{
	struct ctx ctx = *s->ctx;
	struct err why = ERR_INIT;
	ctx.say = on_say;
	ctx.progress = NULL;
	ctx.arg = s;
	s->outcome = RUN_FINISHED;
	if (s->is_done)
		return 0;
	if (crew_open(&s->crew, &ctx, s->jobs, err) < 0) {
		sweep_close(s, RUN_FAILED, err->msg);
		return -1;
	}
	sweep_forget_experiment(s);
	add_pin(s);
	statusline_open(&s->line, s->status, s->arg);
	(void)go_on(s, &why);
	statusline_clear(&s->line);
	decide(s, &why);
	sweep_close(s, s->outcome, s->reason);
	crew_close(&s->crew);
	if (why.code) {
		*err = why;
		return -1;
	}
	return 0;
}
