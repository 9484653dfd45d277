/* SPDX-License-Identifier: MIT */
/* mlp show: everything that is recorded of one run. */
#include "base/bytes.h"
#include "base/clock.h"
#include "base/quote.h"
#include "cli/api.h"
#include "cli/runjson.h"

enum { OPT_JSON = 1, OPT_TRACKING_URI };

static const struct opt show_opts[] = {
    {OPT_JSON, 0, "json", NULL, NULL, NULL,
	"One JSON object; times in ms, unknown is null"},
    {OPT_TRACKING_URI, 0, "tracking-uri", NULL, "URI", "MLFLOW_TRACKING_URI",
	"Where it is recorded (sqlite:///mlflow.db)"},
    {0},
};

static void line(struct buf *b, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	buf_addf(b, "%-12s ", label);
	quote_display(b, text, strlen(text));
	buf_addc(b, '\n');
}

static void put_times(struct buf *b, const struct mlp_record *r)
{
	if (r->start_time >= 0) {
		buf_addf(b, "%-12s ", "started");
		clock_format(b, r->start_time);
		buf_addc(b, '\n');
	}
	if (r->end_time < 0)
		return;
	buf_addf(b, "%-12s ", "ended");
	clock_format(b, r->end_time);
	if (r->start_time >= 0) {
		buf_adds(b, " (");
		clock_format_duration(b, r->end_time - r->start_time);
		buf_addc(b, ')');
	}
	buf_addc(b, '\n');
}

/* Tags that are numbers; what is not known is left out. */
static void put_used(struct buf *b, const struct mlp_record *r)
{
	const char *cpu = mlp_record_tag(r, "mlp.cpu_time_ms");
	const char *peak = mlp_record_tag(r, "mlp.peak_memory_bytes");
	auto_buf text = BUF_INIT;
	if (cpu && *cpu) {
		clock_format_duration(&text, strtoll(cpu, NULL, 10));
		buf_adds(&text, " of processors");
	}
	if (peak && *peak) {
		buf_adds(&text, text.len ? ", " : "");
		bytes_put(&text, strtoll(peak, NULL, 10));
		buf_adds(&text, " of memory");
	}
	line(b, "used", text.s);
	line(b, "limits", mlp_record_tag(r, "mlp.limits"));
}

static void put_pairs(
    struct buf *b, const char *title, const struct mlp_pair *v, size_t n)
{
	if (n)
		buf_addf(b, "%s\n", title);
	for (size_t i = 0; i < n; i++) {
		buf_adds(b, "  ");
		quote_display(b, v[i].key, strlen(v[i].key));
		buf_adds(b, " = ");
		quote_display(b, v[i].value, strlen(v[i].value));
		buf_addc(b, '\n');
	}
}

static void put_run(struct buf *b, const struct mlp_record *r)
{
	const char *dirty = mlp_record_tag(r, "mlp.source.dirty");
	line(b, "run", r->run_id);
	line(b, "name", r->run_name);
	line(b, "experiment", r->experiment_name);
	line(b, "status", mlp_status_word(r->status));
	line(b, "reason", r->reason);
	put_times(b, r);
	put_used(b, r);
	line(b, "source", mlp_record_tag(r, "mlflow.source.name"));
	line(b, "version", mlp_record_tag(r, "mlp.source.version"));
	line(b, "commit", mlp_record_tag(r, "mlflow.source.git.commit"));
	line(b, "sha256", mlp_record_tag(r, "mlp.source.sha256"));
	if (dirty && strcmp(dirty, "true") == 0)
		line(b, "", "(with changes that were not committed)");
	line(b, "entry point", mlp_record_tag(r, "mlflow.project.entryPoint"));
	line(b, "command", mlp_record_tag(r, "mlp.command"));
	line(b, "artifacts", r->artifact_uri);
	put_pairs(b, "parameters", r->params, r->nparams);
	if (r->nmetrics)
		buf_adds(b, "metrics\n");
	for (size_t i = 0; i < r->nmetrics; i++) {
		buf_adds(b, "  ");
		quote_display_str(b, r->metrics[i].key);
		buf_addf(b, " = %.10g  (step %lld)\n", r->metrics[i].value,
		    (long long)r->metrics[i].step);
	}
	put_pairs(b, "tags", r->tags, r->ntags);
}

static int show(struct cli *cli, const char *text, const char *uri, bool json)
{
	struct mlp_record *r = api_run(cli, uri, text);
	auto_buf b = BUF_INIT;
	int code;
	if (!r)
		return CLI_FAILED;
	if (json) {
		auto_json j = run_to_json(r);
		code = cli_print_json(j);
	} else {
		put_run(&b, r);
		code = cli_print(b.s, b.len);
	}
	mlp_record_free(r);
	return code;
}

static int run_show(struct cli *cli, int argc, char *const *argv)
{
	struct cli_args args;
	const char *text = NULL, *uri = NULL;
	bool json = false;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_show, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0) {
		if (args.it.opt && args.it.opt->id == OPT_JSON)
			json = true;
		else if (args.it.opt)
			uri = args.it.value;
		else if (cli_take_arg(&cmd_show, &text, args.it.value, &code) < 0)
			return code;
	}
	if (more < 0)
		return code;
	if (!text)
		return cli_usage(&cmd_show, "missing argument RUN");
	return show(cli, text, uri, json);
}

const struct cmd cmd_show = {
    .name = "show",
    .args = "[OPTIONS] RUN",
    .summary = "Show everything that is recorded of a run",
    .text = "RUN is a run id, its beginning, or a run name.",
    .opts = {show_opts, NULL},
    .run = run_show,
};
