/* SPDX-License-Identifier: MIT */
/* args.c -- stepping through a command's words; usage errors and --help. */
#include "base/file.h"
#include "base/urltext.h"
#include "cli/cli.h"

const struct opt common_opts[] = {
    {OPT_QUIET, 'q', "quiet", NULL, NULL, NULL, "Only warnings and errors"},
    {OPT_VERBOSE, 0, "verbose", NULL, NULL, NULL, "Say more about what is done"},
    {OPT_HELP, 'h', "help", NULL, NULL, NULL, "Show this help"},
    {0},
};

void cli_args_start(
    struct cli_args *args, const struct cmd *cmd, int argc, char *const *argv)
{
	size_t n = 0;
	memset(args, 0, sizeof(*args));
	args->cmd = cmd;
	for (; cmd->opts[n]; n++)
		args->tables[n] = cmd->opts[n];
	args->tables[n] = common_opts;
	opt_start(&args->it, args->tables, argc, argv);
}

static int usage_line(const struct cmd *cmd)
{
	dprintf(STDERR_FILENO,
	    "usage: mlp %s %s\n"
	    "Try 'mlp %s --help' for the options.\n",
	    cmd->name, cmd->args, cmd->name);
	return CLI_USAGE;
}

int cli_usage(const struct cmd *cmd, const char *fmt, ...)
{
	auto_buf b = BUF_INIT, shown = BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	url_mask(&shown, b.s);
	dprintf(STDERR_FILENO, "mlp: %s\n", shown.s);
	return usage_line(cmd);
}

int cli_take_arg(const struct cmd *cmd, const char **slot, const char *value, int *code)
{
	if (!*slot) {
		*slot = value;
		return 0;
	}
	*code = cli_usage(cmd, "unexpected argument '%s'", value);
	return -1;
}

int cli_args_next(struct cli *cli, struct cli_args *args, int *code)
{
	struct err err = ERR_INIT;
	while (opt_next(&args->it, &err)) {
		int id = args->it.opt ? args->it.opt->id : 0;
		if (id == OPT_QUIET) {
			cli->least = SAY_WARNING;
		} else if (id == OPT_VERBOSE) {
			cli->least = SAY_DEBUG;
		} else if (id == OPT_HELP && args->own_help) {
			args->help_wanted = true;
		} else if (id == OPT_HELP) {
			*code = cmd_print_help(args->cmd);
			return -1;
		} else {
			return 1;
		}
	}
	if (!err.code)
		return 0;
	cli_error(cli, &err);
	*code = usage_line(args->cmd);
	return -1;
}

int cmd_print_help(const struct cmd *cmd)
{
	auto_buf b = BUF_INIT;
	buf_addf(&b, "usage: mlp %s%s%s\n\n%s.\n", cmd->name, *cmd->args ? " " : "",
	    cmd->args, cmd->summary);
	if (cmd->text)
		buf_addf(&b, "\n%s\n", cmd->text);
	buf_adds(&b, "\nOptions:\n");
	for (size_t i = 0; cmd->opts[i]; i++)
		opt_help(&b, cmd->opts[i]);
	opt_help(&b, common_opts);
	return cli_print(b.s, b.len);
}
