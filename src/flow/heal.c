/* SPDX-License-Identifier: MIT */
#include "flow/heal.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "env/env.h"
#include "flow/cardof.h"
#include "flow/ending.h"
#include "flow/queue.h"
#include "flow/runtags.h"
#include "run/cgroup.h"
#include "run/lock.h"
#include "run/statedir.h"
#include "run/strays.h"

enum {
	END_MAX = 1 << 20,
	/* Who only looks does not wait for long; what cannot be recorded now is kept. */
	LOCKED_MS = 1000,
	LOCKED_AGAIN_MS = 20, /* ... and not again for each run that is lost */
};

/* What is to be written as the end of a run. */
struct end {
	enum run_status status;
	int64_t time;
	struct kvs tags;
};

int heal_keep_end(const char *state_dir, enum run_status status, int64_t end_time,
    const struct kvs *tags, struct err *err)
{
	auto_json j = cJSON_CreateObject();
	cJSON *o = json_put_object(j, "tags");
	auto_buf text = BUF_INIT;
	auto_buf path = BUF_INIT;
	json_put_str(j, "status", run_status_word(status));
	json_put_int(j, "end_time", end_time);
	for (size_t i = 0; i < tags->n; i++)
		json_put_str(o, tags->v[i].key, tags->v[i].value);
	json_print(&text, j, true);
	buf_addf(&path, "%s/end.json", state_dir);
	return file_write(path.s, text.s, text.len, 0600, err);
}

static bool read_kept_end(struct arena *a, const char *state_dir, struct end *end)
{
	struct err err = ERR_INIT;
	auto_buf text = BUF_INIT;
	const char *path = path_join(a, state_dir, "end.json");
	const cJSON *o;
	if (file_read(path, END_MAX, &text, &err) < 0)
		return false;
	auto_json j = json_parse(text.s, text.len, path, &err);
	if (!j || !json_str(j, "status") ||
	    run_status_from_word(json_str(j, "status"), &end->status) < 0)
		return false;
	end->time = json_int(j, "end_time", clock_now_ms());
	cJSON_ArrayForEach(o, json_get(j, "tags")) if (cJSON_IsString(o)) kvs_put(
	    a, &end->tags, arena_strdup(a, o->string), arena_strdup(a, o->valuestring));
	return true;
}

static bool was_ended(const struct run_record *r)
{
	const char *exit = kvs_get(&r->tags, "mlp.exit");
	return exit && *exit;
}

/* A run whose lock we have taken over, as nobody held it. */
struct healing {
	struct ctx *ctx;
	struct arena *a;
	const char *run_id;
	struct run_lock lock;
	enum run_lock_boot boot; /* when it was made */
	struct card card;
	bool has_card;
	const char *store_uri; /* where it is recorded; NULL: not known */
	struct store *store;
	bool is_open; /* it was we who opened it */
	struct run_record run;
	enum { RECORD_FOUND, RECORD_NONE, RECORD_UNKNOWN } found;
	struct end end;
	bool kept;	 /* how it ended was known, but could not be recorded */
	bool lost;	 /* we say how it ended */
	struct err why;	 /* that could not be recorded, if it could not */
	const char *was; /* the state that it was left in */
};

static int open_store(struct healing *h, struct err *err)
{
	struct tracking *t = arena_new(h->a, struct tracking);
	if (tracking_of(h->ctx, h->a, h->store_uri, "a run", t, err) < 0)
		return -1;
	return store_open(h->ctx, t, STORE_READ, &h->store, err);
}

static void cannot_now(struct healing *h, const struct err *why)
{
	h->why = *why;
	if (why->code == ERR_BUSY)
		h->ctx->busy_ms = LOCKED_AGAIN_MS;
}

static void look_up(struct healing *h)
{
	struct err err = ERR_INIT;
	h->found = RECORD_NONE;
	if (!h->store && !h->store_uri)
		return;
	if (!h->store)
		h->is_open = open_store(h, &err) == 0;
	if (h->store &&
	    h->store->ops->run_get(h->store, h->a, h->run_id, &h->run, &err) == 0) {
		h->found = RECORD_FOUND;
		return;
	}
	/* a whole database that is gone may come back */
	if (err.code != ERR_NOTFOUND || (!h->store && (h->card.recorded || h->kept))) {
		h->found = RECORD_UNKNOWN;
		cannot_now(h, &err);
	}
}

/* First, as what runs in it may bear our mark, too, and ends with it. */
static void remove_container(struct healing *h)
{
	if (env_is_left(h->a, h->lock.dir))
		env_remove_left(h->ctx, h->a, h->lock.dir, h->run_id);
}

/* Everything that the run has left on this machine.  How many processes there were. */
static int remove_leftovers(struct healing *h)
{
	struct strays s = {.run_id = h->run_id};
	int n = 0;
	if (h->boot == RUN_LOCK_THIS_BOOT)
		s.session = h->card.session;
	if (h->boot != RUN_LOCK_OTHER_BOOT)
		n = strays_stop(h->ctx, &s);
	cgroup_remove_left(h->lock.dir, h->run_id);
	return n;
}

/* The supervisor is lost: stop what is left, and say so. */
static void end_as_lost(struct healing *h)
{
	int n = remove_leftovers(h);
	enum run_status said = h->found == RECORD_FOUND ? h->run.status : RUN_RUNNING;
	auto_buf reason = BUF_INIT;
	FAULT("heal.stopped");
	buf_adds(&reason, ENDING_LOST);
	if (n > 0)
		buf_addf(&reason, "; %d of its processes %s still running and %s stopped",
		    n, n == 1 ? "was" : "were", n == 1 ? "was" : "were");
	/* MLflow's client says FINISHED also for a script that has died */
	h->end.status = said == RUN_KILLED ? RUN_KILLED : RUN_FAILED;
	if (said == RUN_FINISHED)
		buf_adds(&reason, "; the command itself had recorded FINISHED");
	h->end.time = clock_now_ms();
	kvs_put(h->a, &h->end.tags, "mlp.exit", ENDING_LOST_EXIT);
	kvs_put(h->a, &h->end.tags, "mlp.reason", arena_strdup(h->a, reason.s));
	h->lost = true;
}

static void tell(const struct healing *h)
{
	bool later = h->why.code != ERR_NONE;
	if (!h->lost)
		ctx_say(h->ctx, SAY_INFO,
		    "the end of run %.8s, kept until now, is recorded: %s", h->run_id,
		    run_status_word(h->end.status));
	else
		ctx_say(h->ctx, SAY_WARNING, "run %.8s was left %s; it is now %s: %s%s%s",
		    h->run_id, h->was, run_status_word(h->end.status),
		    kvs_get(&h->end.tags, "mlp.reason"),
		    later ? "; a later mlp command records that: " : "",
		    later ? h->why.msg : "");
}

/* False: its end is only kept until the store can be written. */
static bool record_end(struct healing *h)
{
	struct err err = ERR_INIT;
	bool done = false;
	if (h->found == RECORD_NONE)
		return true;
	if (h->found == RECORD_FOUND)
		done = h->store->ops->run_end(h->store, h->run_id, h->end.status,
			   h->end.time, &h->end.tags, false, &err) == 0;
	if (!done && h->found == RECORD_FOUND)
		cannot_now(h, &err);
	FAULT("heal.recorded");
	if (!done && !h->kept) {
		err_clear(&err);
		(void)heal_keep_end(
		    h->lock.dir, h->end.status, h->end.time, &h->end.tags, &err);
		FAULT("heal.kept");
	}
	return done;
}

/* False: where it has ended is not yet noted for ps. */
static bool archive(struct healing *h)
{
	struct err ignored = ERR_INIT;
	if (!h->has_card && h->found == RECORD_FOUND)
		card_of_record(h->ctx, h->a, h->store_uri, &h->run, &h->card);
	else if (!h->has_card)
		return true;
	card_take_end(&h->card, h->end.status, &h->end.tags, h->end.time);
	if (card_archive(h->ctx, &h->card, &ignored) < 0)
		return false;
	FAULT("heal.archived");
	card_remove(h->lock.dir);
	return true;
}

static bool is_of_this_host(const struct healing *h)
{
	const char *host = kvs_get(&h->run.tags, "mlp.host");
	return host && strcmp(host, runtags_host(h->ctx, h->a)) == 0;
}

/* Others' word: resumed after mlp had ended it, or never begun by this mlp. */
static bool is_settled(const struct healing *h)
{
	return was_ended(&h->run) || !kvs_get(&h->run.tags, "mlp.host");
}

/*
 * Logs are kept in the directory when the artifacts are not local.  A container that
 * nobody could be asked about is tried again.
 */
static void let_go(struct healing *h, bool settled)
{
	if (!settled || env_is_left(h->a, h->lock.dir))
		run_lock_drop(&h->lock, false);
	else if (path_exists(path_join(h->a, h->lock.dir, "stdout.log")))
		run_lock_retire(&h->lock);
	else
		run_lock_drop(&h->lock, true);
	FAULT("heal.done");
}

/* Is it among those that `ps -a` lists? */
static bool is_archived(const struct healing *h)
{
	struct card *v;
	size_t n = 0;
	struct err ignored = ERR_INIT;
	return cards_ended(h->ctx, h->a, h->run_id, 1, &v, &n, &ignored) == 0 && n > 0;
}

/* Whoever wrote its end was killed before the rest was done. */
static void finish_settled(struct healing *h)
{
	bool ended = was_ended(&h->run) && h->run.status != RUN_RUNNING;
	h->end.status = h->run.status;
	h->end.time = h->run.end_time;
	h->end.tags = h->run.tags;
	let_go(h, !ended || (!h->has_card && is_archived(h)) || archive(h));
}

/* May it be another machine's, whose locks we do not see? */
static bool may_be_of_others(const struct healing *h)
{
	if (h->boot == RUN_LOCK_THIS_BOOT || h->kept)
		return false;
	if (h->found == RECORD_FOUND)
		return kvs_get(&h->run.tags, "mlp.host") && !is_of_this_host(h);
	return !path_on_local_fs(h->lock.dir);
}

/* True: its end was recorded now. */
static bool settle(struct healing *h)
{
	bool recorded, archived = true;
	h->kept = read_kept_end(h->a, h->lock.dir, &h->end);
	look_up(h);
	h->was = h->found == RECORD_FOUND ? run_status_word(h->run.status)
					  : card_state_word(h->card.state);
	if (may_be_of_others(h)) {
		let_go(h, false);
		return false;
	}
	remove_container(h);
	if (!h->kept && h->found == RECORD_FOUND && is_settled(h)) {
		finish_settled(h);
		return false;
	}
	if (!h->kept)
		end_as_lost(h);
	recorded = record_end(h);
	if (h->lost || h->has_card)
		archived = archive(h);
	if (recorded ? h->found == RECORD_FOUND || h->has_card : h->lost)
		tell(h);
	let_go(h, recorded && archived);
	return recorded && h->found == RECORD_FOUND;
}

static bool heal_locked(struct healing *h)
{
	struct err ignored = ERR_INIT;
	bool done;
	h->card = (struct card)CARD_INIT;
	h->has_card = card_read(h->a, h->lock.dir, &h->card, &ignored) == 0;
	h->store_uri = run_lock_store(h->a, h->lock.dir);
	if (!h->store_uri)
		h->store_uri = h->card.store_uri;
	h->end.status = RUN_FAILED;
	FAULT("heal.taken");
	done = settle(h);
	if (h->is_open)
		h->store->ops->close(h->store);
	return done;
}

/* In a store that is open already, or (NULL) in the one that is noted. */
static bool heal_one(struct ctx *ctx, struct store *store, const char *run_id)
{
	auto_arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	const char *dir = run_state_dir(ctx, &a, run_id);
	struct healing h = {.ctx = ctx,
	    .a = &a,
	    .run_id = run_id,
	    .lock = RUN_LOCK_INIT,
	    .boot = run_lock_boot(dir),
	    .store = store};
	if (run_is_alive(ctx, run_id, &h.lock, &err) != 0)
		return false;
	return heal_locked(&h);
}

static void heal_entry(struct ctx *ctx, struct arena *a, const char *name)
{
	struct err ignored = ERR_INIT;
	const char *dir = run_state_dir(ctx, a, name);
	enum run_lock_state state;
	if (name[0] == '.')
		return;
	if (strstr(name, ".gone.")) /* who removed it was killed */
		tree_remove(dir, &ignored);
	else if ((state = run_lock_look(dir)) == RUN_LOCK_FREE)
		heal_one(ctx, NULL, name);
	else if (state == RUN_LOCK_NONE && !run_lock_store(a, dir))
		run_lock_clear(dir); /* else it has ended, and stays for its logs */
}

/* What was claimed from the queue and is not on record goes back there. */
static void heal_queue(const struct ctx *ctx, struct arena *a)
{
	struct queue_entry *v;
	struct err ignored = ERR_INIT;
	size_t n = 0;
	if (queue_list(ctx, a, QUEUE_CLAIMED, &v, &n, &ignored) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (!run_lock_is_held(run_state_dir(ctx, a, v[i].run_id))) {
			queue_heal(ctx);
			return;
		}
}

void heal_runs(const struct ctx *ctx)
{
	auto_arena a = ARENA_INIT;
	struct err ignored = ERR_INIT;
	struct ctx hasty = *ctx;
	struct dirent *e;
	auto_dir d = NULL;
	if (!ctx->state_dir || state_check(ctx, &ignored) < 0)
		return;
	hasty.busy_ms = LOCKED_MS;
	heal_queue(ctx, &a);
	d = opendir(path_join(&a, ctx->state_dir, "runs"));
	while (d && (e = readdir(d)))
		heal_entry(&hasty, &a, e->d_name);
}

bool heal_shown(
    const struct ctx *ctx, struct store *store, const struct run_record *runs, size_t n)
{
	auto_arena a = ARENA_INIT;
	const char *host = runtags_host(ctx, &a);
	struct ctx ours = *ctx;
	bool any = false;
	for (size_t i = 0; ctx->state_dir && i < n; i++) {
		const char *theirs = kvs_get(&runs[i].tags, "mlp.host");
		if (runs[i].status == RUN_RUNNING && theirs &&
		    strcmp(theirs, host) == 0 && !was_ended(&runs[i]))
			any |= heal_one(&ours, store, runs[i].run_id);
	}
	return any;
}
