/* SPDX-License-Identifier: MIT */
/* Recorded runs: from the store's shape to the caller's. */
#include "base/alloc.h"
#include "flow/artifacts.h"
#include "flow/ending.h"
#include "lib/record.h"

/* A record given to the caller, and what it points to. */
struct owned {
	struct mlp_record record; /* first, so that its address is ours */
	struct arena arena;
};

struct mlp_record *record_new(void)
{
	struct owned *o = xcalloc(1, sizeof(*o));
	o->record.start_time = o->record.end_time = -1;
	return &o->record;
}

struct arena *record_arena(struct mlp_record *r)
{
	return &((struct owned *)r)->arena;
}

void mlp_record_free(struct mlp_record *run)
{
	if (!run)
		return;
	arena_release(record_arena(run));
	free(run);
}

static const enum exit_kind exit_kinds[] = {
    [MLP_EXIT_EXITED] = EXIT_EXITED,
    [MLP_EXIT_SIGNALLED] = EXIT_SIGNALLED,
    [MLP_EXIT_TIMEOUT] = EXIT_TIMEOUT,
    [MLP_EXIT_OOM] = EXIT_OOM,
    [MLP_EXIT_NEVER] = EXIT_NEVER,
    [MLP_EXIT_UNKNOWN] = EXIT_UNKNOWN,
};

static int exit_number(enum exit_kind kind)
{
	int n = MLP_EXIT_EXITED;
	while (n < MLP_EXIT_UNKNOWN && exit_kinds[n] != kind)
		n++;
	return n;
}

const char *mlp_exit_word(int exit_kind)
{
	if (exit_kind < MLP_EXIT_EXITED || exit_kind > MLP_EXIT_UNKNOWN)
		return "";
	return exit_kind_word(exit_kinds[exit_kind]);
}

/* Empty tags are those of a run that was opened again. */
void record_fill_exit(struct mlp_record *out, const char *tag, const char *reason)
{
	struct exit_status st = ending_parse_exit(tag);
	out->reason = reason && *reason ? reason : NULL;
	if (!tag || !*tag)
		return;
	out->exit_kind = exit_number(st.kind);
	if (st.kind == EXIT_EXITED || st.kind == EXIT_NEVER)
		out->exit_code = st.code;
	if (st.kind == EXIT_SIGNALLED)
		out->exit_signal = st.sig;
}

static struct mlp_pair *pairs(struct arena *a, const struct kvs *kvs, size_t *n)
{
	struct mlp_pair *v = arena_array(a, kvs->n + 1, sizeof(*v));
	for (size_t i = 0; i < kvs->n; i++)
		v[i] = (struct mlp_pair){kvs->v[i].key, kvs->v[i].value};
	*n = kvs->n;
	return v;
}

static struct mlp_metric *metrics(struct arena *a, const struct run_record *r, size_t *n)
{
	struct mlp_metric *v = arena_array(a, r->nmetrics + 1, sizeof(*v));
	for (size_t i = 0; i < r->nmetrics; i++)
		v[i] = (struct mlp_metric){.key = r->metrics[i].key,
		    .value = r->metrics[i].value,
		    .timestamp = r->metrics[i].timestamp,
		    .step = r->metrics[i].step};
	*n = r->nmetrics;
	return v;
}

void record_fill(const struct ctx *ctx, struct arena *a, const struct run_record *r,
    struct mlp_record *out)
{
	out->run_id = r->run_id;
	out->run_name = r->name;
	out->user = r->user;
	out->experiment_id = arena_printf(a, "%lld", (long long)r->experiment_id);
	out->experiment_name = r->experiment_name;
	out->artifact_uri = r->artifact_uri;
	out->log_dir = artifacts_log_dir(ctx, a, r->run_id, r->artifact_uri);
	out->status = status_to_api(r->status);
	out->start_time = r->start_time;
	out->end_time = r->end_time;
	out->params = pairs(a, &r->params, &out->nparams);
	out->tags = pairs(a, &r->tags, &out->ntags);
	out->metrics = metrics(a, r, &out->nmetrics);
	record_fill_exit(
	    out, kvs_get(&r->tags, "mlp.exit"), kvs_get(&r->tags, "mlp.reason"));
}

struct mlp_record *record_load(struct mlp *m, const char *run_id, struct err *err)
{
	struct mlp_record *out = record_new();
	struct arena *a = record_arena(out);
	struct run_record r;
	struct store *store;
	int rc;
	if (context_store(m, &store, err) < 0) {
		mlp_record_free(out);
		return NULL;
	}
	rc = store->ops->run_get(store, a, run_id, &r, err);
	store->ops->close(store);
	if (rc == 0) {
		record_fill(&m->ctx, a, &r, out);
		return out;
	}
	mlp_record_free(out);
	return NULL;
}

static const char *value_of(const struct mlp_pair *v, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].key, key) == 0)
			return v[i].value;
	return NULL;
}

const char *mlp_record_param(const struct mlp_record *run, const char *name)
{
	return value_of(run->params, run->nparams, name);
}

const char *mlp_record_tag(const struct mlp_record *run, const char *key)
{
	return value_of(run->tags, run->ntags, key);
}

const struct mlp_metric *mlp_record_metric(const struct mlp_record *run, const char *key)
{
	for (size_t i = 0; i < run->nmetrics; i++)
		if (strcmp(run->metrics[i].key, key) == 0)
			return &run->metrics[i];
	return NULL;
}

const char *mlp_status_word(int status)
{
	enum run_status st;
	return status_from_api(status, &st) < 0 ? "?" : run_status_word(st);
}
