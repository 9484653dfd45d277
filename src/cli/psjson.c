/* SPDX-License-Identifier: MIT */
#include "cli/psjson.h"

#include <sys/utsname.h>

#include "cli/runjson.h"
#include "flow/artifacts.h"
#include "lib/record.h"

/* The store that was asked last stays open: most runs are in one. */
struct records {
	struct cli *cli;
	const char *uri;
	struct store *store;
};

static void records_close(struct records *rs)
{
	if (rs->store)
		rs->store->ops->close(rs->store);
	rs->store = NULL;
	rs->uri = NULL;
}

static struct store *records_open(struct records *rs, const char *uri)
{
	struct tracking *t = arena_new(&rs->cli->arena, struct tracking);
	struct err ignored = ERR_INIT;
	if (rs->uri && strcmp(rs->uri, uri) == 0)
		return rs->store;
	records_close(rs);
	rs->uri = uri;
	if (tracking_of(&rs->cli->ctx, &rs->cli->arena, uri, "its card", t, &ignored) <
		0 ||
	    store_open(&rs->cli->ctx, t, STORE_READ, &rs->store, &ignored) < 0)
		rs->store = NULL;
	return rs->store;
}

static bool read_record(struct records *rs, const struct card *c, struct mlp_record *out)
{
	struct store *store = c->store_uri ? records_open(rs, c->store_uri) : NULL;
	struct run_record run;
	struct err ignored = ERR_INIT;
	if (!store ||
	    store->ops->run_get(store, &rs->cli->arena, c->run_id, &run, &ignored) < 0)
		return false;
	record_fill(&rs->cli->ctx, &rs->cli->arena, &run, out);
	return true;
}

static int status_of(enum card_state st)
{
	static const int statuses[] = {[CARD_QUEUED] = MLP_SCHEDULED,
	    [CARD_PREPARING] = MLP_RUNNING,
	    [CARD_RUNNING] = MLP_RUNNING,
	    [CARD_STOPPING] = MLP_RUNNING,
	    [CARD_FINISHED] = MLP_FINISHED,
	    [CARD_FAILED] = MLP_FAILED,
	    [CARD_KILLED] = MLP_KILLED};
	return statuses[st];
}

/* What a store would say of it, as far as the card knows. */
static void record_of_card(struct arena *a, const struct card *c, struct mlp_record *out)
{
	struct mlp_pair *tags = arena_array(a, 2, sizeof(*tags));
	size_t n = 0;
	if (c->entry_point)
		tags[n++] =
		    (struct mlp_pair){"mlflow.project.entryPoint", c->entry_point};
	if (c->uri)
		tags[n++] = (struct mlp_pair){"mlflow.source.name", c->uri};
	*out = (struct mlp_record){.run_id = c->run_id,
	    .run_name = c->name,
	    .experiment_name = c->experiment,
	    .log_dir = c->log_dir,
	    .status = status_of(c->state),
	    .reason = c->reason,
	    .start_time = c->started,
	    .end_time = c->ended,
	    .tags = tags,
	    .ntags = n};
}

/* Its end could not be recorded yet: nobody but the card knows of it. */
static bool is_behind(const struct mlp_record *rec, const struct card *c)
{
	if (!card_has_ended(c) || rec->status != MLP_RUNNING)
		return false;
	for (size_t i = 0; i < rec->ntags; i++)
		if (strcmp(rec->tags[i].key, "mlp.exit") == 0 && *rec->tags[i].value)
			return false;
	return true;
}

static void take_end(const struct card *c, struct mlp_record *rec)
{
	rec->status = status_of(c->state);
	rec->reason = c->reason;
	rec->end_time = c->ended;
}

static void put_known(cJSON *j, const char *name, int64_t v)
{
	if (v < 0)
		json_put_null(j, name);
	else
		json_put_int(j, name, v);
}

static cJSON *item(struct records *rs, const struct control_run *r, const char *host)
{
	const struct card *c = &r->card;
	struct mlp_record rec = {.start_time = -1, .end_time = -1};
	cJSON *j;
	if (!read_record(rs, c, &rec))
		record_of_card(&rs->cli->arena, c, &rec);
	else if (is_behind(&rec, c))
		take_end(c, &rec);
	j = run_to_json(&rec);
	json_put_str(j, "state", card_state_word(c->state));
	put_known(j, "pid", r->held ? (int64_t)c->pid : -1);
	put_known(j, "cpu_time_ms", c->cpu_time_ms);
	put_known(j, "memory_bytes", c->memory_bytes);
	json_put_str(j, "host", host);
	return j;
}

cJSON *ps_to_json(struct cli *cli, const struct control_run *v, size_t n)
{
	struct records rs = {.cli = cli};
	cJSON *list = cJSON_CreateArray();
	struct utsname u;
	const char *host = uname(&u) == 0 ? u.nodename : "localhost";
	for (size_t i = 0; i < n; i++)
		json_put(list, NULL, item(&rs, &v[i], host));
	records_close(&rs);
	return list;
}
