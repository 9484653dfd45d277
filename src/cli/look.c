/* SPDX-License-Identifier: MIT */
#include "cli/look.h"

enum { OPT_JSON = 1, OPT_VERSION_REV, OPT_OFFLINE };

const struct opt look_opts[] = {
    {OPT_VERSION_REV, 'v', "version", NULL, "VERSION", NULL,
	"Branch, tag or commit of a git project"},
    {OPT_OFFLINE, 0, "offline", NULL, NULL, "MLP_OFFLINE",
	"Ask nobody over the network; use what is in the cache"},
    {OPT_JSON, 0, "json", NULL, NULL, NULL, "Print JSON"},
    {0},
};

int look_at(struct cli *cli, const struct cmd *cmd, int argc, char *const *argv,
    struct look *look, int *code)
{
	struct cli_args args;
	const char *uri = NULL, *version = NULL;
	int more;
	memset(look, 0, sizeof(*look));
	*code = CLI_OK;
	cli_args_start(&args, cmd, argc, argv);
	while ((more = cli_args_next(cli, &args, code)) > 0) {
		if (args.it.opt && args.it.opt->id == OPT_JSON)
			look->json = true;
		else if (args.it.opt && args.it.opt->id == OPT_OFFLINE)
			cli->ctx.offline = true;
		else if (args.it.opt)
			version = args.it.value;
		else if (cli_take_arg(cmd, &uri, args.it.value, code) < 0)
			return -1;
	}
	if (more < 0)
		return -1;
	look->rc = prepare_manifest(&cli->ctx, &cli->arena, uri ? uri : ".", version,
	    PREPARE_LOOK, NULL, &look->p, &look->err);
	return 0;
}
