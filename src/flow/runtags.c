/* SPDX-License-Identifier: MIT */
#include "flow/runtags.h"

#include <sys/utsname.h>

#include "base/utf8.h"
#include "plan/key.h"

void kvs_put(struct arena *a, struct kvs *kvs, const char *key, const char *value)
{
	ARENA_GROW(a, kvs->v, kvs->n);
	kvs->v[kvs->n].key = key;
	kvs->v[kvs->n].value = value;
	kvs->n++;
}

const char *runtags_host(const struct ctx *ctx, struct arena *a)
{
	struct utsname u;
	const char *node = uname(&u) == 0 ? u.nodename : "localhost";
	return arena_printf(a, "%s:%s", node, ctx->state_dir ? ctx->state_dir : "");
}

static const char *cut_value(struct arena *a, const char *value)
{
	if (utf8_length(value) <= TAG_MAX)
		return value;
	return arena_printf(a, "%.*s...", (int)utf8_prefix(value, TAG_MAX - 3), value);
}

/* A tag with nothing to say is not written. */
static void put(struct arena *a, struct kvs *out, const char *key, const char *value)
{
	if (value && *value)
		kvs_put(a, out, key, cut_value(a, value));
}

static void put_number(struct arena *a, struct kvs *out, const char *key, int64_t v)
{
	if (v >= 0)
		kvs_put(a, out, key, arena_printf(a, "%lld", (long long)v));
}

static void put_source(struct arena *a, const struct source *s, struct kvs *out)
{
	put(a, out, "mlflow.source.name", s->uri);
	put(a, out, "mlflow.source.type", "PROJECT");
	put(a, out, "mlflow.source.git.commit", s->commit);
	put(a, out, "mlflow.source.git.repoURL", s->repo_url);
	put(a, out, "mlflow.source.git.branch", s->branch);
	put(a, out, "mlp.source.subdir", s->subdir);
	put(a, out, "mlp.source.version", s->version);
	put(a, out, "mlp.source.sha256", s->sha256);
	if (s->dirty >= 0)
		put(a, out, "mlp.source.dirty", s->dirty ? "true" : "false");
}

/* Those that say where a run came from are ours also where we have nothing to say. */
int runtags_check_key(const char *key, struct err *err)
{
	if (strcmp(key, "mlflow.runName") == 0)
		return err_set(
		    err, ERR_USAGE, "tag %s: a run is named with --run-name", key);
	if (strncmp(key, "mlp.", 4) == 0 || strncmp(key, "mlflow.source.", 14) == 0 ||
	    strncmp(key, "mlflow.project.", 15) == 0 || strcmp(key, "mlflow.user") == 0)
		return err_set(err, ERR_USAGE, "tag %s: mlp writes it itself", key);
	return 0;
}

static int put_extra(
    struct arena *a, const struct kvs *extra, struct kvs *out, struct err *err)
{
	for (size_t i = 0; i < extra->n; i++) {
		const char *key = extra->v[i].key;
		if (runtags_check_key(key, err) < 0)
			return -1;
		kvs_put(a, out, key, cut_value(a, extra->v[i].value));
	}
	return 0;
}

int runtags_make(
    struct arena *a, const struct runtags_in *in, struct kvs *out, struct err *err)
{
	const struct plan *plan = &in->prepared->plan;
	out->v = NULL;
	out->n = 0;
	put(a, out, "mlflow.user", in->user);
	put_source(a, &in->prepared->source, out);
	put(a, out, "mlflow.project.entryPoint", plan->entry_point);
	put(a, out, "mlflow.project.backend", "local");
	if (plan->environment.kind != ENV_LOCAL)
		put(a, out, "mlflow.project.env", env_kind_word(plan->environment.kind));
	put(a, out, "mlflow.runName", in->run_name);
	if (!kvs_get(&in->extra, "mlflow.parentRunId"))
		put(a, out, "mlflow.parentRunId", in->parent_id);
	put(a, out, "mlp.version", MLP_VERSION);
	put(a, out, "mlp.host", in->host);
	put(a, out, "mlp.command", plan->command);
	put(a, out, "mlp.rerunOf", in->rerun_of);
	put(a, out, "mlp.sweep.point", in->sweep_point);
	put(a, out, "mlp.retryOf", in->retry_of);
	put_number(a, out, "mlp.attempt", in->attempt ? in->attempt : -1);
	return put_extra(a, &in->extra, out, err);
}

void runtags_of_end(
    struct arena *a, const struct ending *e, const struct outcome *o, struct kvs *out)
{
	const struct usage *u = &o->usage;
	int64_t cpu = u->cpu_time_us < 0 ? -1 : u->cpu_time_us / 1000;
	put(a, out, "mlp.exit", e->exit);
	put(a, out, "mlp.reason", e->reason);
	put_number(a, out, "mlp.wall_time_ms", u->wall_time_ms);
	put_number(a, out, "mlp.cpu_time_ms", cpu);
	put_number(a, out, "mlp.peak_memory_bytes", u->peak_memory_bytes);
	put_number(
	    a, out, "mlp.log_dropped_bytes", o->dropped_bytes ? o->dropped_bytes : -1);
	put(a, out, "mlp.limits", o->limits);
}

bool runtags_is_of_end(const char *key)
{
	static const char *const keys[] = {"mlp.exit", "mlp.reason", "mlp.wall_time_ms",
	    "mlp.cpu_time_ms", "mlp.peak_memory_bytes", "mlp.limits",
	    "mlp.log_dropped_bytes", "mlp.left_in"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}
