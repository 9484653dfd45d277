/* SPDX-License-Identifier: MIT */
#include "flow/heal.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "flow/runtags.h"
#include "run/lock.h"

enum { END_MAX = 1 << 20 };

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

/*
 * Close a run that nobody supervises: with the end that was kept for it, whatever status
 * stands there (its command may have written one), else, where it is RUNNING, as lost.
 */
static void heal_one(const struct ctx *ctx, struct store *store, const char *run_id)
{
	struct run_lock lk = RUN_LOCK_INIT;
	struct err err = ERR_INIT;
	auto_arena a = ARENA_INIT;
	struct end end = {.status = RUN_FAILED, .time = clock_now_ms()};
	bool kept, done;
	if (run_is_alive(ctx, run_id, &lk, &err) != 0)
		return;
	kept = read_kept_end(&a, lk.dir, &end);
	if (!kept) {
		kvs_put(&a, &end.tags, "mlp.exit", "unknown:0");
		kvs_put(&a, &end.tags, "mlp.reason", lost);
	}
	done = store->ops->run_end(
		   store, run_id, end.status, end.time, &end.tags, !kept, &err) == 0;
	/* logs are kept there when the artifacts are not local */
	run_lock_drop(&lk, done && !path_exists(path_join(&a, lk.dir, "stdout.log")));
	if (done && kept)
		ctx_say(ctx, SAY_INFO,
		    "the end of run %.8s, kept until now, is recorded: %s", run_id,
		    run_status_word(end.status));
	else if (done)
		ctx_say(ctx, SAY_WARNING, "run %.8s was left RUNNING; it is now %s: %s",
		    run_id, run_status_word(end.status), lost);
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
		if (has_kept_end(ctx, &a, candidates[i]))
			heal_one(ctx, store, candidates[i]);
	if (ncandidates == 0 ||
	    store->ops->runs_still_running(store, &a, runtags_host(ctx, &a), candidates,
		ncandidates, &ids, &n, &err) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		heal_one(ctx, store, ids[i]);
}
