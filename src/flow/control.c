/* SPDX-License-Identifier: MIT */
#include "flow/control.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"
#include "flow/cardof.h"
#include "flow/ending.h"
#include "flow/find.h"
#include "flow/heal.h"
#include "flow/runner.h"
#include "flow/runtags.h"
#include "run/lock.h"
#include "run/statedir.h"

enum { CANDIDATES = 6 };

/* ---- cards, and records as cards ---- */

bool control_is_lost(const struct control_run *r)
{
	return r->dir && !r->held && r->card.state != CARD_QUEUED &&
	       !card_has_ended(&r->card);
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
		card_of_record(ctx, a, t->uri, &run, out);
	store->ops->close(store);
	return rc;
}

/* ---- those whose supervisor is lost ---- */

/* What could not be closed now is told as what it is all the same. */
void control_call_lost(struct control_run *r)
{
	if (!control_is_lost(r))
		return;
	r->card.state = CARD_FAILED;
	r->card.reason = ENDING_LOST;
	r->card.exit_code = ending_exit_code(RUN_FAILED, ENDING_LOST_EXIT, ENDING_LOST);
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

static bool is_queued(
    const struct ctx *ctx, struct arena *a, const char *run_id, struct card *out)
{
	static const enum queue_where where[] = {QUEUE_WAITING, QUEUE_CLAIMED};
	struct queue_entry e;
	struct err ignored = ERR_INIT;
	for (size_t i = 0; i < 2; i++)
		if (queue_find(ctx, a, where[i], run_id, &e) &&
		    queue_card(ctx, a, where[i], &e, out, &ignored) == 0)
			return true;
	return false;
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
	if (is_queued(ctx, a, r->card.run_id, &now)) {
		r->card = now;
		return 0;
	}
	if (dir && card_read(a, dir, &now, &ignored) == 0) { /* it has just begun */
		r->held = run_lock_is_held(dir);
		r->dir = dir;
		r->card = now;
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

static bool has_card(const struct control_run *v, size_t n, const char *run_id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].card.run_id, run_id) == 0)
			return true;
	return false;
}

/* Those that wait have no state directory yet; one that was just claimed may have both. */
static int add_queued(const struct ctx *ctx, struct arena *a, struct control_run **v,
    size_t *n, struct err *err)
{
	struct control_run *all;
	struct card *queued;
	size_t alive = *n, k;
	runner_wake(ctx);
	if (queue_cards(ctx, a, &queued, &k, err) < 0)
		return -1;
	if (k == 0)
		return 0;
	all = arena_array(a, alive + k, sizeof(*all));
	if (alive)
		memcpy(all, *v, alive * sizeof(*all));
	for (size_t i = 0; i < k; i++)
		if (!has_card(all, alive, queued[i].run_id))
			all[(*n)++].card = queued[i];
	*v = all;
	return 0;
}

/*
 * One that lives and has no card (a full disk): what its record says.  Where it is
 * recorded may not be known either; one that is just beginning has no record yet, and one
 * that is just ending may have its end aside.
 */
static bool find_bare(
    const struct ctx *ctx, struct arena *a, const char *run_id, struct control_run *r)
{
	struct err ignored = ERR_INIT;
	const char *dir = run_state_dir(ctx, a, run_id);
	const char *uri = run_lock_is_held(dir) ? run_lock_store(a, dir) : NULL;
	*r = (struct control_run){.dir = dir, .held = true};
	if (!uri || read_record(ctx, a, uri, run_id, &r->card, &ignored) < 0 ||
	    card_has_ended(&r->card) || path_exists(path_join(a, dir, "end.json")))
		return false;
	r->card.pid = run_lock_holder(dir);
	return run_lock_is_held(dir);
}

static int list_cards(const struct ctx *ctx, struct arena *a, struct control_run **out,
    size_t *n, struct err *err)
{
	auto_strvec bare = STRVEC_INIT;
	struct card *cards;
	size_t k;
	*n = 0;
	*out = NULL;
	if (state_check(ctx, err) < 0 || cards_alive(ctx, a, &cards, &k, &bare, err) < 0)
		return -1;
	*out = arena_array(a, k + bare.n + 1, sizeof(**out));
	for (size_t i = 0; i < k; i++) {
		struct control_run *r = &(*out)[*n];
		r->card = cards[i];
		r->dir = run_state_dir(ctx, a, cards[i].run_id);
		r->held = run_lock_is_held(r->dir);
		*n += r->held || !card_has_ended(&cards[i]);
	}
	for (size_t i = 0; i < bare.n; i++)
		*n += find_bare(ctx, a, bare.v[i], &(*out)[*n]);
	return add_queued(ctx, a, out, n, err);
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
	heal_runs(ctx);
	if (list_cards(ctx, a, out, n, err) < 0)
		return -1;
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
	if (run_find_recorded(ctx, a, uri, text, t, &run, err) < 0)
		return -1;
	card_of_record(ctx, a, t->uri, &run, &out->card);
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
		heal_runs(ctx);
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
