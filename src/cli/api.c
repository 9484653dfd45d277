/* SPDX-License-Identifier: MIT */
#include "cli/api.h"

static void on_message(void *arg, int level, const char *text)
{
	cli_say(arg, (enum say_level)level, text);
}

void api_error(struct cli *cli, const struct mlp_error *e)
{
	struct err err = ERR_INIT;
	err_set(&err, (enum err_code)e->code, "%s", e->message);
	if (e->hint[0])
		err_hint(&err, "%s", e->hint);
	cli_error(cli, &err);
}

struct mlp *api_open(struct cli *cli, const char *tracking_uri)
{
	struct mlp_options o = MLP_OPTIONS_INIT;
	struct mlp_error e = MLP_ERROR_INIT;
	struct mlp *m;
	o.tracking_uri = tracking_uri;
	o.message = on_message;
	o.arg = cli;
	if (mlp_open(&o, &m, &e) < 0) {
		api_error(cli, &e);
		return NULL;
	}
	cli_interrupts(m);
	return m;
}

void api_close(struct mlp *m)
{
	cli_interrupts(NULL);
	mlp_close(m);
}

struct mlp_record *api_run(struct cli *cli, const char *tracking_uri, const char *text)
{
	struct mlp *m = api_open(cli, tracking_uri);
	struct mlp_error e = MLP_ERROR_INIT;
	struct mlp_record *run = NULL;
	if (!m)
		return NULL;
	if (mlp_run_get(m, text, &run, &e) < 0)
		api_error(cli, &e);
	api_close(m);
	return run;
}
