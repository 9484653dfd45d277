/* SPDX-License-Identifier: MIT */
/* mlp runs: recorded runs, newest first. */
#include "base/clock.h"
#include "cli/api.h"
#include "cli/runjson.h"
#include "cli/table.h"

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
	struct mlp_query query;
	const char *tracking_uri;
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
	for (int st = MLP_RUNNING; st <= MLP_KILLED; st++) {
		if (strcasecmp(text, mlp_status_word(st)) != 0)
			continue;
		*status = st;
		return 0;
	}
	return err_set(err, ERR_USAGE,
	    "--status: '%s' is not one of RUNNING, "
	    "SCHEDULED, FINISHED, FAILED, KILLED",
	    text);
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
		ra->query.experiment = value;
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

static void add_duration(struct table *t, const struct mlp_record *r)
{
	auto_buf b = BUF_INIT;
	if (r->start_time >= 0 && r->end_time >= 0)
		clock_format_duration(&b, r->end_time - r->start_time);
	table_add(t, b.s);
}

static void add_metric(struct table *t, const struct mlp_record *r, const char *key)
{
	const struct mlp_metric *m = mlp_record_metric(r, key);
	auto_buf b = BUF_INIT;
	if (m)
		buf_addf(&b, "%.6g", m->value);
	table_add(t, b.s);
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static void add_row(struct arena *a, struct table *t, const struct mlp_record *r,
    const struct keys *params, const struct keys *metrics)
{
	table_add(t, arena_printf(a, "%.8s", r->run_id));
	table_add(t, or_empty(r->run_name));
	table_add(t, mlp_status_word(r->status));
	table_add(t, or_empty(r->experiment_name));
	add_time(t, r->start_time);
	add_duration(t, r);
	for (size_t i = 0; i < params->n; i++)
		table_add(t, or_empty(mlp_record_param(r, params->v[i])));
	for (size_t i = 0; i < metrics->n; i++)
		add_metric(t, r, metrics->v[i]);
}

static int print_table(struct cli *cli, const struct mlp_records *runs)
{
	static const char *const head[] = {
	    "RUN", "NAME", "STATUS", "EXPERIMENT", "STARTED", "TOOK"};
	struct arena *a = &cli->arena;
	struct table t = TABLE_INIT;
	struct keys params = {NULL, 0}, metrics = {NULL, 0};
	auto_buf b = BUF_INIT;
	for (size_t i = 0; i < runs->n; i++) {
		const struct mlp_record *r = runs->v[i];
		for (size_t k = 0; k < r->nparams; k++)
			keys_add(a, &params, r->params[k].key);
		for (size_t k = 0; k < r->nmetrics; k++)
			keys_add(a, &metrics, r->metrics[k].key);
	}
	t.columns = sizeof(head) / sizeof(head[0]) + params.n + metrics.n;
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		table_add(&t, head[i]);
	for (size_t i = 0; i < params.n; i++)
		table_add(&t, params.v[i]);
	for (size_t i = 0; i < metrics.n; i++)
		table_add(&t, metrics.v[i]);
	for (size_t i = 0; i < runs->n; i++)
		add_row(a, &t, runs->v[i], &params, &metrics);
	table_print(&b, &t, cli->colour_out);
	table_release(&t);
	return cli_print(b.s, b.len);
}

static int print_json(const struct mlp_records *runs)
{
	auto_json list = cJSON_CreateArray();
	for (size_t i = 0; i < runs->n; i++)
		json_put(list, NULL, run_to_json(runs->v[i]));
	return cli_print_json(list);
}

static int print(struct cli *cli, const struct mlp_records *runs, bool json)
{
	if (json)
		return print_json(runs);
	if (runs->n > 0)
		return print_table(cli, runs);
	ctx_say(&cli->ctx, SAY_INFO, "no runs");
	return CLI_OK;
}

static int list(struct cli *cli, struct runs_args *ra)
{
	struct mlp *m = api_open(cli, ra->tracking_uri);
	struct mlp_records *runs;
	struct mlp_error e = MLP_ERROR_INIT;
	int code = CLI_FAILED;
	if (!m)
		return CLI_FAILED;
	if (mlp_runs(m, &ra->query, &runs, &e) < 0) {
		api_error(cli, &e);
	} else {
		code = print(cli, runs, ra->json);
		mlp_records_free(runs);
	}
	api_close(m);
	return code;
}

static int run_runs(struct cli *cli, int argc, char *const *argv)
{
	struct cli_args args;
	struct runs_args ra = {.query = MLP_QUERY_INIT};
	struct err err = ERR_INIT;
	int more, code = CLI_OK;
	ra.query.limit = DEFAULT_LIMIT;
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
