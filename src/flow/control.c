/* SPDX-License-Identifier: MIT */
#include "flow/control.h"

#include "base/buf.h"
#include "flow/artifacts.h"
#include "flow/ending.h"
#include "flow/find.h"
#include "flow/heal.h"
#include "flow/runtags.h"
#include "run/lock.h"
#include "run/statedir.h"

enum { CANDIDATES = 6 };

static const char lost[] = "supervisor lost (killed or machine restarted)";

/* ---- cards, and records as cards ---- */

bool control_is_lost(const struct control_run *r)
{
	return r->dir && !r->held && r->card.state != CARD_QUEUED &&
	       !card_has_ended(&r->card);
}

static void card_of_record(const struct ctx *ctx, struct arena *a,
    const struct tracking *t, const struct run_record *run, struct card *out)
{
	static const enum card_state states[] = {[RUN_RUNNING] = CARD_RUNNING,
	    [RUN_SCHEDULED] = CARD_QUEUED,
	    [RUN_FINISHED] = CARD_FINISHED,
	    [RUN_FAILED] = CARD_FAILED,
	    [RUN_KILLED] = CARD_KILLED};
	*out = (struct card)CARD_INIT;
	out->run_id = run->run_id;
	out->name = run->name;
	out->entry_point = kvs_get(&run->tags, "mlflow.project.entryPoint");
	out->uri = kvs_get(&run->tags, "mlflow.source.name");
	out->store_uri = t->uri;
	out->experiment = run->experiment_name;
	out->log_dir = artifacts_log_dir(ctx, a, run->run_id, run->artifact_uri);
	out->parent_id = kvs_get(&run->tags, "mlflow.parentRunId");
	out->exit = kvs_get(&run->tags, "mlp.exit");
	out->reason = kvs_get(&run->tags, "mlp.reason");
	out->state = states[run->status];
	out->recorded = true;
	out->started = run->start_time;
	out->ended = run->end_time;
	if (card_has_ended(out))
		out->exit_code = ending_exit_code(run->status, out->exit, out->reason);
}

/* 0; ERR_NOTFOUND: the store, or the run in it, is not there. */
static int read_record(const struct ctx *ctx, struct arena *a, const char *store_uri,
    const char *run_id, struct card *out, struct err *err)
{
	struct tracking *t = arena_new(a, struct tracking);
	struct run_record run;
	struct store *store;
	int rc;
	if (tracking_of(ctx, a, store_uri, "its card", t, err) < 0 ||
	    store_open(ctx, t, STORE_READ, &store, err) < 0)
		return -1;
	rc = store->ops->run_get(store, a, run_id, &run, err);
	if (rc == 0)
		card_of_record(ctx, a, t, &run, out);
	store->ops->close(store);
	return rc;
}

/* ---- those whose supervisor is lost ---- */

static void heal_store(const struct ctx *ctx, struct arena *a, const char *uri)
{
	struct tracking *t = arena_new(a, struct tracking);
	struct store *store;
	struct err ignored = ERR_INIT;
	if (tracking_of(ctx, a, uri, "its card", t, &ignored) < 0 ||
	    store_open(ctx, t, STORE_READ, &store, &ignored) < 0)
		return;
	heal_runs(ctx, store);
	store->ops->close(store);
}

static bool was_healed_before(const struct control_run *v, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (control_is_lost(&v[k]) &&
		    strcmp(v[k].card.store_uri, v[i].card.store_uri) == 0)
			return true;
	return false;
}

void control_heal(
    const struct ctx *ctx, struct arena *a, const struct control_run *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (control_is_lost(&v[i]) && v[i].card.store_uri &&
		    !was_healed_before(v, i))
			heal_store(ctx, a, v[i].card.store_uri);
}

/* What could not be closed now is told as what it is all the same. */
void control_call_lost(struct control_run *r)
{
	if (!control_is_lost(r))
		return;
	r->card.state = CARD_FAILED;
	r->card.reason = lost;
	r->card.exit_code = ending_exit_code(RUN_FAILED, "unknown:0", lost);
}

/* ---- one run, as it is now ---- */

static int find_ended(const struct ctx *ctx, struct arena *a, const char *run_id,
    struct card *out, struct err *err)
{
	struct card *v;
	size_t n;
	if (cards_ended(ctx, a, run_id, 1, &v, &n, err) < 0)
		return -1;
	if (n == 0)
		return err_set(err, ERR_NOTFOUND, "run %.8s has no card", run_id);
	*out = v[0];
	return 0;
}

int control_refresh(
    const struct ctx *ctx, struct arena *a, struct control_run *r, struct err *err)
{
	const char *dir = run_state_dir(ctx, a, r->card.run_id);
	struct err ignored = ERR_INIT;
	struct card now = CARD_INIT;
	r->held =
	    dir && run_lock_is_held(dir); /* before the card: it may end meanwhile */
	r->dir = NULL;
	if (dir && card_read(a, dir, &now, &ignored) == 0) {
		r->dir = dir;
		r->card = now;
		return 0;
	}
	if (r->held) { /* between two cards */
		r->dir = dir;
		return 0;
	}
	if (find_ended(ctx, a, r->card.run_id, &now, &ignored) == 0) {
		r->card = now;
		return 0;
	}
	if (!r->card.store_uri)
		return err_set(err, ERR_NOTFOUND, "run %.8s ended before it was recorded",
		    r->card.run_id);
	if (read_record(ctx, a, r->card.store_uri, r->card.run_id, &now, err) < 0)
		return -1;
	r->card = now;
	return 0;
}

/* ---- which one is meant ---- */

static int list_cards(const struct ctx *ctx, struct arena *a, struct control_run **out,
    size_t *n, struct err *err)
{
	struct card *cards;
	size_t k;
	*n = 0;
	*out = NULL;
	if (state_check(ctx, err) < 0 || cards_alive(ctx, a, &cards, &k, err) < 0)
		return -1;
	*out = arena_array(a, k + 1, sizeof(**out));
	for (size_t i = 0; i < k; i++) {
		struct control_run *r = &(*out)[*n];
		r->card = cards[i];
		r->dir = run_state_dir(ctx, a, cards[i].run_id);
		r->held = run_lock_is_held(r->dir);
		*n += r->held || !card_has_ended(&cards[i]);
	}
	return 0;
}

static int64_t began(const struct card *c)
{
	return c->started >= 0 ? c->started : c->queued;
}

static int by_age(const void *a, const void *b)
{
	const struct control_run *x = a, *y = b;
	int64_t s = began(&x->card), t = began(&y->card);
	return s != t ? (s < t) - (s > t) : strcmp(x->card.run_id, y->card.run_id);
}

int control_list(const struct ctx *ctx, struct arena *a, struct control_run **out,
    size_t *n, struct err *err)
{
	bool any = false;
	if (list_cards(ctx, a, out, n, err) < 0)
		return -1;
	for (size_t i = 0; i < *n; i++)
		any |= control_is_lost(&(*out)[i]);
	if (any) {
		control_heal(ctx, a, *out, *n);
		if (list_cards(ctx, a, out, n, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < *n; i++)
		control_call_lost(&(*out)[i]);
	qsort(*out, *n, sizeof(**out), by_age);
	return 0;
}

static int ambiguous(
    const char *text, const struct control_run *v, size_t n, struct err *err)
{
	auto_buf list = BUF_INIT;
	for (size_t i = 0; i < n && i < CANDIDATES - 1; i++)
		buf_addf(&list, "%s%s (%s, %s)", i ? ", " : "", v[i].card.run_id,
		    v[i].card.name ? v[i].card.name : "?",
		    card_state_word(v[i].card.state));
	if (n >= CANDIDATES)
		buf_adds(&list, ", ...");
	err_set(err, ERR_NOTFOUND, "'%s' may mean several runs", text);
	return err_hint(err, "give more of the id: %s", list.s);
}

/* Those that `text` may mean: an exact id alone, else ids that begin so, else names. */
static size_t pick(struct control_run *v, size_t n, const char *text)
{
	size_t len = strlen(text);
	for (int how = 0; how < 3; how++) {
		size_t k = 0;
		for (size_t i = 0; i < n; i++) {
			const struct card *c = &v[i].card;
			if (how == 0   ? strcmp(c->run_id, text) == 0
			    : how == 1 ? len >= CARD_ID_SHORTEST &&
					     strncmp(c->run_id, text, len) == 0
				       : c->name && strcmp(c->name, text) == 0)
				v[k++] = v[i];
		}
		if (k > 0)
			return k;
	}
	return 0;
}

/* 1: found, 0: none, -1: several, or *err. */
static int find_living(const struct ctx *ctx, struct arena *a, const char *text,
    struct control_run *out, struct err *err)
{
	struct control_run *v;
	size_t n;
	if (list_cards(ctx, a, &v, &n, err) < 0)
		return -1;
	n = pick(v, n, text);
	if (n > 1)
		return ambiguous(text, v, n, err);
	if (n == 1)
		*out = v[0];
	return (int)n;
}

/* Of runs of the same name those that are recorded here. */
static size_t keep_of_store(
    const struct ctx *ctx, struct arena *a, struct control_run *v, size_t n)
{
	struct tracking t;
	struct err ignored = ERR_INIT;
	size_t k = 0;
	if (tracking_resolve(ctx, a, NULL, &t, &ignored) < 0)
		return n;
	for (size_t i = 0; i < n; i++)
		if (v[i].card.store_uri && strcmp(v[i].card.store_uri, t.uri) == 0)
			v[k++] = v[i];
	return k ? k : n;
}

static int find_past(const struct ctx *ctx, struct arena *a, const char *text,
    struct control_run *out, struct err *err)
{
	struct control_run *v;
	struct card *cards;
	size_t n;
	if (cards_ended(ctx, a, text, SIZE_MAX, &cards, &n, err) < 0)
		return -1;
	v = arena_array(a, n + 1, sizeof(*v));
	for (size_t i = 0; i < n; i++)
		v[i].card = cards[i];
	n = pick(v, n, text);
	if (n > 1)
		n = keep_of_store(ctx, a, v, n);
	if (n > 1)
		return ambiguous(text, v, n, err);
	if (n == 1)
		*out = v[0];
	return (int)n;
}

static int find_recorded(const struct ctx *ctx, struct arena *a, const char *uri,
    const char *text, struct control_run *out, struct err *err)
{
	struct tracking *t = arena_new(a, struct tracking);
	struct run_record run;
	struct store *store;
	int rc;
	if (tracking_resolve(ctx, a, uri, t, err) < 0 ||
	    store_open(ctx, t, STORE_READ, &store, err) < 0)
		return -1;
	heal_runs(ctx, store);
	rc = run_find_one(ctx, store, a, text, &run, err);
	store->ops->close(store);
	if (rc < 0)
		return -1;
	card_of_record(ctx, a, t, &run, &out->card);
	return 0;
}

/* It may live (with its card elsewhere we would not know), or have just been healed. */
static int find_in_store(const struct ctx *ctx, struct arena *a, const char *uri,
    const char *text, struct control_run *out, struct err *err)
{
	if (find_recorded(ctx, a, uri, text, out, err) == 0)
		return card_has_ended(&out->card) ? 0 : control_refresh(ctx, a, out, err);
	if (err->code != ERR_NOTFOUND || uri)
		return -1;
	err_clear(err);
	err_set(err, ERR_NOTFOUND, "no run has the id or name '%s'", text);
	return err_hint(err,
	    "'mlp ps -a' lists those started on this machine, 'mlp runs' "
	    "those recorded here");
}

int control_find(const struct ctx *ctx, struct arena *a, const char *tracking_uri,
    const char *text, struct control_run *out, struct err *err)
{
	int found;
	*out = (struct control_run){.card = CARD_INIT};
	if (!*text)
		return err_set(err, ERR_USAGE, "no run is named");
	if (tracking_uri)
		return find_in_store(ctx, a, tracking_uri, text, out, err);
	found = find_living(ctx, a, text, out, err);
	if (found == 1 && control_is_lost(out)) {
		control_heal(ctx, a, out, 1);
		if (control_refresh(ctx, a, out, err) < 0)
			return -1;
		control_call_lost(out);
	}
	if (found == 0)
		found = find_past(ctx, a, text, out, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	return find_in_store(ctx, a, NULL, text, out, err);
}

static const char *parent_of(const struct control_run *all, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].card.run_id, id) == 0)
			return all[i].card.parent_id;
	return NULL;
}

bool control_is_around_us(const struct control_run *all, size_t n, const char *run_id)
{
	const char *id = getenv("MLP_RUN_ID");
	for (size_t depth = 0; id && *id && depth <= n; depth++) {
		if (strcmp(id, run_id) == 0)
			return true;
		id = parent_of(all, n, id);
	}
	return false;
}
