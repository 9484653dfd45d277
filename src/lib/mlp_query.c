/* SPDX-License-Identifier: MIT */
/* Reading what is recorded. */
#include "base/alloc.h"
#include "flow/find.h"
#include "flow/heal.h"
#include "lib/record.h"

/* A list given to the caller, and everything in it. */
struct owned_list {
	struct mlp_records list; /* first, so that its address is ours */
	struct arena arena;
};

void mlp_records_free(struct mlp_records *runs)
{
	if (!runs)
		return;
	arena_release(&((struct owned_list *)runs)->arena);
	free(runs);
}

static int open_healed(struct mlp *m, struct store **store, struct err *err)
{
	if (context_store(m, store, err) < 0)
		return -1;
	heal_runs(&m->ctx);
	return 0;
}

/* The store is open. */
static int get_one(struct mlp *m, struct store *store, const char *text,
    struct mlp_record *out, struct err *err)
{
	struct arena *a = record_arena(out);
	struct run_record r;
	if (run_find_one(&m->ctx, store, a, text, &r, err) < 0)
		return -1;
	record_fill(&m->ctx, a, &r, out);
	return 0;
}

int mlp_run_get(
    struct mlp *m, const char *text, struct mlp_record **out, struct mlp_error *error)
{
	struct mlp_record *r;
	struct store *store;
	struct err err = ERR_INIT;
	int rc;
	*out = NULL;
	if (!text || !*text)
		return error_say(error, ERR_USAGE, "no run is named");
	if (context_enter(m, error) < 0)
		return -1;
	r = record_new();
	rc = open_healed(m, &store, &err);
	if (rc == 0) {
		rc = get_one(m, store, text, r, &err);
		store->ops->close(store);
	}
	context_leave(m);
	if (rc < 0) {
		mlp_record_free(r);
		return error_give(error, &err);
	}
	*out = r;
	return 0;
}

static int take_query(
    const struct mlp_query *q, struct run_query *out, struct mlp_error *error)
{
	enum run_status st;
	*out = (struct run_query){.status = -1, .limit = q->limit};
	if (q->status == 0)
		return 0;
	if (status_from_api(q->status, &st) < 0)
		return error_say(error, ERR_USAGE, "%d is not a status", q->status);
	out->status = (int)st;
	return 0;
}

/* The store is open. */
static int list(struct mlp *m, struct store *store, const struct mlp_query *q,
    struct run_query *rq, struct owned_list *out, struct err *err)
{
	struct run_record *runs = NULL;
	struct arena *a = &out->arena;
	struct mlp_record *v;
	const struct mlp_record **all;
	size_t n = 0;
	if (q->experiment &&
	    experiment_find(store, a, q->experiment, &rq->experiment, err) < 0)
		return -1;
	if (store->ops->runs_list(store, a, rq, &runs, &n, err) < 0)
		return -1;
	if (heal_shown(&m->ctx, store, runs, n) &&
	    store->ops->runs_list(store, a, rq, &runs, &n, err) < 0)
		return -1;
	v = arena_array(a, n + 1, sizeof(*v));
	all = arena_array(a, n + 1, sizeof(const struct mlp_record *));
	for (size_t i = 0; i < n; i++) {
		record_fill(&m->ctx, a, &runs[i], &v[i]);
		all[i] = &v[i];
	}
	out->list = (struct mlp_records){.n = n, .v = all};
	return 0;
}

int mlp_runs(struct mlp *m, const struct mlp_query *query, struct mlp_records **out,
    struct mlp_error *error)
{
	struct mlp_query q;
	struct run_query rq;
	struct owned_list *o;
	struct store *store;
	struct err err = ERR_INIT;
	int rc;
	*out = NULL;
	if (options_take(&q, sizeof(q), query, "mlp_query", error) < 0 ||
	    take_query(&q, &rq, error) < 0 || context_enter(m, error) < 0)
		return -1;
	o = xcalloc(1, sizeof(*o));
	rc = open_healed(m, &store, &err);
	if (rc == 0) {
		rc = list(m, store, &q, &rq, o, &err);
		store->ops->close(store);
	}
	context_leave(m);
	if (rc < 0) {
		mlp_records_free(&o->list);
		return error_give(error, &err);
	}
	*out = &o->list;
	return 0;
}
