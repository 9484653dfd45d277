/* SPDX-License-Identifier: MIT */
/*
 * mlp -- runs machine-learning projects and records every run.
 *
 * The map of the house.  Data flows down this list, and a later stage never calls an
 * earlier one; base is below all of them, flow, cache, lib and cli above.
 *
 *   cli/       one file per command (cmd_*.c); opt.c is the table-driven parser, args.c
 *              usage and --help, setup.c the context, out.c what people see, runopts.c
 *              the options of run and rerun, runjson.c a run as JSON; complete*.c
 *              answer the shells at each Tab, init_*.c make projects
 *   lib/       what include/mlp.h promises: libmlp; the CLI looks at runs through it
 *   cache/     what nobody uses any more is found and removed: gc.c
 *   flow/      the stages in their order: prepare.c (source, manifest, plan), launch.c
 *              (open the run, supervise, close it), ending.c (what an end means), heal.c
 *              (runs that a killed mlp left), rerun.c (a record becomes a request),
 *              detach.c (in the background), enqueue.c, queue*.c, runner.c (one after
 *              the other), frozen.c (with the code of then), control*.c (which runs
 *              live; waiting for them, stopping them), follow.c (their output as it
 *              comes), crew*.c (processes that launch many, with what kept.c keeps from
 *              one to the next), batchline.c (one is asked for as JSON), sweep*.c (many
 *              points of one project)
 *   source/    what a URI means, and asking mlp-git for its tree
 *   manifest/  an MLproject file as a model; YAML with line and column; diagnostics
 *   plan/      pure: parameters, command template, entry point, environment -> plan
 *   track/     runs and experiments in SQLite with MLflow's schema; `struct store`
 *   env/       what has to be there first: docker, virtualenv and uv, conda; each kind a
 *              row of the table in env.c; plan/ says what is wanted
 *   run/       one command: terminal, logs, signals, time limit, leftovers; its lock,
 *              which is its life, and its card, which shows it
 *   base/      no domain words: errors, strings, memory, files, processes, JSON, helpers
 *
 * Programs of their own in libexec/mlp, started when they are wanted:
 *
 *   supervise/ mlp-supervise: a run for a program that uses libmlp
 *   git/       mlp-git: mirrors, checkouts, facts of a work tree; alone links libgit2
 *   fetch/     mlp-fetch: downloads, archives; alone links libcurl, libarchive, libcrypto
 *   api/       MLflow's REST messages and the table of routes, free of HTTP
 *   server/    mlp-serve: HTTP in front of api; alone links libmicrohttpd and libcrypt
 */
#include "cli/cli.h"

#include <signal.h>

#include "base/nearest.h"
#include "base/urltext.h"
#include "cli/complete.h"
#include "cli/runopts.h"
#include "flow/runner.h"

const struct cmd *const commands[] = {&cmd_run, &cmd_rerun, &cmd_check, &cmd_info,
    &cmd_runs, &cmd_show, &cmd_ps, &cmd_logs, &cmd_wait, &cmd_stop, &cmd_attach,
    &cmd_queue, &cmd_batch, &cmd_sweep, &cmd_server, &cmd_env, &cmd_gc, &cmd_init,
    &cmd_completion, &cmd_version, &cmd_help, NULL};

static const struct cmd *find_command(const char *name)
{
	for (const struct cmd *const *c = commands; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}

static int unknown_command(const char *name)
{
	const char *names[32], *near;
	auto_buf shown = BUF_INIT;
	size_t n = 0;
	if (name[0] == '-') {
		dprintf(STDERR_FILENO,
		    "mlp: no such option before the command: %s\n"
		    "Options follow it: mlp COMMAND [OPTIONS] ...\n",
		    name);
		return CLI_USAGE;
	}
	for (const struct cmd *const *c = commands; *c; c++)
		names[n++] = (*c)->name;
	near = nearest(name, names, n);
	url_mask(&shown, name);
	dprintf(STDERR_FILENO, "mlp: no such command: %s\n", shown.s);
	if (near)
		dprintf(STDERR_FILENO, "  did you mean 'mlp %s'?\n", near);
	dprintf(STDERR_FILENO, "Try 'mlp help' for the commands.\n");
	return CLI_USAGE;
}

/* `mlflow --env-file F run ...` has that option before the command. */
static int leading_env_file(struct cli *cli, int *argc, char *const **argv)
{
	struct err err = ERR_INIT;
	const char *file = NULL;
	int used = 0;
	if (*argc >= 1 && strcmp((*argv)[0], "--env-file") == 0) {
		file = (*argv)[1];
		used = 2;
		if (!file)
			err_set(
			    &err, ERR_USAGE, "option --env-file needs a value (FILE)");
	} else if (*argc >= 1 && strncmp((*argv)[0], "--env-file=", 11) == 0) {
		file = (*argv)[0] + 11;
		used = 1;
	}
	if (err.code || (file && env_file_load(file, &err) < 0)) {
		cli_error(cli, &err);
		return -1;
	}
	*argc -= used;
	*argv += used;
	return 0;
}

static int be_runner(struct cli *cli)
{
	cli_hear_signals();
	signal(SIGHUP, SIG_IGN); /* of a terminal that is none of ours */
	return runner_run(&cli->ctx);
}

static int dispatch(struct cli *cli, int argc, char *const *argv)
{
	const struct cmd *cmd;
	if (leading_env_file(cli, &argc, &argv) < 0)
		return CLI_USAGE;
	if (argc == 0) {
		cmd_help.run(cli, 0, argv);
		return CLI_USAGE;
	}
	if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0)
		return cmd_version.run(cli, 0, argv);
	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
		return cmd_help.run(cli, 0, argv);
	if (strcmp(argv[0], "__complete") == 0)
		return complete_run(cli, argc - 1, argv + 1);
	if (strcmp(argv[0], RUNNER_COMMAND) == 0)
		return be_runner(cli);
	cmd = find_command(argv[0]);
	if (cmd && !cli->ctx.cwd && cmd != &cmd_help && cmd != &cmd_version) {
		dprintf(STDERR_FILENO,
		    "mlp: the current directory does not exist any more\n"
		    "  go to another one: cd ~\n");
		return cmd == &cmd_run || cmd == &cmd_rerun ? CLI_OURS : CLI_FAILED;
	}
	if (!cmd)
		return unknown_command(argv[0]);
	if (cmd != &cmd_help && cmd != &cmd_version && cmd != &cmd_completion)
		runner_wake(&cli->ctx); /* whoever was, may have been killed */
	return cmd->run(cli, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	struct cli cli;
	int code;
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		static const char line[] = "mlp " MLP_VERSION "\n";
		return cli_print(line, sizeof(line) - 1); /* asked often, by scripts */
	}
	cli_setup(&cli);
	code = dispatch(&cli, argc - 1, argv + 1);
	cli_release(&cli);
	return code;
}
