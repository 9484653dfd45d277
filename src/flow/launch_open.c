/* SPDX-License-Identifier: MIT */
/* launch_open.c -- from here on the run is on record (declared in launching.h). */
#include "base/clock.h"
#include "base/fault.h"
#include "base/user.h"
#include "base/utf8.h"
#include "flow/launching.h"
#include "flow/runtags.h"
#include "plan/key.h"
#include "run/mark.h"

/* `name` may be NULL.  A database holds only text. */
static void warn_of_bytes(
    struct launching *l, const char *what, const char *name, const char *value)
{
	size_t n = strlen(value);
	if (utf8_valid_prefix(value, n) < n)
		ctx_say(l->ctx, SAY_WARNING,
		    "%s%s%s%s is not all UTF-8: the record holds U+FFFD for what is not",
		    what, name ? " '" : "", name ? name : "", name ? "'" : "");
}

/* What the store can hold of the parameters: long values are cut, with a warning. */
static void recorded_params(struct launching *l, struct kvs *out)
{
	const struct params *ps = &l->p->plan.params;
	for (size_t i = 0; i < ps->n; i++) {
		const char *value = ps->v[i].value;
		size_t chars = utf8_length(value);
		warn_of_bytes(l, "the value of parameter", ps->v[i].name, value);
		if (chars > PARAM_MAX) {
			ctx_say(l->ctx, SAY_WARNING,
			    "the value of parameter '%s' has %zu characters; the record "
			    "keeps "
			    "%d, run.json all of them",
			    ps->v[i].name, chars, PARAM_MAX);
			value = arena_strndup(l->a, value, utf8_prefix(value, PARAM_MAX));
		}
		kvs_put(l->a, out, ps->v[i].name, value);
	}
}

/* The run that we were started inside of, if this store knows it. */
static const char *find_parent(struct launching *l)
{
	static const char *const names[] = {"MLFLOW_RUN_ID", "MLP_RUN_ID"};
	for (size_t i = 0; i < 2; i++) {
		const char *id = getenv(names[i]);
		struct run_record r;
		struct err ignored = ERR_INIT;
		if (id && *id && (!l->rq->run_id || strcmp(id, l->rq->run_id) != 0) &&
		    l->store->ops->run_get(l->store, l->a, id, &r, &ignored) == 0)
			return id;
	}
	return NULL;
}

static int make_tags(
    struct launching *l, const char *name, struct kvs *tags, struct err *err)
{
	struct runtags_in in = {
	    .prepared = l->p,
	    .user = user_name(l->a),
	    .run_name = name,
	    .parent_id = find_parent(l),
	    .rerun_of = l->rq->rerun_of,
	    .sweep_point = l->rq->sweep_point,
	    .retry_of = l->attempt->first,
	    .attempt = may_be_retried(l) ? l->attempt->number : 0,
	    .host = runtags_host(l->ctx, l->a),
	    .extra = l->rq->tags,
	};
	if (name)
		warn_of_bytes(l, "the name of the run", NULL, name);
	for (size_t i = 0; i < in.extra.n; i++)
		warn_of_bytes(
		    l, "the value of tag", in.extra.v[i].key, in.extra.v[i].value);
	return runtags_make(l->a, &in, tags, err);
}

static int take_lock(struct launching *l, const char *run_id, struct err *err)
{
	mark_ourselves(run_id);
	if (!l->rq->held)
		return run_lock_take(l->ctx, run_id, &l->lock, err);
	l->lock = *l->rq->held;
	*l->rq->held = (struct run_lock)RUN_LOCK_INIT;
	return 0;
}

static int open_new(struct launching *l, struct err *err)
{
	struct run_new new = {.experiment = l->rq->experiment};
	char id[33], name[64];
	run_id_new(id);
	run_name_new(name, sizeof(name));
	new.run_id = l->rq->new_id ? l->rq->new_id : arena_strdup(l->a, id);
	new.name = l->rq->run_name && l->rq->run_name[0] ? l->rq->run_name
							 : arena_strdup(l->a, name);
	if (make_tags(l, new.name, &new.tags, err) < 0)
		return -1;
	recorded_params(l, &new.params);
	new.user = kvs_get(&new.tags, "mlflow.user");
	/* locked before it is in the store: never RUNNING with nobody behind it */
	if (take_lock(l, new.run_id, err) < 0)
		return -1;
	run_lock_note(&l->lock, l->tracking.uri);
	FAULT("launch.locked");
	return l->store->ops->run_create(l->store, l->a, &new, &l->run, err);
}

static bool starts_with(const char *s, const char *start)
{
	return strncmp(s, start, strlen(start)) == 0;
}

/* Does the run say that it came from elsewhere than an mlp? */
static bool is_of_others(const struct run_record *run)
{
	return kvs_get(&run->tags, "mlp.adopted") ||
	       (!kvs_get(&run->tags, "mlp.version") &&
		   kvs_get(&run->tags, "mlflow.source.name"));
}

/*
 * How an earlier attempt ended, and where it came from if this one has no such word, must
 * not stand there while this one runs.
 */
static void forget_attempt(struct launching *l, struct kvs *tags)
{
	bool others = is_of_others(&l->run);
	for (size_t i = 0; i < l->run.tags.n; i++) {
		const char *key = l->run.tags.v[i].key;
		if ((runtags_is_of_end(key) || starts_with(key, "mlp.source.") ||
			(!others && starts_with(key, "mlflow.source.git."))) &&
		    !kvs_get(tags, key))
			kvs_put(l->a, tags, key, "");
	}
}

/* What others have told the run of itself stays as it is. */
static bool is_kept(const struct launching *l, const char *key)
{
	if (!starts_with(key, "mlflow.") || !kvs_get(&l->run.tags, key) ||
	    strcmp(key, "mlflow.runName") == 0)
		return false;
	return is_of_others(&l->run) ||
	       (!starts_with(key, "mlflow.source.") &&
		   strcmp(key, "mlflow.project.entryPoint") != 0);
}

/* Whether its supervisor lives can be asked on its own machine only. */
static int check_elsewhere(struct launching *l, struct err *err)
{
	const char *host = kvs_get(&l->run.tags, "mlp.host");
	const char *end = kvs_get(&l->run.tags, "mlp.exit");
	if (l->run.status != RUN_RUNNING || !host || (end && *end) ||
	    strcmp(host, runtags_host(l->ctx, l->a)) == 0)
		return 0;
	err_set(err, ERR_BUSY, "run %.8s is running on %.*s", l->run.run_id,
	    (int)strcspn(host, ":"), host);
	return err_hint(err,
	    "wait for its end; if it was killed, 'mlp runs' there (state directory %s) "
	    "records that; if the machine is gone: python3 -c 'import mlflow; "
	    "mlflow.MlflowClient().set_terminated(\"%s\", \"KILLED\")'",
	    host + strcspn(host, ":") + (strchr(host, ':') != NULL), l->run.run_id);
}

/* --run-id: another attempt of a run that there is. */
static int open_existing(struct launching *l, struct err *err)
{
	const struct store_ops *ops = l->store->ops;
	struct run_batch batch = {.metrics = NULL};
	struct kvs tags;
	const char *name = l->rq->run_name && l->rq->run_name[0] ? l->rq->run_name : NULL;
	if (ops->run_get(l->store, l->a, l->rq->run_id, &l->run, err) < 0)
		return err_wrap(err, "--run-id");
	if (check_elsewhere(l, err) < 0 || take_lock(l, l->run.run_id, err) < 0)
		return -1;
	run_lock_note(&l->lock, l->tracking.uri);
	if (make_tags(l, name, &tags, err) < 0)
		return -1;
	for (size_t i = 0; i < tags.n; i++)
		if (!is_kept(l, tags.v[i].key))
			kvs_put(l->a, &batch.tags, tags.v[i].key, tags.v[i].value);
	if (is_of_others(&l->run))
		kvs_put(l->a, &batch.tags, "mlp.adopted", "true");
	forget_attempt(l, &batch.tags);
	recorded_params(l, &batch.params);
	if (ops->run_reopen(l->store, l->run.run_id, &batch, err) < 0)
		return -1;
	l->run.name = name ? name : l->run.name;
	l->run.start_time = clock_now_ms(); /* of this attempt, for the one who waits */
	l->run.end_time = -1;
	return 0;
}

int launch_open(struct launching *l, struct err *err)
{
	return is_reopened(l) ? open_existing(l, err) : open_new(l, err);
}
