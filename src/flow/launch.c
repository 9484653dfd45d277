/* SPDX-License-Identifier: MIT */
#include "flow/launching.h"

#include <errno.h>
#include <signal.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/path.h"
#include "base/quote.h"
#include "base/strvec.h"
#include "env/env.h"
#include "flow/artifacts.h"
#include "flow/childenv.h"
#include "flow/heal.h"
#include "flow/kept.h"
#include "flow/recording.h"
#include "flow/runfile.h"
#include "flow/runtags.h"
#include "flow/secrets.h"
#include "flow/watch.h"
#include "run/card.h"
#include "run/limits.h"
#include "run/lock.h"
#include "run/mark.h"
#include "run/order.h"

char *const *launch_own_files(struct arena *a, const struct tracking *t)
{
	static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
	size_t n = sizeof(tails) / sizeof(tails[0]);
	char **v = arena_array(a, n + 2, sizeof(*v));
	for (size_t i = 0; i < n; i++)
		v[i] = arena_printf(a, "%s%s", t->path, tails[i]);
	v[n] = arena_strdup(a, t->artifact_root);
	return v;
}

/* A card is a help, not the record: without one the run goes on. */
static void show_card(struct launching *l, enum card_state state)
{
	struct err err = ERR_INIT;
	l->card.state = state;
	if (!l->lock.dir || card_write(l->lock.dir, &l->card, &err) == 0 || l->unseen)
		return;
	if (run_lock_store(l->a, l->lock.dir))
		ctx_say(l->ctx, SAY_WARNING,
		    "'mlp ps' knows of this run only what its record says: %s", err.msg);
	else
		ctx_say(l->ctx, SAY_WARNING,
		    "'mlp ps' and 'mlp stop' do not see this run: %s", err.msg);
	l->unseen = true;
}

/* What is known of the run once it is recorded. */
static void fill_card(struct launching *l)
{
	const struct run_record *r = &l->run;
	l->card = (struct card)CARD_INIT;
	l->card.run_id = r->run_id;
	l->card.name = r->name;
	l->card.entry_point = l->p->plan.entry_point;
	l->card.uri = l->p->source.uri;
	l->card.cwd = l->ctx->cwd;
	l->card.store_uri = l->tracking.uri;
	l->card.experiment = r->experiment_name;
	l->card.log_dir = artifacts_log_dir(l->ctx, l->a, r->run_id, r->artifact_uri);
	l->card.parent_id = kvs_get(&r->tags, "mlflow.parentRunId");
	l->card.recorded = true;
	l->card.background = l->rq->background;
	l->card.pid = getpid();
	l->card.queued = l->rq->queued ? l->rq->queued : -1;
	l->card.started = r->start_time;
}

/* One of many: the disk takes run.json while the command runs, not before it. */
static bool syncs_later(const struct launching *l)
{
	return l->rq->kept && !is_reopened(l);
}

static void sync_runfile(const struct launching *l)
{
	struct err err = ERR_INIT;
	if (syncs_later(l) && runfile_sync(l->log_dir, &err) < 0 &&
	    err.sys != ENOENT) /* the command's own doing */
		ctx_say(l->ctx, SAY_WARNING, "%s", err.msg);
}

static void on_state(void *arg, enum launch_state state, pid_t pid)
{
	struct launching *l = arg;
	l->card.command = pid;
	l->card.session = getsid(pid);
	FAULT("launch.command");
	show_card(l, state == LAUNCH_STARTED ? CARD_RUNNING : CARD_STOPPING);
	if (state == LAUNCH_STARTED)
		sync_runfile(l);
}

static bool archive_card(struct launching *l, const struct run_result *r)
{
	static const enum card_state states[] = {[RUN_FINISHED] = CARD_FINISHED,
	    [RUN_FAILED] = CARD_FAILED,
	    [RUN_KILLED] = CARD_KILLED};
	struct err ignored = ERR_INIT;
	l->card.state = states[r->ending.status];
	l->card.exit = r->ending.exit;
	l->card.reason = r->ending.reason[0] ? r->ending.reason : NULL;
	l->card.exit_code = r->ending.exit_code;
	l->card.ended = r->end_time;
	if (card_archive(l->ctx, &l->card, &ignored) < 0) {
		show_card(l, l->card.state);
		return false;
	}
	FAULT("close.archived");
	card_remove(l->lock.dir); /* the directory may stay, for the logs */
	return true;
}

/* What is not settled is left as if we had been killed: the next mlp does it. */
static void let_go(struct launching *l, bool settled)
{
	if (settled && l->logs_in_state)
		run_lock_retire(&l->lock);
	else
		run_lock_drop(&l->lock, settled);
	FAULT("close.done");
}

static void warn_hidden(struct launching *l)
{
	if (strcmp(l->tracking.from, "the default") == 0 &&
	    tracking_hidden_by_file_store(l->ctx))
		ctx_say(l->ctx, SAY_WARNING,
		    "./mlruns holds a file store: to see these runs, start "
		    "`mlflow ui --backend-store-uri sqlite:///mlflow.db`");
}

static int make_log_dir(struct launching *l, struct err *err)
{
	l->logs_in_state = !artifacts_local(l->a, l->run.artifact_uri);
	l->log_dir = artifacts_log_dir(l->ctx, l->a, l->run.run_id, l->run.artifact_uri);
	if (l->logs_in_state)
		ctx_say(l->ctx, SAY_WARNING,
		    "the artifacts of experiment '%s' are kept at %s, not on this "
		    "machine: "
		    "the logs stay in %s",
		    l->run.experiment_name, l->run.artifact_uri, l->log_dir);
	return dir_make(l->log_dir, 0777, err);
}

/* In a container the engine limits the command, and what we see is the client's. */
static int supervise_limited(
    struct launching *l, struct launch *launch, struct outcome *o, struct err *err)
{
	const struct env_plan *e = &l->p->plan.environment;
	int rc;
	if (e->kind != ENV_DOCKER) {
		limits_open(&l->limits, l->ctx, l->run.run_id, l->lock.dir,
		    e->resources.memory_bytes, e->resources.cpus);
		launch->enter = limits_enter;
		launch->enter_arg = &l->limits;
	}
	rc = supervise(l->ctx, launch, o, err);
	if (e->kind == ENV_DOCKER)
		o->usage.cpu_time_us = o->usage.peak_memory_bytes = -1;
	else
		limits_close(&l->limits, l->lock.dir, o);
	return rc;
}

static int supervise_run(struct launching *l, struct outcome *o, struct err *err)
{
	auto_strvec env = STRVEC_INIT;
	const struct env_var *added;
	size_t nadded;
	int rc;
	struct childenv c = {
	    .run_id = l->run.run_id,
	    .experiment_id = arena_printf(l->a, "%lld", (long long)l->run.experiment_id),
	    .fetched = l->p->source.kind != SOURCE_LOCAL,
	};
	struct launch launch = {
	    .argv = (char *const *)l->p->plan.argv,
	    .cwd = l->p->plan.cwd,
	    .stdout_log = path_join(l->a, l->log_dir, "stdout.log"),
	    .stderr_log = path_join(l->a, l->log_dir, "stderr.log"),
	    .order_log = path_join(l->a, l->log_dir, ORDER_NAME),
	    .log_limit = l->rq->log_limit,
	    .timeout_ms = l->p->plan.timeout_ms,
	    .quiet = l->rq->quiet,
	    .on_state = on_state,
	    .on_state_arg = l,
	    .state_dir = l->lock.dir,
	};
	if (launch_gpus_take(l, &c.gpus, err) < 0)
		return -1;
	l->recording.reach = &l->env.reach;
	if (recording_open(&l->recording, l->ctx, l->a, &l->tracking, &l->run, &c, err) <
	    0)
		return -1;
	if (c.store_uri)
		launch.endpoint = &l->recording.endpoint;
	launch.secrets = secrets_of(l->a, &l->p->plan, &launch.nsecrets);
	if (l->rq->watch) {
		watch_init(&l->watch, l->ctx, &l->tracking, &l->run);
		launch.status = watch_text;
		launch.status_arg = &l->watch;
	}
	added = childenv_make(l->a, &l->p->plan, &c, &env, &nadded);
	if (env_wrap(&l->env, added, nadded, &launch, &env, err) < 0)
		return -1;
	launch.envp = strvec_argv(&env);
	ctx_say(l->ctx, SAY_DEBUG, "in %s", launch.cwd);
	ctx_say(l->ctx, SAY_DEBUG, "running: %s", l->p->plan.command);
	ctx_say(l->ctx, SAY_DEBUG, "output is kept in %s", l->log_dir);
	rc = supervise_limited(l, &launch, o, err);
	env_end(&l->env, o, err);
	return rc;
}

/* The environment is made while the run is on record: a failure is its end. */
static int make_env(struct launching *l, struct err *err)
{
	struct run_batch batch = {.metrics = NULL};
	struct env *e = &l->env;
	e->want.run_id = l->run.run_id;
	e->want.state_dir = l->lock.dir;
	e->want.log_dir = l->log_dir;
	e->want.artifact_uri = l->run.artifact_uri;
	e->want.artifact_dir = artifacts_local(l->a, l->run.artifact_uri);
	e->want.artifact_root = l->tracking.artifact_root;
	if (env_make(e, err) < 0)
		return -1;
	for (size_t i = 0; i < e->ntags; i++)
		kvs_put(l->a, &batch.tags, e->tags[i].key, e->tags[i].value);
	if (batch.tags.n == 0)
		return 0;
	return l->store->ops->run_log(l->store, l->run.run_id, &batch, err);
}

static void end_never(struct outcome *o, const struct err *why)
{
	o->exit.kind = EXIT_NEVER;
	o->exit.code = 125;
	o->stop_signal = why->code == ERR_INTERRUPTED ? why->sys : 0;
}

/* From the run's creation on every failure is part of the record. */
static void execute(struct launching *l, run_started *started, void *arg,
    struct run_result *r, struct outcome *o, struct err *why)
{
	if (make_log_dir(l, why) < 0 ||
	    runfile_write(l->ctx, l->log_dir, l->run.run_id, l->p,
		is_reopened(l) ? &l->run.params : NULL, syncs_later(l), why) < 0) {
		end_never(o, why);
		return;
	}
	if (started)
		started(arg, r, l->p);
	FAULT("launch.told");
	if (make_env(l, why) < 0 || supervise_run(l, o, why) < 0)
		end_never(o, why);
	gpus_release(&l->gpus);
	r->started = o->exit.kind != EXIT_NEVER;
	r->mid_line = o->mid_line;
}

/* Logs stay in the state directory where the artifacts are not local. */
static bool lock_dir_is_kept(struct launching *l)
{
	return l->lock.dir && path_exists(path_join(l->a, l->lock.dir, "stdout.log"));
}

/* What the command itself last said about the run; RUNNING when it cannot be asked. */
static enum run_status said_by_command(struct launching *l)
{
	struct run_record now;
	struct err ignored = ERR_INIT;
	if (l->store->ops->run_get(l->store, l->a, l->run.run_id, &now, &ignored) < 0)
		return RUN_RUNNING;
	l->run.name = now.name;
	l->run.metrics = now.metrics;
	l->run.nmetrics = now.nmetrics;
	return now.status;
}

static void leave_checkout(struct prepared *p, struct run_result *out)
{
	enum lease_left left = lease_end(&p->source.lease);
	/* the command may have removed it */
	bool there = left != LEASE_NOTHING && path_exists(p->source.root);
	out->left_in = there ? p->source.root : NULL;
	out->left_files = left == LEASE_FILES;
}

static void close_run(struct launching *l, const struct outcome *o, const struct err *why,
    struct run_result *r)
{
	struct kvs tags = {NULL, 0};
	struct err err = ERR_INIT;
	bool ended;
	ending_of(o, l->p->plan.timeout_ms, said_by_command(l),
	    why->code ? why->msg : NULL, &r->ending);
	r->name = l->run.name;
	r->metrics = l->run.metrics;
	r->nmetrics = l->run.nmetrics;
	r->end_time = clock_now_ms();
	runtags_of_end(l->a, &r->ending, o, &tags);
	if (r->left_in)
		kvs_put(l->a, &tags, "mlp.left_in", r->left_in);
	ended = l->store->ops->run_end(l->store, l->run.run_id, r->ending.status,
		    r->end_time, &tags, false, &err) == 0;
	if (!ended) {
		ctx_say(l->ctx, SAY_WARNING,
		    "the end of run %.8s could not be recorded (%s); a later "
		    "mlp command does it",
		    l->run.run_id, err.msg);
		err_clear(&err);
		if (heal_keep_end(
			l->lock.dir, r->ending.status, r->end_time, &tags, &err) < 0)
			ctx_say(l->ctx, SAY_WARNING, "nor could it be kept: %s", err.msg);
	}
	if (o->usage.cpu_time_us >= 0)
		l->card.cpu_time_ms = o->usage.cpu_time_us / 1000;
	l->card.memory_bytes = o->usage.peak_memory_bytes;
	FAULT("close.recorded");
	if (may_be_retried(l))
		attempt_prepare_next(l->attempt, l->ctx, l->a, &l->p->plan.retries, o,
		    &r->ending, &l->card);
	ended &= archive_card(l, r);
	let_go(l, ended && !env_is_left(l->a, l->lock.dir));
}

/* MLflow's own words for it name no way out. */
static const char *advice(const struct launching *l, const struct run_result *r)
{
	const char *name = l->recording.other_experiment;
	auto_buf word = BUF_INIT;
	if (r->ending.status != RUN_FAILED || !name)
		return NULL;
	quote_shell_line(&word, name);
	return arena_printf(l->a,
	    "the command chose experiment '%s', but this run is in '%s': run it with "
	    "--experiment-name %s",
	    name, l->run.experiment_name, word.s);
}

/* Nothing of it will be started any more: no attempt, nothing at its end. */
static void tell_done(const struct launching *l, const struct outcome *o)
{
	const struct kept *k = l->rq->kept;
	if (k && k->command_done && !l->rq->on_end && o->exit.kind == EXIT_EXITED &&
	    o->exit.code == 0 && !o->stop_signal)
		k->command_done(k->arg);
}

static void block_signals(struct launching *l)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, &l->before);
}

/*
 * Once the run exists signals wait until its end is written: the supervisor takes them
 * while the command runs, so that none can leave the run RUNNING.  One that came just
 * before is in ctx->interrupted, where the supervisor looks.
 */
static int record_and_run(struct launching *l, run_started *started, void *arg,
    struct run_result *r, struct err *err)
{
	struct outcome o = {.usage = USAGE_UNKNOWN};
	struct err why = ERR_INIT;
	if (launch_open(l, err) < 0) {
		run_lock_drop(&l->lock, !lock_dir_is_kept(l));
		return -1;
	}
	FAULT("launch.recorded");
	block_signals(l);
	fill_card(l);
	/* who reads its id looks it up at once */
	if (l->p->plan.environment.kind != ENV_LOCAL ||
	    (l->rq->background && !l->rq->kept))
		show_card(l, CARD_PREPARING);
	r->run_id = l->run.run_id;
	r->name = l->run.name;
	r->artifact_uri = l->run.artifact_uri;
	r->project_dir = l->p->source.dir;
	r->experiment_id = l->run.experiment_id;
	r->experiment_name = l->run.experiment_name;
	r->start_time = l->run.start_time;
	execute(l, started, arg, r, &o, &why);
	env_release(&l->env); /* nothing is left of it when the end is recorded */
	recording_close(&l->recording);
	if (l->rq->watch)
		watch_release(&l->watch);
	leave_checkout(l->p, r);
	tell_done(l, &o);
	close_run(l, &o, &why, r);
	r->advice = why.hint[0] ? arena_strdup(l->a, why.hint) : advice(l, r);
	r->stderr_tail = arena_strdup(l->a, o.stderr_tail ? o.stderr_tail
					    : l->env.said ? l->env.said
							  : "");
	free(o.stderr_tail);
	sigprocmask(SIG_SETMASK, &l->before, NULL);
	return 0;
}

static int check_interrupted(const struct ctx *ctx, struct err *err)
{
	if (!ctx->interrupted || !*ctx->interrupted)
		return 0;
	err_set(err, ERR_INTERRUPTED, "interrupted");
	err->sys = *ctx->interrupted;
	return -1;
}

static int open_tracking(struct launching *l, struct err *err)
{
	bool fresh = true;
	if ((l->rq->kept ? kept_store(
			       l->rq->kept, l->ctx, &l->tracking, &l->store, &fresh, err)
			 : store_open(
			       l->ctx, &l->tracking, STORE_CREATE, &l->store, err)) < 0) {
		err->code = err->code == ERR_USAGE ? ERR_FAIL : err->code;
		return -1;
	}
	if (!fresh)
		return 0;
	ctx_say(l->ctx, SAY_DEBUG, "recording in %s (from %s)", l->tracking.uri,
	    l->tracking.from);
	heal_runs(l->ctx);
	warn_hidden(l);
	return 0;
}

/* What is certainly missing is said before a run is recorded for it. */
static int open_env(struct launching *l, struct err *err)
{
	struct env_want want = {.ctx = l->ctx,
	    .a = l->a,
	    .plan = &l->p->plan,
	    .project_root = l->p->source.root,
	    .fetched = l->p->source.kind != SOURCE_LOCAL,
	    .direct = l->rq->direct,
	    .store_path = l->tracking.path};
	return env_open(&l->env, &want, err);
}

static int get_plan(struct launching *l, struct err *err)
{
	const struct run_request *rq = l->rq;
	if (rq->frozen)
		return prepare_frozen(
		    l->ctx, l->a, rq->frozen, rq->uri, rq->version, &rq->plan, l->p, err);
	return prepare_plan(l->ctx, l->a, rq->uri, rq->version, &rq->plan, PREPARE_RUN,
	    launch_own_files(l->a, &l->tracking), rq->kept, l->p, err);
}

static int prepare_and_run(struct launching *l, run_started *started, void *arg,
    struct run_result *out, struct err *err)
{
	const struct run_request *rq = l->rq;
	int rc = -1;
	if (!rq->direct && recording_check(l->ctx, l->a, err) < 0)
		return -1;
	if (get_plan(l, err) < 0 || launch_gpus_find(l, err) < 0)
		return -1;
	if (open_env(l, err) == 0 && open_tracking(l, err) == 0) {
		source_facts_finish(l->ctx, l->a, &l->p->facts, &l->p->source);
		l->env.want.commit = l->p->source.commit;
		l->env.want.project_root = l->p->source.root;
		if (check_interrupted(l->ctx, err) == 0)
			rc = record_and_run(l, started, arg, out, err);
		if (!rq->kept)
			l->store->ops->close(l->store);
	}
	env_release(&l->env);
	return rc;
}

int launch_once(const struct ctx *ctx, struct arena *a, const struct run_request *rq,
    struct attempt *at, run_started *started, void *arg, struct prepared *p,
    struct run_result *out, struct err *err)
{
	struct launching l = {.ctx = ctx,
	    .a = a,
	    .rq = rq,
	    .attempt = at,
	    .p = p,
	    .lock = RUN_LOCK_INIT,
	    .recording = {.direct = rq->direct, .endpoint = ENDPOINT_INIT}};
	memset(p, 0, sizeof(*p));
	p->facts.helper.pid = -1;
	memset(out, 0, sizeof(*out));
	if (tracking_resolve(ctx, a, rq->tracking_uri, &l.tracking, err) < 0) {
		err->code = ERR_FAIL; /* 125: it is not the command line of the project */
	} else if (prepare_and_run(&l, started, arg, out, err) == 0) {
		return 0;
	}
	if (rq->held)
		run_lock_drop(rq->held, true);
	lease_drop(&p->source.lease);
	return -1;
}
