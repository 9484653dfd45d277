/* SPDX-License-Identifier: MIT */
/* mlp completion: the script that teaches a shell to complete mlp's command line. */
#include "cli/complete.h"

static int run_completion(struct cli *cli, int argc, char *const *argv)
{
	struct cli_args args;
	const char *shell = NULL, *script;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_completion, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0)
		if (cli_take_arg(&cmd_completion, &shell, args.it.value, &code) < 0)
			return code;
	if (more < 0)
		return code;
	if (!shell)
		return cli_usage(&cmd_completion, "missing argument bash, zsh or fish");
	script = complete_script(shell);
	if (!script)
		return cli_usage(
		    &cmd_completion, "no completion for '%s': bash, zsh or fish", shell);
	return cli_print(script, strlen(script));
}

const struct cmd cmd_completion = {
    .name = "completion",
    .args = "bash|zsh|fish",
    .summary = "Print the completion script for a shell",
    .text = "'make install' puts them where the shells look.  By hand:\n"
	    "  bash:  eval \"$(mlp completion bash)\"\n"
	    "  zsh:   source <(mlp completion zsh)\n"
	    "  fish:  mlp completion fish | source",
    .opts = {NULL},
    .run = run_completion,
};
