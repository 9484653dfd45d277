/* SPDX-License-Identifier: MIT */
/* mlp help, mlp version */
#include "cli/cli.h"

static int help_overview(void)
{
	auto_buf b = BUF_INIT;
	buf_adds(&b,
	    "usage: mlp COMMAND [OPTIONS] ...\n\n"
	    "Runs machine-learning projects (MLproject) and records every run.\n\n"
	    "Commands:\n");
	for (const struct cmd *const *c = commands; *c; c++)
		buf_addf(&b, "  %-10s %s\n", (*c)->name, (*c)->summary);
	buf_adds(&b, "\n'mlp COMMAND --help' tells the options of a command.\n"
		     "Start with: mlp run https://host/team/project.git -P epochs=5\n");
	return cli_print(b.s, b.len);
}

static int run_help(struct cli *cli, int argc, char *const *argv)
{
	struct cli_args args;
	const char *topic = NULL;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_help, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0)
		if (cli_take_arg(&cmd_help, &topic, args.it.value, &code) < 0)
			return code;
	if (more < 0)
		return code;
	if (!topic)
		return help_overview();
	for (const struct cmd *const *c = commands; *c; c++)
		if (strcmp((*c)->name, topic) == 0)
			return cmd_print_help(*c);
	return cli_usage(&cmd_help, "no such command: %s", topic);
}

const struct cmd cmd_help = {
    .name = "help",
    .args = "[COMMAND]",
    .summary = "Tell about mlp or one of its commands",
    .opts = {NULL},
    .run = run_help,
};

static int run_version(struct cli *cli, int argc, char *const *argv)
{
	struct cli_args args;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_version, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0)
		return cli_usage(&cmd_version, "unexpected argument '%s'", args.it.value);
	if (more < 0)
		return code;
	return cli_print("mlp " MLP_VERSION "\n", sizeof("mlp " MLP_VERSION "\n") - 1);
}

const struct cmd cmd_version = {
    .name = "version",
    .args = "",
    .summary = "Print the version",
    .opts = {NULL},
    .run = run_version,
};
