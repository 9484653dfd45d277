/* SPDX-License-Identifier: MIT */
/* mlp run: a project, run and recorded. */
#include "base/quote.h"
#include "base/urltext.h"
#include "cli/dryrun.h"
#include "cli/limitopts.h"
#include "cli/info.h"
#include "cli/running.h"
#include "cli/runopts.h"

/* `mlp run URI -e train --help`: what that entry point takes. */
static int entry_help(struct cli *cli, const struct run_request *rq)
{
	const char *name = rq->plan.entry_point ? rq->plan.entry_point : "main";
	const char *shown = url_public(&cli->arena, rq->uri);
	struct prepared p;
	struct err err = ERR_INIT;
	auto_buf b = BUF_INIT;
	const struct entry_point *ep = NULL;
	int code = CLI_OURS;
	cmd_print_help(&cmd_run);
	if (prepare_manifest(&cli->ctx, &cli->arena, rq->uri, rq->version, PREPARE_LOOK,
		NULL, &p, &err) < 0) {
		cli_diags(cli, &p.diags);
		cli_error(cli, &err);
	} else if (!rq->plan.entry_point && !manifest_entry(p.manifest, name)) {
		buf_addc(&b, '\n');
		info_print(&b, p.manifest);
		code = cli_print(b.s, b.len);
	} else if ((ep = manifest_entry(p.manifest, name))) {
		buf_adds(&b, "\nParameters of ");
		quote_display_str(&b, shown);
		buf_adds(&b, ":\n");
		info_print_entry(&b, ep);
		code = cli_print(b.s, b.len);
	} else {
		err_set(&err, ERR_NOTFOUND, "%s has no entry point '%s'", shown, name);
		err_hint(&err, "'mlp info %s' lists them", shown);
		cli_error(cli, &err);
		code = CLI_USAGE;
	}
	prepared_done(&p);
	return code;
}

static int run_run(struct cli *cli, int argc, char *const *argv)
{
	struct cli_args args;
	struct runopts ro = {.json = false};
	struct err err = ERR_INIT;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_run, argc, argv);
	args.own_help = true;
	while ((more = cli_args_next(cli, &args, &code)) > 0) {
		if (!args.it.opt) {
			if (cli_take_arg(&cmd_run, &ro.rq.uri, args.it.value, &code) < 0)
				return code;
		} else if (runopts_take(cli, &ro, args.it.opt, args.it.value, &err) < 0) {
			cli_error(cli, &err);
			return CLI_USAGE;
		}
	}
	if (more < 0)
		return code;
	if (args.help_wanted && !ro.rq.uri)
		return cmd_print_help(&cmd_run);
	if (args.help_wanted)
		return entry_help(cli, &ro.rq);
	if (!ro.rq.uri)
		return cli_usage(&cmd_run, "Missing argument 'URI'.");
	if (runopts_finish(cli, &ro, &err) < 0) {
		cli_error(cli, &err);
		return CLI_USAGE;
	}
	if (ro.dry_run)
		return dry_run(cli, &ro);
	return ro.detach ? run_in_background(cli, &ro) : run_and_tell(cli, &ro.rq);
}

const struct cmd cmd_run = {
    .name = "run",
    .args = "[OPTIONS] URI",
    .summary = "Run a project and record the run",
    .text =
	"URI is a directory, an archive (zip, tar), a git repository (https://, ssh://,\n"
	"host:path, http://, git://, file://), owner/repo of github.com, or the address "
	"of\n"
	"a directory's page there; with #subdir for a project inside it.\n"
	"'mlp run URI -e NAME --help' shows what an entry point takes.\n"
	"The exit code is the command's own; 124 timed out, 126 and 127 as the shell "
	"gives\n"
	"them, 128+n signal n, 2 the command line is wrong, 125 mlp could not start it.",
    .opts = {version_opts, run_opts, limit_opts, NULL},
    .run = run_run,
};
