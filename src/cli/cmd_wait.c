/* SPDX-License-Identifier: MIT */
/* mlp wait: until runs have ended. */
#include "cli/meant.h"

enum { OPT_ALL = 1 };

static const struct opt wait_opts[] = {
    {OPT_ALL, 'a', "all", NULL, NULL, NULL, "All that live or are queued now"},
    {0},
};

/* Where it is tried again, until the last attempt has ended. */
static int wait_for(struct cli *cli, struct control_run *r)
{
	struct err err = ERR_INIT;
	int code = -1;
	while (control_wait(&cli->ctx, &cli->arena, r, &err) == 0) {
		meant_tell_end(cli, &r->card);
		code = r->card.exit_code;
		if (!control_next(&cli->ctx, &cli->arena, r))
			return code;
	}
	if (err.code == ERR_NOTFOUND && code >= 0) /* stopped before it was recorded */
		return code;
	if (err.code == ERR_INTERRUPTED)
		return 128 + err.sys;
	cli_error(cli, &err);
	return CLI_OURS;
}

static bool is_our_own(struct cli *cli, const struct meant *m)
{
	for (size_t i = 0; i < m->n; i++) {
		struct err err = ERR_INIT;
		if (!control_is_around_us(m->runs, m->n, m->runs[i].card.run_id))
			continue;
		err_set(&err, ERR_FAIL,
		    "this command is part of run %s, which would wait "
		    "for itself",
		    meant_name(cli, &m->runs[i].card));
		cli_error(cli, &err);
		return true;
	}
	return false;
}

static int wait_for_all(struct cli *cli, struct meant *m)
{
	int code = CLI_OK;
	if (is_our_own(cli, m))
		return CLI_OURS;
	if (m->n == 0)
		ctx_say(&cli->ctx, SAY_INFO, "no run lives, nothing to wait for");
	for (size_t i = 0; i < m->n; i++) {
		int one = wait_for(cli, &m->runs[i]);
		if (cli->ctx.interrupted && *cli->ctx.interrupted)
			return one;
		code = code ? code : one;
	}
	return code;
}

static int run_wait(struct cli *cli, int argc, char *const *argv)
{
	struct meant m = {.all = false};
	struct cli_args args;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_wait, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0) {
		if (args.it.opt)
			m.all = true;
		else
			meant_add(cli, &m, args.it.value);
	}
	if (more < 0 || !meant_find(cli, &cmd_wait, &m, CLI_OURS, &code))
		return code;
	return wait_for_all(cli, &m);
}

const struct cmd cmd_wait = {
    .name = "wait",
    .args = "[OPTIONS] RUN...",
    .summary = "Wait until runs have ended",
    .text = "The exit code is the run's own, as of 'mlp run': 0 only for FINISHED; of "
	    "several\n"
	    "runs the first that is not 0, in the order in which they are given.  125: a "
	    "run\n"
	    "that cannot be waited for.  A run with --retries has ended when its last "
	    "attempt\n"
	    "has.",
    .opts = {wait_opts, NULL},
    .run = run_wait,
};
