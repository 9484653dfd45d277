/* SPDX-License-Identifier: MIT */
/* mlp runs: recorded runs, newest first. */
#include "base/clock.h"
#include "cli/runjson.h"
#include "cli/stored.h"
#include "cli/table.h"
#include "flow/heal.h"

enum { OPT_JSON = 1, OPT_TRACKING_URI, OPT_LIMIT, OPT_EXPERIMENT, OPT_STATUS };
enum { DEFAULT_LIMIT = 20, MAX_LIMIT = 1000000 };

static const struct opt runs_opts[] = {
    {OPT_LIMIT, 'n', "limit", NULL, "N", NULL, "At most so many (20)"},
    {OPT_EXPERIMENT, 0, "experiment", NULL, "NAME|ID", NULL, "Only of this experiment"},
    {OPT_STATUS, 0, "status", NULL, "STATUS", NULL,
	"Only RUNNING, SCHEDULED, FINISHED, FAILED or KILLED"},
    {OPT_JSON, 0, "json", NULL, NULL, NULL,
	"A JSON array of what 'mlp show --json' prints"},
    {OPT_TRACKING_URI, 0, "tracking-uri", NULL, "URI", "MLFLOW_TRACKING_URI",
	"Where they are recorded (sqlite:///mlflow.db)"},
    {0},
};

struct runs_args {
	struct run_query query;
	const char *experiment, *tracking_uri;
	bool json;
};

static int take_limit(const char *text, size_t *limit, struct err *err)
{
	char *end;
	long v = strtol(text, &end, 10);
	if (*end || end == text || v < 1 || v > MAX_LIMIT)
		return err_set(err, ERR_USAGE,
		    "--limit: '%s' is not a number from 1 to %d", text, MAX_LIMIT);
	*limit = (size_t)v;
	return 0;
}

static int take_status(const char *text, int *status, struct err *err)
{
	enum run_status st;
	if (run_status_from_word(text, &st) < 0)
		return err_set(err, ERR_USAGE,
		    "--status: '%s' is not one of RUNNING, "
		    "SCHEDULED, FINISHED, FAILED, KILLED",
		    text);
	*status = (int)st;
	return 0;
}

static int take(
    struct runs_args *ra, const struct opt *opt, const char *value, struct err *err)
{
	switch (opt->id) {
	case OPT_LIMIT:
		return take_limit(value, &ra->query.limit, err);
	case OPT_STATUS:
		return take_status(value, &ra->query.status, err);
	case OPT_EXPERIMENT:
		ra->experiment = value;
		return 0;
	case OPT_JSON:
		ra->json = true;
		return 0;
	default:
		ra->tracking_uri = value;
		return 0;
	}
}

/* A distinct key among the runs, with where it first came up. */
struct keys {
	const char **v;
	size_t n;
};

static void keys_add(struct arena *a, struct keys *keys, const char *key)
{
	for (size_t i = 0; i < keys->n; i++)
		if (strcmp(keys->v[i], key) == 0)
			return;
	ARENA_GROW(a, keys->v, keys->n);
	keys->v[keys->n++] = key;
}

static void add_time(struct table *t, int64_t ms)
{
	auto_buf b = BUF_INIT;
	if (ms >= 0)
		clock_format(&b, ms);
	table_add(t, b.s);
}

static void add_duration(struct table *t, const struct run_record *r)
{
	auto_buf b = BUF_INIT;
	if (r->start_time >= 0 && r->end_time >= 0)
		clock_format_duration(&b, r->end_time - r->start_time);
	table_add(t, b.s);
}

static void add_metric(struct table *t, const struct run_record *r, const char *key)
{
	auto_buf b = BUF_INIT;
	for (size_t i = 0; i < r->nmetrics; i++)
		if (strcmp(r->metrics[i].key, key) == 0)
			buf_addf(&b, "%.6g", r->metrics[i].value);
	table_add(t, b.s);
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static void add_row(struct arena *a, struct table *t, const struct run_record *r,
    const struct keys *params, const struct keys *metrics)
{
	table_add(t, arena_printf(a, "%.8s", r->run_id));
	table_add(t, or_empty(r->name));
	table_add(t, run_status_word(r->status));
	table_add(t, or_empty(r->experiment_name));
	add_time(t, r->start_time);
	add_duration(t, r);
	for (size_t i = 0; i < params->n; i++)
		table_add(t, or_empty(kvs_get(&r->params, params->v[i])));
	for (size_t i = 0; i < metrics->n; i++)
		add_metric(t, r, metrics->v[i]);
}

static int print_table(struct cli *cli, const struct run_record *runs, size_t n)
{
	static const char *const head[] = {
	    "RUN", "NAME", "STATUS", "EXPERIMENT", "STARTED", "TOOK"};
	struct arena *a = &cli->arena;
	struct table t = TABLE_INIT;
	struct keys params = {NULL, 0}, metrics = {NULL, 0};
	auto_buf b = BUF_INIT;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < runs[i].params.n; k++)
			keys_add(a, &params, runs[i].params.v[k].key);
		for (size_t k = 0; k < runs[i].nmetrics; k++)
			keys_add(a, &metrics, runs[i].metrics[k].key);
	}
	t.columns = sizeof(head) / sizeof(head[0]) + params.n + metrics.n;
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		table_add(&t, head[i]);
	for (size_t i = 0; i < params.n; i++)
		table_add(&t, params.v[i]);
	for (size_t i = 0; i < metrics.n; i++)
		table_add(&t, metrics.v[i]);
	for (size_t i = 0; i < n; i++)
		add_row(a, &t, &runs[i], &params, &metrics);
	table_print(&b, &t, cli->colour_out);
	table_release(&t);
	return cli_print(b.s, b.len);
}

static int print_json(const struct run_record *runs, size_t n)
{
	auto_json list = cJSON_CreateArray();
	for (size_t i = 0; i < n; i++)
		json_put(list, NULL, run_to_json(&runs[i]));
	return cli_print_json(list);
}

/* A name that is there wins over an id. */
static int find_experiment(
    struct cli *cli, struct store *store, struct runs_args *ra, struct err *err)
{
	struct experiment e;
	struct err ignored = ERR_INIT;
	if (!ra->experiment)
		return 0;
	ra->query.experiment.name = ra->experiment;
	if (store->ops->experiment_get(
		store, &cli->arena, &ra->query.experiment, &e, &ignored) == 0)
		return 0;
	ra->query.experiment.name = NULL;
	ra->query.experiment.id = ra->experiment;
	if (store->ops->experiment_get(
		store, &cli->arena, &ra->query.experiment, &e, &ignored) == 0)
		return 0;
	return err_set(
	    err, ERR_NOTFOUND, "no experiment has the name or id '%s'", ra->experiment);
}

static int list(struct cli *cli, struct runs_args *ra)
{
	struct store *store;
	struct run_record *runs = NULL;
	struct err err = ERR_INIT;
	size_t n = 0;
	int rc;
	if (stored_open(cli, ra->tracking_uri, &store) < 0)
		return CLI_FAILED;
	rc = find_experiment(cli, store, ra, &err);
	if (rc == 0)
		rc = store->ops->runs_list(
		    store, &cli->arena, &ra->query, &runs, &n, &err);
	if (rc == 0 && heal_shown(&cli->ctx, store, runs, n))
		rc = store->ops->runs_list(
		    store, &cli->arena, &ra->query, &runs, &n, &err);
	store->ops->close(store);
	if (rc < 0) {
		cli_error(cli, &err);
		return CLI_FAILED;
	}
	if (ra->json)
		return print_json(runs, n);
	if (n > 0)
		return print_table(cli, runs, n);
	ctx_say(&cli->ctx, SAY_INFO, "no runs");
	return CLI_OK;
}

static int run_runs(struct cli *cli, int argc, char *const *argv)
{
	struct cli_args args;
	struct runs_args ra = {.query = {.status = -1, .limit = DEFAULT_LIMIT}};
	struct err err = ERR_INIT;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_runs, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0) {
		if (!args.it.opt)
			return cli_usage(
			    &cmd_runs, "unexpected argument '%s'", args.it.value);
		if (take(&ra, args.it.opt, args.it.value, &err) < 0) {
			cli_error(cli, &err);
			return CLI_USAGE;
		}
	}
	return more < 0 ? code : list(cli, &ra);
}

const struct cmd cmd_runs = {
    .name = "runs",
    .args = "[OPTIONS]",
    .summary = "List recorded runs, newest first",
    .text = "Parameters and metrics are columns.",
    .opts = {runs_opts, NULL},
    .run = run_runs,
};
