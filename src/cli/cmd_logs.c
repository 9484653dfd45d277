/* SPDX-License-Identifier: MIT */
/* mlp logs: what a run's command has written, and writes. */
#include "cli/cli.h"
#include "flow/follow.h"

enum { OPT_FOLLOW = 1, OPT_LINES, OPT_STDOUT, OPT_STDERR, OPT_TRACKING_URI };
enum { MOST_LINES = 1000000000 };

static const struct opt logs_opts[] = {
    {OPT_FOLLOW, 'f', "follow", NULL, NULL, NULL,
	"Go on with what is written, until the run has ended"},
    {OPT_LINES, 'n', "lines", NULL, "N", NULL, "Only the last N lines of what is shown"},
    {OPT_STDOUT, 0, "stdout", NULL, NULL, NULL, "Only standard output"},
    {OPT_STDERR, 0, "stderr", NULL, NULL, NULL, "Only standard error"},
    {OPT_TRACKING_URI, 0, "tracking-uri", NULL, "URI", "MLFLOW_TRACKING_URI",
	"Where the run is recorded (sqlite:///mlflow.db)"},
    {0},
};

struct logs_args {
	const char *text, *uri;
	bool follow, only_out, only_err;
	long lines;
};

static int take(
    struct logs_args *la, const struct opt *opt, const char *value, struct err *err)
{
	char *end;
	switch (opt->id) {
	case OPT_FOLLOW:
		la->follow = true;
		return 0;
	case OPT_LINES:
		la->lines = strtol(value, &end, 10);
		if (end != value && !*end && la->lines >= 0 && la->lines <= MOST_LINES)
			return 0;
		return err_set(err, ERR_USAGE,
		    "--lines: '%s' is not a number from 0 to %d", value, MOST_LINES);
	case OPT_STDOUT:
		la->only_out = true;
		return 0;
	case OPT_STDERR:
		la->only_err = true;
		return 0;
	default:
		la->uri = value;
		return 0;
	}
}

static int tell_missing(struct cli *cli, const struct control_run *r)
{
	struct arena *a = &cli->arena;
	const struct card *c = &r->card;
	if (!card_has_ended(c)) {
		ctx_say(&cli->ctx, SAY_INFO, "run %s has written nothing yet: it is %s",
		    c->run_id, card_state_word(c->state));
		return CLI_OK;
	}
	cli_failed(cli, arena_printf(a, "run %s has no logs here (%s)", c->run_id,
			    c->log_dir ? c->log_dir : "no directory is known"));
	return CLI_FAILED;
}

static int print_logs(struct cli *cli, const struct logs_args *la, struct follow *f)
{
	struct err err = ERR_INIT;
	switch (la->follow ? follow_go_on(f, &err) : follow_print(f, &err)) {
	case FOLLOW_ENDED:
		return f->any ? CLI_OK : tell_missing(cli, &f->run);
	case FOLLOW_NO_READER: /* has seen enough */
		return CLI_OK;
	case FOLLOW_INTERRUPTED:
		return 128 + *cli->ctx.interrupted;
	default:
		cli_error(cli, &err);
		return CLI_FAILED;
	}
}

static int show(struct cli *cli, const struct logs_args *la)
{
	bool out = la->only_out || !la->only_err, both = la->only_out == la->only_err;
	const struct follow_want want = {
	    .to = {out ? STDOUT_FILENO : -1, both	    ? STDERR_FILENO
					     : la->only_err ? STDOUT_FILENO
							    : -1},
	    .lines = la->lines};
	struct control_run r;
	struct err err = ERR_INIT;
	struct follow f;
	int code;
	if (control_find(&cli->ctx, &cli->arena, la->uri, la->text, &r, &err) < 0) {
		cli_error(cli, &err);
		return CLI_FAILED;
	}
	follow_open(&f, &cli->ctx, &cli->arena, &r, &want);
	code = print_logs(cli, la, &f);
	follow_close(&f);
	return code;
}

static int run_logs(struct cli *cli, int argc, char *const *argv)
{
	struct logs_args la = {.lines = -1};
	struct cli_args args;
	struct err err = ERR_INIT;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_logs, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0) {
		if (!args.it.opt) {
			if (cli_take_arg(&cmd_logs, &la.text, args.it.value, &code) < 0)
				return code;
		} else if (take(&la, args.it.opt, args.it.value, &err) < 0) {
			cli_error(cli, &err);
			return CLI_USAGE;
		}
	}
	if (more < 0)
		return code;
	if (!la.text)
		return cli_usage(&cmd_logs, "missing argument RUN");
	return show(cli, &la);
}

const struct cmd cmd_logs = {
    .name = "logs",
    .args = "[OPTIONS] RUN",
    .summary = "Print what a run's command has written",
    .text =
	"Its standard output goes to standard output, its standard error to standard\n"
	"error, in the order in which they came.  RUN is a run id, its beginning, or a "
	"run\n"
	"name, of any run that was started on this machine, or is recorded here.",
    .opts = {logs_opts, NULL},
    .run = run_logs,
};
