/* SPDX-License-Identifier: MIT */
/* mlp logs: what a run's command has written. */
#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "cli/api.h"

enum { OPT_STDOUT = 1, OPT_STDERR, OPT_TRACKING_URI };

static const struct opt logs_opts[] = {
    {OPT_STDOUT, 0, "stdout", NULL, NULL, NULL, "Only standard output"},
    {OPT_STDERR, 0, "stderr", NULL, NULL, NULL, "Only standard error"},
    {OPT_TRACKING_URI, 0, "tracking-uri", NULL, "URI", "MLFLOW_TRACKING_URI",
	"Where the run is recorded (sqlite:///mlflow.db)"},
    {0},
};

/* 1: copied, 0: there is none, -1: failed (said). */
static int copy_log(const char *path, int to)
{
	char block[65536];
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;
	if (fd < 0 && errno == ENOENT)
		return 0;
	while (fd >= 0 && (n = read(fd, block, sizeof(block))) > 0)
		if (cli_write(to, block, (size_t)n) != CLI_OK)
			return -1;
	if (fd >= 0 && n == 0)
		return 1;
	dprintf(STDERR_FILENO, "mlp: cannot read '%s': %s\n", path, strerror(errno));
	return -1;
}

static int print_logs(struct cli *cli, const struct mlp_record *r, bool out, bool err)
{
	struct arena *a = &cli->arena;
	const char *dir = r->log_dir;
	int got_out =
	    dir && out ? copy_log(path_join(a, dir, "stdout.log"), STDOUT_FILENO) : 0;
	int got_err = dir && err ? copy_log(path_join(a, dir, "stderr.log"),
				       out ? STDERR_FILENO : STDOUT_FILENO)
				 : 0;
	if (got_out < 0 || got_err < 0)
		return CLI_FAILED;
	if (got_out || got_err)
		return CLI_OK;
	cli_failed(cli, arena_printf(a, "run %s has no logs here (%s)", r->run_id,
			    dir ? dir : r->artifact_uri));
	return CLI_FAILED;
}

static int run_logs(struct cli *cli, int argc, char *const *argv)
{
	struct cli_args args;
	const char *text = NULL, *uri = NULL;
	bool only_out = false, only_err = false;
	struct mlp_record *r;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_logs, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0) {
		if (args.it.opt && args.it.opt->id == OPT_TRACKING_URI)
			uri = args.it.value;
		else if (args.it.opt && args.it.opt->id == OPT_STDOUT)
			only_out = true;
		else if (args.it.opt)
			only_err = true;
		else if (cli_take_arg(&cmd_logs, &text, args.it.value, &code) < 0)
			return code;
	}
	if (more < 0)
		return code;
	if (!text)
		return cli_usage(&cmd_logs, "missing argument RUN");
	r = api_run(cli, uri, text);
	if (!r)
		return CLI_FAILED;
	code = print_logs(cli, r, only_out || !only_err, only_err || !only_out);
	mlp_record_free(r);
	return code;
}

const struct cmd cmd_logs = {
    .name = "logs",
    .args = "[OPTIONS] RUN",
    .summary = "Print what a run's command has written",
    .text =
	"Its standard output goes to standard output, its standard error to standard\n"
	"error.  RUN is a run id, its beginning, or a run name.",
    .opts = {logs_opts, NULL},
    .run = run_logs,
};
