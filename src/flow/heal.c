/* SPDX-License-Identifier: MIT */
#include "flow/heal.h"

#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "env/env.h"
#include "flow/runtags.h"
#include "run/lock.h"
#include "run/strays.h"

enum { END_MAX = 1 << 20, UNBORN_AGE_S = 24 * 3600 };

static const char lost[] = "supervisor lost (killed or machine restarted)";

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

/* 0: it ended while we waited for its lock, or others have resumed it.  -1: not known. */
static int is_left_running(struct store *store, struct arena *a, const char *run_id)
{
	struct run_record r;
	struct err ignored = ERR_INIT;
	if (store->ops->run_get(store, a, run_id, &r, &ignored) < 0)
		return -1;
	return r.status == RUN_RUNNING && !was_ended(&r);
}

/* The supervisor is lost: stop what is left, and say so. */
static void end_as_lost(const struct ctx *ctx, struct arena *a, const char *run_id,
    struct end *end, const char **reason)
{
	int n = strays_stop(ctx, run_id);
	*reason = n == 0 ? lost
			 : arena_printf(a,
			       "%s; %d of its processes %s still running and %s stopped",
			       lost, n, n == 1 ? "was" : "were", n == 1 ? "was" : "were");
	end->status = RUN_FAILED;
	end->time = clock_now_ms();
	kvs_put(a, &end->tags, "mlp.exit", "unknown:0");
	kvs_put(a, &end->tags, "mlp.reason", *reason);
}

static void tell(
    const struct ctx *ctx, const char *run_id, const struct end *end, const char *reason)
{
	if (reason)
		ctx_say(ctx, SAY_WARNING, "run %.8s was left RUNNING; it is now %s: %s",
		    run_id, run_status_word(end->status), reason);
	else
		ctx_say(ctx, SAY_INFO,
		    "the end of run %.8s, kept until now, is recorded: %s", run_id,
		    run_status_word(end->status));
}

/*
 * Close a run that nobody supervises: with the end that was kept for it, whatever status
 * stands there (its command may have written one), else, where it is RUNNING, as lost.
 */
static bool heal_one(const struct ctx *ctx, struct store *store, const char *run_id)
{
	struct run_lock lk = RUN_LOCK_INIT;
	struct err err = ERR_INIT;
	auto_arena a = ARENA_INIT;
	struct end end = {.status = RUN_FAILED};
	const char *reason = NULL;
	bool kept, done = false;
	int left;
	if (run_is_alive(ctx, run_id, &lk, &err) != 0)
		return false;
	if (env_is_left(&a, lk.dir))
		env_remove_left(ctx, &a, lk.dir, run_id);
	kept = read_kept_end(&a, lk.dir, &end);
	left = kept ? 1 : is_left_running(store, &a, run_id);
	if (left > 0) {
		if (!kept)
			end_as_lost(ctx, &a, run_id, &end, &reason);
		done = store->ops->run_end(store, run_id, end.status, end.time, &end.tags,
			   !kept, &err) == 0;
	}
	/* logs are kept there when the artifacts are not local */
	run_lock_drop(&lk, (done || left == 0) && !env_is_left(&a, lk.dir) &&
			       !path_exists(path_join(&a, lk.dir, "stdout.log")));
	if (done)
		tell(ctx, run_id, &end, reason);
	return done;
}

static bool has_kept_end(const struct ctx *ctx, struct arena *a, const char *run_id)
{
	return path_exists(path_join(a, run_state_dir(ctx, a, run_id), "end.json"));
}

/* The runs that this state directory knows; usually none, or those alive just now. */
static size_t list_candidates(const struct ctx *ctx, struct arena *a, const char ***ids)
{
	auto_dir d = opendir(path_join(a, ctx->state_dir, "runs"));
	struct dirent *e;
	size_t n = 0;
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		ARENA_GROW(a, *ids, n);
		(*ids)[n++] = arena_strdup(a, e->d_name);
	}
	return n;
}

static bool has_file(struct arena *a, const char *dir, const char *name)
{
	return path_exists(path_join(a, dir, name));
}

/*
 * Of an mlp that was killed between taking the lock and writing the run down: in no
 * record, nothing in it, and nobody behind it.
 */
static void drop_unborn(
    const struct ctx *ctx, struct store *store, struct arena *a, const char *run_id)
{
	const char *dir = run_state_dir(ctx, a, run_id);
	struct run_lock lk = RUN_LOCK_INIT;
	struct err err = ERR_INIT;
	struct run_record r;
	struct stat st;
	if (stat(dir, &st) < 0 || st.st_mtime > time(NULL) - UNBORN_AGE_S ||
	    has_file(a, dir, "stdout.log") || has_file(a, dir, "end.json") ||
	    store->ops->run_get(store, a, run_id, &r, &err) == 0 ||
	    err.code != ERR_NOTFOUND)
		return;
	if (run_lock_take(ctx, run_id, &lk, &err) == 0)
		run_lock_drop(&lk, true);
}

void heal_runs(const struct ctx *ctx, struct store *store)
{
	auto_arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	const char **candidates = NULL, **ids = NULL;
	size_t ncandidates, n = 0;
	if (!ctx->state_dir)
		return;
	ncandidates = list_candidates(ctx, &a, &candidates);
	for (size_t i = 0; i < ncandidates; i++)
		if (has_kept_end(ctx, &a, candidates[i]) ||
		    env_is_left(&a, run_state_dir(ctx, &a, candidates[i])))
			heal_one(ctx, store, candidates[i]);
		else
			drop_unborn(ctx, store, &a, candidates[i]);
	if (ncandidates == 0 ||
	    store->ops->runs_still_running(store, &a, runtags_host(ctx, &a), candidates,
		ncandidates, &ids, &n, &err) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		heal_one(ctx, store, ids[i]);
}

bool heal_shown(
    const struct ctx *ctx, struct store *store, const struct run_record *runs, size_t n)
{
	auto_arena a = ARENA_INIT;
	const char *host = runtags_host(ctx, &a);
	bool any = false;
	for (size_t i = 0; ctx->state_dir && i < n; i++) {
		const char *theirs = kvs_get(&runs[i].tags, "mlp.host");
		if (runs[i].status == RUN_RUNNING && theirs &&
		    strcmp(theirs, host) == 0 && !was_ended(&runs[i]))
			any |= heal_one(ctx, store, runs[i].run_id);
	}
	return any;
}
