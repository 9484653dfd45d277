/* SPDX-License-Identifier: MIT */
/* Running a project, in a process of its own. */
#include <pthread.h>
#include <signal.h>

#include "base/utf8.h"
#include "flow/heal.h"
#include "lib/record.h"
#include "lib/supervisor.h"

/* One call of mlp_run. */
struct running {
	struct mlp *m;
	const struct mlp_run_options *o;
	struct supervisor s;
	struct mlp_record *run; /* once it is recorded */
	bool ended;		/* its end has been told */
};

/* ---- the request ---- */

/* JSON holds UTF-8 only; anything else would arrive as something else. */
static int put(cJSON *to, const char *name, const char *text, struct err *err)
{
	size_t n = text ? strlen(text) : 0;
	if (text && utf8_valid_prefix(text, n) < n)
		return err_set(err, ERR_USAGE, "%s is not valid UTF-8", name);
	json_put_str(to, name, text);
	return 0;
}

static int put_pairs(
    cJSON *to, const char *name, const struct mlp_pair *v, size_t n, struct err *err)
{
	cJSON *list = json_put_array(to, name);
	for (size_t i = 0; i < n; i++) {
		cJSON *pair = json_put_object(list, NULL);
		if (!v[i].key || !v[i].value)
			return err_set(err, ERR_USAGE,
			    "%s: number %zu has no key or no value", name, i);
		if (put(pair, "key", v[i].key, err) < 0 ||
		    put(pair, "value", v[i].value, err) < 0)
			return err_wrap(err, "%s, number %zu", name, i);
	}
	return 0;
}

/* Here a value may be missing. */
static int put_docker_args(cJSON *to, const struct mlp_run_options *o, struct err *err)
{
	cJSON *list = json_put_array(to, "docker_args");
	for (size_t i = 0; i < o->ndocker_args; i++) {
		cJSON *pair = json_put_object(list, NULL);
		if (!o->docker_args[i].key)
			return err_set(
			    err, ERR_USAGE, "docker_args: number %zu has no key", i);
		if (put(pair, "key", o->docker_args[i].key, err) < 0 ||
		    put(pair, "value", o->docker_args[i].value, err) < 0)
			return err_wrap(err, "docker_args, number %zu", i);
	}
	return 0;
}

static int put_context(cJSON *rq, const struct mlp *m, struct err *err)
{
	bool by_default = strcmp(m->tracking.from, "the default") == 0;
	json_put_int(rq, "parent", getpid());
	if (put(rq, "directory", m->ctx.cwd, err) < 0 ||
	    put(rq, "cache_dir", m->ctx.cache_dir, err) < 0 ||
	    put(rq, "state_dir", m->ctx.state_dir, err) < 0 ||
	    put(rq, "tracking_uri", by_default ? NULL : m->tracking.uri, err) < 0)
		return -1;
	return 0;
}

/* A project, or a run. */
static int check_what(const struct mlp_run_options *o, struct err *err)
{
	bool project = o->uri && *o->uri, again = o->rerun_of && *o->rerun_of;
	if (!project && !again)
		return err_set(err, ERR_USAGE,
		    "neither a project (uri) nor a run (rerun_of) is named");
	if (again && (project || o->version))
		return err_set(err, ERR_USAGE,
		    "rerun_of goes with neither uri nor version: the record of the run "
		    "has them");
	return 0;
}

static int put_options(cJSON *rq, const struct mlp_run_options *o, struct err *err)
{
	if (check_what(o, err) < 0)
		return -1;
	if (o->timeout_ms < 0)
		return err_set(err, ERR_USAGE, "timeout_ms is negative");
	if (o->output != MLP_OUTPUT_KEEP && o->output != MLP_OUTPUT_PASS)
		return err_set(err, ERR_USAGE, "%d is no kind of output", o->output);
	json_put_int(rq, "timeout_ms", o->timeout_ms);
	json_put_bool(rq, "offline", o->offline != 0);
	json_put_bool(rq, "direct", o->direct != 0);
	json_put_bool(rq, "build_image", o->build_image != 0);
	json_put_bool(rq, "quiet", o->output == MLP_OUTPUT_KEEP);
	if (put(rq, "uri", o->uri, err) < 0 || put(rq, "version", o->version, err) < 0 ||
	    put(rq, "rerun_of", o->rerun_of, err) < 0 ||
	    put(rq, "entry_point", o->entry_point, err) < 0 ||
	    put(rq, "experiment_name", o->experiment_name, err) < 0 ||
	    put(rq, "experiment_id", o->experiment_id, err) < 0 ||
	    put(rq, "run_name", o->run_name, err) < 0 ||
	    put(rq, "run_id", o->run_id, err) < 0 ||
	    put(rq, "env_manager", o->env_manager, err) < 0 ||
	    put(rq, "storage_dir", o->storage_dir, err) < 0 ||
	    put_pairs(rq, "params", o->params, o->nparams, err) < 0 ||
	    put_pairs(rq, "tags", o->tags, o->ntags, err) < 0 ||
	    put_docker_args(rq, o, err) < 0)
		return -1;
	return 0;
}

/* ---- its events ---- */

static const char *copy(struct arena *a, const cJSON *ev, const char *name)
{
	const char *s = json_str(ev, name);
	return s ? arena_strdup(a, s) : NULL;
}

/* The record as far as an event tells it, for when the store cannot be asked. */
static void take_told(struct mlp_record *r, const cJSON *ev)
{
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
	r->reason = copy(a, ev, "reason");
	r->start_time = json_int(ev, "start_time", -1);
	r->end_time = json_int(ev, "end_time", -1);
}

static struct mlp_record *ask_store(struct running *r, const cJSON *ev)
{
	const char *id = json_str(ev, "run_id");
	struct err err = ERR_INIT;
	struct mlp_record *run = id ? record_load(r->m, id, &err) : NULL;
	if (run)
		return run;
	ctx_say(&r->m->ctx, SAY_WARNING, "the run cannot be read back: %s",
	    id ? err.msg : "it has no id");
	run = record_new();
	take_told(run, ev);
	return run;
}

/* A new look at the run, in place of the last one. */
static void take_run(struct running *r, const cJSON *ev)
{
	mlp_record_free(r->run);
	r->run = ask_store(r, ev);
	r->run->stderr_tail = copy(record_arena(r->run), ev, "stderr_tail");
}

/* A quick command may have ended by now: the start is told as it was. */
static void take_start(struct running *r, const cJSON *ev)
{
	take_run(r, ev);
	r->run->status = MLP_RUNNING;
	r->run->exit_kind = MLP_EXIT_NONE;
	r->run->exit_code = r->run->exit_signal = 0;
	r->run->reason = NULL;
	r->run->end_time = -1;
	if (r->o->started)
		r->o->started(r->m->told.arg, r->run);
}

static void say(const struct running *r, int level, const cJSON *ev)
{
	const char *text = json_str(ev, "message");
	if (text && r->m->told.message)
		r->m->told.message(r->m->told.arg, level, text);
}

/* 0: go on, 1: the run has ended, -1: there is none. */
static int take_event(struct running *r, const cJSON *ev, struct err *err)
{
	const char *kind = json_str(ev, "event");
	int rc = helper_take(&r->m->ctx, &r->s.h, ev, err);
	if (rc != 0) {
		r->ended = true;
		if (rc > 0)
			take_run(r, ev);
		return rc;
	}
	if (kind && strcmp(kind, "message") == 0)
		say(r, json_bool(ev, "debug", false) ? MLP_DEBUG : MLP_INFO, ev);
	if (kind && strcmp(kind, "mistake") == 0)
		say(r, MLP_MISTAKE, ev);
	if (kind && strcmp(kind, "started") == 0)
		take_start(r, ev);
	return 0;
}

static int read_events(struct running *r, struct err *err)
{
	int rc = 0;
	while (rc == 0) {
		auto_json ev = supervisor_next(r->m, &r->s, err);
		rc = ev ? take_event(r, ev, err) : -1;
	}
	return rc < 0 ? -1 : 0;
}

/*
 * The supervisor was lost while its run was under way.  The kernel has ended the command,
 * too, and given back the lock: now the truth can be written down.
 */
static int recover(struct running *r, struct err *err)
{
	auto_json ev = cJSON_CreateObject();
	struct store *store;
	struct err why = ERR_INIT;
	json_put_str(ev, "run_id", r->run->run_id);
	if (context_store(r->m, &store, &why) == 0) {
		heal_runs(&r->m->ctx);
		store->ops->close(store);
	}
	take_run(r, ev);
	if (r->run->status > MLP_SCHEDULED && r->run->end_time >= 0)
		return 0;
	return err_wrap(err, "the end of run %s is not known", r->run->run_id);
}

static int converse(struct running *r, const cJSON *request, struct err *err)
{
	bool pass = r->o->output == MLP_OUTPUT_PASS;
	if (supervisor_start(r->m, pass, &r->s, err) < 0)
		return -1;
	auto_json hello = supervisor_next(r->m, &r->s, err);
	if (!hello || helper_check_hello(&r->s.h, hello, err) < 0) {
		supervisor_end(&r->s, SIGKILL);
		return -1;
	}
	if (supervisor_send(&r->s, request, err) < 0)
		return -1;
	return read_events(r, err);
}

static int run(struct running *r, struct err *err)
{
	auto_json request = cJSON_CreateObject();
	int rc, state;
	if (put_context(request, r->m, err) < 0 || put_options(request, r->o, err) < 0)
		return -1;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	rc = converse(r, request, err);
	supervisor_end(&r->s, r->ended ? 0 : SIGTERM);
	if (rc < 0 && !r->ended && r->run && r->run->run_id)
		rc = recover(r, err);
	else if (rc < 0 && !r->ended &&
		 __atomic_load_n(&r->m->interrupted, __ATOMIC_SEQ_CST))
		err_set(err, ERR_INTERRUPTED, "interrupted");
	pthread_setcancelstate(state, NULL);
	return rc;
}

int mlp_run(struct mlp *m, const struct mlp_run_options *options, struct mlp_record **out,
    struct mlp_error *error)
{
	struct mlp_run_options o;
	struct running r = {.m = m, .o = &o, .s = SUPERVISOR_INIT};
	struct err err = ERR_INIT;
	int rc;
	if (out)
		*out = NULL;
	if (options_take(&o, sizeof(o), options, "mlp_run_options", error) < 0 ||
	    context_enter(m, error) < 0)
		return -1;
	rc = run(&r, &err);
	context_leave(m);
	if (rc == 0 && out) {
		*out = r.run;
		return 0;
	}
	mlp_record_free(r.run);
	return rc < 0 ? error_give(error, &err) : 0;
}
