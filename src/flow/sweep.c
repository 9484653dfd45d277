/* SPDX-License-Identifier: MIT */
#include "flow/sweep.h"

#include <math.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "flow/artifacts.h"
#include "flow/find.h"
#include "flow/heal.h"
#include "flow/runtags.h"
#include "base/user.h"
#include "base/utf8.h"
#include "plan/key.h"

/* The run that we were started inside of, if this store knows it. */
static const char *find_parent(struct sweep *s, struct store *store)
{
	const char *id = getenv("MLP_RUN_ID");
	struct run_record r;
	struct err ignored = ERR_INIT;
	if (!id || !*id || store->ops->run_get(store, s->a, id, &r, &ignored) < 0)
		return NULL;
	return id;
}

/* The parent has no command of its own. */
static int make_tags(struct sweep *s, struct store *store, const struct prepared *p,
    struct kvs *tags, struct err *err)
{
	struct prepared mine = *p;
	struct runtags_in in = {.prepared = &mine,
	    .user = user_name(s->a),
	    .run_name = s->name,
	    .parent_id = find_parent(s, store),
	    .host = runtags_host(s->ctx, s->a),
	    .extra = s->rq.tags};
	mine.plan.command = NULL;
	if (runtags_make(s->a, &in, tags, err) < 0)
		return -1;
	kvs_put(s->a, tags, "mlp.sweep.points", arena_printf(s->a, "%zu", s->points.n));
	if (s->metric) {
		kvs_put(s->a, tags, "mlp.sweep.metric", s->metric);
		kvs_put(s->a, tags, "mlp.sweep.goal", s->maximize ? "max" : "min");
	}
	return 0;
}

/* What was given: its parameters, as the record can hold them. */
static void put_params(struct sweep *s, struct kvs *out)
{
	for (size_t i = 0; i < s->want.ngiven; i++) {
		const char *text = sweep_given_shown(s, s->a, i);
		if (utf8_length(text) > PARAM_MAX)
			text = arena_strndup(s->a, text, utf8_prefix(text, PARAM_MAX));
		if (s->want.given[i].name)
			kvs_put(s->a, out, s->want.given[i].name, text);
	}
}

static void fill_card(struct sweep *s, const char *experiment)
{
	s->card = (struct card)CARD_INIT;
	s->card.run_id = s->run_id;
	s->card.name = s->name;
	s->card.entry_point = s->rq.plan.entry_point ? s->rq.plan.entry_point : "main";
	s->card.uri = s->project.uri;
	s->card.cwd = s->there.cwd;
	s->card.store_uri = s->tracking.uri;
	s->card.experiment = experiment;
	s->card.log_dir = s->log_dir;
	s->card.recorded = true;
	s->card.pid = getpid();
	s->card.background = s->background;
	s->card.started = s->start_time;
	s->card.state = CARD_RUNNING;
}

static void show_card(struct sweep *s)
{
	struct err ignored = ERR_INIT;
	(void)card_write(s->lock.dir, &s->card, &ignored);
}

static int record(
    struct sweep *s, struct store *store, const struct prepared *p, struct err *err)
{
	struct run_new new = {.run_id = s->run_id, .experiment = s->rq.experiment};
	struct run_record r;
	if (make_tags(s, store, p, &new.tags, err) < 0)
		return -1;
	new.name = s->name;
	new.user = kvs_get(&new.tags, "mlflow.user");
	put_params(s, &new.params);
	if (run_lock_take(s->ctx, s->run_id, &s->lock, err) < 0)
		return -1;
	run_lock_note(&s->lock, s->tracking.uri);
	if (store->ops->run_create(store, s->a, &new, &r, err) < 0) {
		run_lock_drop(&s->lock, true);
		return -1;
	}
	s->experiment_id = r.experiment_id;
	s->start_time = r.start_time;
	s->log_dir = artifacts_log_dir(s->ctx, s->a, s->run_id, r.artifact_uri);
	fill_card(s, r.experiment_name);
	show_card(s);
	return 0;
}

/* It is on record: what goes wrong from now on is its end. */
static int write_table(struct sweep *s, struct err *err)
{
	if (dir_make(s->log_dir, 0777, err) == 0 && sweep_save(s, err) == 0)
		return 0;
	sweep_close(s, RUN_FAILED, err->msg);
	return -1;
}

static int open_and_record(struct sweep *s, const struct prepared *p, struct err *err)
{
	struct store *store;
	int rc;
	if (store_open(s->ctx, &s->tracking, STORE_CREATE, &store, err) < 0)
		return -1;
	heal_runs(s->ctx);
	rc = record(s, store, p, err);
	store->ops->close(store);
	return rc < 0 ? -1 : write_table(s, err);
}

static void pick_name(struct sweep *s)
{
	char id[33], name[64];
	run_id_new(id);
	run_name_new(name, sizeof(name));
	s->run_id = arena_strdup(s->a, id);
	s->name =
	    s->rq.run_name && *s->rq.run_name ? s->rq.run_name : arena_strdup(s->a, name);
}

static void warn_of_few(
    const struct sweep *s, const struct points_want *w, const struct points *p)
{
	if (p->n < w->random)
		ctx_say(s->ctx, SAY_WARNING,
		    "only %zu different points can be found, not %zu", p->n, w->random);
}

int sweep_begin(struct sweep *s, struct err *err)
{
	struct prepared p = {.peeked = false};
	int rc = -1;
	s->there = *s->ctx;
	if (tracking_resolve(s->ctx, s->a, s->rq.tracking_uri, &s->tracking, err) < 0 ||
	    points_make(s->a, &s->want, NULL, &s->points, err) < 0)
		return -1;
	warn_of_few(s, &s->want, &s->points);
	s->rq.tracking_uri = s->tracking.uri;
	sweep_note_variation(s);
	if (sweep_look(s, s->rq.version, &p, &s->project, err) == 0 &&
	    sweep_check_points(s, &p, 0, err) == 0) {
		pick_name(s);
		rc = open_and_record(s, &p, err);
	}
	if (s->diags)
		s->diags(s->arg, &p.diags);
	prepared_done(&p);
	s->state = xcalloc(s->points.n, sizeof(*s->state));
	return rc;
}

static bool same_name(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static void want_add(struct points_want *w, const char *name, const char *text)
{
	if (w->ngiven == POINTS_PARAMS_MAX)
		return;
	w->given[w->ngiven].name = name;
	w->given[w->ngiven++].text = text;
}

/* The words of the sweep in their order, each replaced by a new one of that name. */
static void mix_words(const struct points_want *old, const struct points_want *more,
    struct points_want *out)
{
	bool used[POINTS_PARAMS_MAX] = {false};
	for (size_t i = 0; i < old->ngiven; i++) {
		size_t k = 0;
		while (k < more->ngiven &&
		       !same_name(more->given[k].name, old->given[i].name))
			k++;
		if (k == more->ngiven)
			want_add(out, old->given[i].name, old->given[i].text);
		else if (!used[k])
			want_add(out, more->given[k].name, more->given[k].text);
		if (k < more->ngiven)
			used[k] = true;
	}
	for (size_t k = 0; k < more->ngiven; k++)
		if (!used[k])
			want_add(out, more->given[k].name, more->given[k].text);
}

/* The points that are not there yet; what is not given is as it was. */
static int add_points(struct sweep *s, const struct points_want *more, struct err *err)
{
	struct points_want w = {.random = more->random, .seed = more->seed};
	struct points extra;
	if (!more->seeded) /* others than before */
		w.seed = s->want.seed + s->points.n;
	mix_words(&s->want, more, &w);
	if (points_make(s->a, &w, &s->points, &extra, err) < 0)
		return -1;
	warn_of_few(s, &w, &extra);
	return points_merge(s->a, &s->points, &extra, err);
}

/* What the runs of its points say; the last word of each counts, FINISHED before all. */
static void take_children(struct sweep *s, const struct run_record *runs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *tag = kvs_get(&runs[i].tags, "mlp.sweep.point");
		long number = tag ? strtol(tag, NULL, 10) : 0;
		struct point_state *p;
		if (number < 1 || (size_t)number > s->points.n)
			continue;
		p = &s->state[number - 1];
		if (point_is_finished(p))
			continue;
		cJSON_Delete(p->result);
		p->result = crew_result_of(&runs[i]);
		p->phase = point_is_finished(p) ? POINT_ENDED : POINT_WAITING;
		p->earlier = true;
	}
}

/* An end that was must not stand there while it runs again. */
static int reopen(
    struct sweep *s, struct store *store, const struct run_record *run, struct err *err)
{
	struct run_batch b = {.metrics = NULL};
	for (size_t i = 0; i < run->tags.n; i++)
		if (runtags_is_of_end(run->tags.v[i].key) ||
		    strcmp(run->tags.v[i].key, "mlp.sweep.best") == 0)
			kvs_put(s->a, &b.tags, run->tags.v[i].key, "");
	kvs_put(
	    s->a, &b.tags, "mlp.sweep.points", arena_printf(s->a, "%zu", s->points.n));
	kvs_put(s->a, &b.tags, "mlp.host", runtags_host(s->ctx, s->a));
	if (s->metric) {
		kvs_put(s->a, &b.tags, "mlp.sweep.metric", s->metric);
		kvs_put(s->a, &b.tags, "mlp.sweep.goal", s->maximize ? "max" : "min");
	}
	if (s->force)
		kvs_put(s->a, &b.tags, "mlp.sweep.forced", "true");
	s->start_time = clock_now_ms();
	run_lock_note(&s->lock, s->tracking.uri);
	if (store->ops->run_reopen(store, s->run_id, &b, err) < 0)
		return -1;
	fill_card(s, run->experiment_name);
	show_card(s);
	return 0;
}

/* The project, as the sweep pinned it; with --force as it is now. */
static int look_again(struct sweep *s, size_t first, struct err *err)
{
	struct sweep_project now = {.uri = NULL};
	struct prepared p = {.peeked = false};
	bool pinned = !s->project.local && s->project.commit && !s->force;
	int rc = sweep_look(s, pinned ? s->project.commit : s->rq.version, &p, &now, err);
	if (rc == 0 && !s->force)
		rc = sweep_compare(&s->project, &now, err);
	if (rc == 0)
		rc = sweep_check_points(s, &p, first, err);
	if (s->diags)
		s->diags(s->arg, &p.diags);
	prepared_done(&p);
	s->project.file = now.file;
	if (rc == 0 && !pinned)
		s->project = now;
	return rc;
}

/* Whether it lives can be asked on its own machine only. */
static int check_elsewhere(struct sweep *s, const struct run_record *run, struct err *err)
{
	const char *host = kvs_get(&run->tags, "mlp.host");
	const char *end = kvs_get(&run->tags, "mlp.exit");
	if (run->status != RUN_RUNNING || !host || (end && *end) ||
	    strcmp(host, runtags_host(s->ctx, s->a)) == 0)
		return 0;
	return err_set(err, ERR_BUSY, "sweep %s is running on %.*s", s->name,
	    (int)strcspn(host, ":"), host);
}

/* ERR_NOTFOUND: it is none. */
static int identify(struct sweep *s, const struct run_record *run, struct err *err)
{
	s->run_id = run->run_id;
	s->name = run->name;
	s->experiment_id = run->experiment_id;
	s->log_dir = artifacts_log_dir(s->ctx, s->a, s->run_id, run->artifact_uri);
	if (kvs_get(&run->tags, "mlp.sweep.points"))
		return 0;
	err_set(err, ERR_NOTFOUND, "run %s (%.8s) is not a sweep", s->name, s->run_id);
	return err_hint(err, "mlp sweep URI -P name=values begins one");
}

static int load_children(struct sweep *s, struct store *store, struct err *err)
{
	struct run_record *children;
	size_t n;
	if (store->ops->runs_children(store, s->a, s->run_id, &children, &n, err) < 0)
		return -1;
	sweep_note_variation(s);
	s->state = xcalloc(s->points.n, sizeof(*s->state));
	take_children(s, children, n);
	return 0;
}

static int load(struct sweep *s, struct store *store, const struct run_record *run,
    const struct points_want *more, struct err *err)
{
	size_t before;
	if (identify(s, run, err) < 0)
		return -1;
	if (check_elsewhere(s, run, err) < 0)
		return -1;
	if (run_lock_take(s->ctx, s->run_id, &s->lock, err) < 0)
		return err_wrap(err, "sweep %s", s->name);
	if (sweep_load(s, s->log_dir, err) < 0)
		return -1;
	sweep_forget_experiment(s);
	if (given_finish(&s->there, s->a, &s->rq, err) < 0)
		return -1;
	s->rq.tracking_uri = s->tracking.uri;
	before = s->points.n;
	if ((more && add_points(s, more, err) < 0) || load_children(s, store, err) < 0)
		return -1;
	return look_again(s, before, err);
}

static bool is_kept(const struct sweep *s)
{
	return s->log_dir && s->lock.dir && strcmp(s->log_dir, s->lock.dir) == 0;
}

/* The table, and what the record says of its points. */
static int look_at(
    struct sweep *s, struct store *store, const struct run_record *run, struct err *err)
{
	if (identify(s, run, err) < 0 || sweep_load(s, s->log_dir, err) < 0 ||
	    load_children(s, store, err) < 0)
		return -1;
	for (size_t i = 0; i < s->points.n; i++) {
		struct point_state *p = &s->state[i];
		const char *status = p->result ? json_str(p->result, "status") : NULL;
		if (p->phase == POINT_WAITING && status)
			p->phase =
			    strcmp(status, "RUNNING") == 0 ? POINT_RUNNING : POINT_ENDED;
	}
	s->outcome = run->status;
	s->reason = kvs_get(&run->tags, "mlp.reason");
	s->is_done = true;
	return 0;
}

/* The run that `text` means, and the store that it is in; the caller's to close. */
static int open_one(struct sweep *s, const char *text, struct store **store,
    struct run_record *run, struct err *err)
{
	s->there = *s->ctx;
	if (tracking_resolve(s->ctx, s->a, s->rq.tracking_uri, &s->tracking, err) < 0 ||
	    store_open(s->ctx, &s->tracking, STORE_READ, store, err) < 0)
		return -1;
	heal_runs(s->ctx);
	if (run_find_one(s->ctx, *store, s->a, text, run, err) == 0)
		return 0;
	(*store)->ops->close(*store);
	return -1;
}

int sweep_read(struct sweep *s, const char *text, struct err *err)
{
	struct run_record run;
	struct store *store;
	int rc;
	if (open_one(s, text, &store, &run, err) < 0)
		return -1;
	rc = look_at(s, store, &run, err);
	store->ops->close(store);
	return rc;
}

int sweep_resume(
    struct sweep *s, const char *text, const struct points_want *more, struct err *err)
{
	struct run_record run;
	struct store *store;
	int rc;
	if (open_one(s, text, &store, &run, err) < 0)
		return -1;
	rc = load(s, store, &run, more, err);
	s->is_done = rc == 0 && run.status == RUN_FINISHED && sweep_count(s).waiting == 0;
	if (rc == 0 && !s->is_done)
		rc = sweep_save(s, err);
	if (rc == 0 && !s->is_done)
		rc = reopen(s, store, &run, err);
	store->ops->close(store);
	if (rc < 0 || s->is_done)
		run_lock_drop(&s->lock, !is_kept(s));
	return rc;
}

bool point_is_finished(const struct point_state *p)
{
	const char *status = p->result ? json_str(p->result, "status") : NULL;
	return status && strcmp(status, "FINISHED") == 0;
}

struct sweep_count sweep_count(const struct sweep *s)
{
	struct sweep_count c = {0, 0, 0, 0};
	for (size_t i = 0; i < s->points.n; i++) {
		const struct point_state *p = &s->state[i];
		c.waiting += p->phase == POINT_WAITING;
		c.running += p->phase == POINT_RUNNING;
		c.finished += p->phase == POINT_ENDED && point_is_finished(p);
		c.failed += p->phase == POINT_ENDED && !point_is_finished(p);
	}
	return c;
}

bool sweep_metric(const struct sweep *s, size_t point, double *value)
{
	const struct point_state *p = &s->state[point];
	const cJSON *m;
	if (!s->metric || !point_is_finished(p))
		return false;
	m = json_get(json_get(p->result, "metrics"), s->metric);
	if (!m)
		return false;
	if (cJSON_IsNumber(m))
		*value = m->valuedouble;
	else if (cJSON_IsString(m) && strcmp(m->valuestring, "Infinity") == 0)
		*value = INFINITY;
	else if (cJSON_IsString(m) && strcmp(m->valuestring, "-Infinity") == 0)
		*value = -INFINITY;
	else
		*value = NAN;
	return true;
}

long sweep_best(const struct sweep *s)
{
	long best = -1;
	double top = 0, v;
	for (size_t i = 0; i < s->points.n; i++) {
		if (!sweep_metric(s, i, &v) || isnan(v))
			continue;
		if (best >= 0 && (s->maximize ? v <= top : v >= top))
			continue;
		best = (long)i;
		top = v;
	}
	return best;
}

void sweep_release(struct sweep *s)
{
	for (size_t i = 0; s->state && i < s->points.n; i++)
		cJSON_Delete(s->state[i].result);
	free(s->state);
	s->state = NULL;
	cJSON_Delete(s->file);
	s->file = NULL;
	run_lock_drop(&s->lock, false);
}
