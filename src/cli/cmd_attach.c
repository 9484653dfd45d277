/* SPDX-License-Identifier: MIT */
/* mlp attach: a run in the background as if it were in the foreground. */
#include <signal.h>

#include "cli/meant.h"
#include "flow/follow.h"

/* Ctrl-C is meant for the run, anything else for us.  -1: go on. */
static int on_interrupt(struct cli *cli, struct follow *f)
{
	struct err err = ERR_INIT;
	int sig = cli_take_interrupt();
	if (sig != SIGINT) {
		ctx_say(&cli->ctx, SAY_INFO,
		    "run %s goes on; 'mlp attach %.8s' shows it "
		    "again",
		    meant_name(cli, &f->run.card), f->run.card.run_id);
		return 128 + sig;
	}
	if (!f->run.dir) {
		ctx_say(&cli->ctx, SAY_INFO, "run %s is %s; 'mlp stop %.8s' ends that",
		    meant_name(cli, &f->run.card), card_state_word(f->run.card.state),
		    f->run.card.run_id);
		return 128 + sig;
	}
	if (control_stop(&cli->ctx, &f->run, SIGINT, -1, &err) == 0 ||
	    err.code == ERR_NOTFOUND)
		return -1;
	cli_error(cli, &err);
	return 128 + sig;
}

static int tell_end(struct cli *cli, struct control_run *r)
{
	struct err err = ERR_INIT;
	if (control_wait(&cli->ctx, &cli->arena, r, &err) == 0) {
		meant_tell_end(cli, &r->card);
		return r->card.exit_code;
	}
	if (err.code == ERR_INTERRUPTED)
		return 128 + err.sys;
	cli_error(cli, &err);
	return CLI_OURS;
}

static int attach(struct cli *cli, struct follow *f)
{
	struct err err = ERR_INIT;
	for (;;) {
		int code;
		switch (follow_go_on(f, &err)) {
		case FOLLOW_ENDED:
			return tell_end(cli, &f->run);
		case FOLLOW_NO_READER:
			return 128 + SIGPIPE;
		case FOLLOW_FAILED:
			cli_error(cli, &err);
			return CLI_OURS;
		case FOLLOW_INTERRUPTED:
			code = on_interrupt(cli, f);
			if (code >= 0)
				return code;
		}
	}
}

static int attach_to(struct cli *cli, const char *text)
{
	const struct follow_want want = {
	    .to = {STDOUT_FILENO, STDERR_FILENO}, .lines = -1};
	struct control_run r;
	struct err err = ERR_INIT;
	struct follow f;
	int code;
	if (control_find(&cli->ctx, &cli->arena, NULL, text, &r, &err) < 0) {
		cli_error(cli, &err);
		return CLI_OURS;
	}
	if (r.dir && isatty(STDIN_FILENO))
		ctx_say(&cli->ctx, SAY_INFO,
		    "run %s: Ctrl-C stops it, Ctrl-\\ leaves it running",
		    meant_name(cli, &r.card));
	follow_open(&f, &cli->ctx, &cli->arena, &r, &want);
	code = attach(cli, &f);
	follow_close(&f);
	return code;
}

static int run_attach(struct cli *cli, int argc, char *const *argv)
{
	struct cli_args args;
	const char *text = NULL;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_attach, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0)
		if (cli_take_arg(&cmd_attach, &text, args.it.value, &code) < 0)
			return code;
	if (more < 0)
		return code;
	if (!text)
		return cli_usage(&cmd_attach, "missing argument RUN");
	return attach_to(cli, text);
}

const struct cmd cmd_attach = {
    .name = "attach",
    .args = "[OPTIONS] RUN",
    .summary = "Show a run's output until it has ended, and stop it with Ctrl-C",
    .text = "A second Ctrl-C kills at once.  Ctrl-\\, a hang-up, and TERM end only "
	    "attach; the\n"
	    "run goes on.  The exit code is the run's own, as of 'mlp wait'.",
    .opts = {NULL},
    .run = run_attach,
};
