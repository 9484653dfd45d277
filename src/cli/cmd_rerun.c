/* SPDX-License-Identifier: MIT */
/* mlp rerun: an old run, again. */
#include "cli/dryrun.h"
#include "cli/limitopts.h"
#include "cli/running.h"
#include "cli/runopts.h"
#include "flow/rerun.h"

static int start(struct cli *cli, const char *text, struct runopts *ro)
{
	struct err err = ERR_INIT;
	if (rerun_find(&cli->ctx, &cli->arena, text, &ro->rq, &err) < 0) {
		cli_error(cli, &err);
		return CLI_OURS;
	}
	if (ro->dry_run)
		return dry_run(cli, ro);
	return ro->detach ? run_in_background(cli, ro) : run_and_tell(cli, &ro->rq);
}

static int run_rerun(struct cli *cli, int argc, char *const *argv)
{
	struct cli_args args;
	struct runopts ro = {.json = false};
	struct err err = ERR_INIT;
	const char *text = NULL;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_rerun, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0) {
		if (!args.it.opt) {
			if (cli_take_arg(&cmd_rerun, &text, args.it.value, &code) < 0)
				return code;
		} else if (runopts_take(cli, &ro, args.it.opt, args.it.value, &err) < 0) {
			cli_error(cli, &err);
			return CLI_USAGE;
		}
	}
	if (more < 0)
		return code;
	if (!text)
		return cli_usage(&cmd_rerun, "missing argument RUN");
	if (runopts_finish(cli, &ro, &err) < 0) {
		cli_error(cli, &err);
		return CLI_USAGE;
	}
	return start(cli, text, &ro);
}

const struct cmd cmd_rerun = {
    .name = "rerun",
    .args = "[OPTIONS] RUN",
    .summary = "Run the recorded commit, entry point and parameters of RUN again",
    .text = "RUN is a run id, its beginning, or a run name.  -P and --params override "
	    "what is\n"
	    "recorded.  The new run has the tag mlp.rerunOf.",
    .opts = {run_opts, limit_opts, NULL},
    .run = run_rerun,
};
