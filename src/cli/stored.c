/* SPDX-License-Identifier: MIT */
#include "cli/stored.h"

#include "flow/find.h"
#include "flow/heal.h"

int stored_open(struct cli *cli, const char *tracking_uri, struct store **out)
{
	struct tracking *t = arena_new(&cli->arena, struct tracking);
	struct err err = ERR_INIT;
	if (tracking_resolve(&cli->ctx, &cli->arena, tracking_uri, t, &err) < 0 ||
	    store_open(&cli->ctx, t, STORE_READ, out, &err) < 0) {
		cli_error(cli, &err);
		return -1;
	}
	heal_runs(&cli->ctx, *out);
	return 0;
}

int stored_find(struct cli *cli, struct store *store, const char *text,
    struct run_record *out, struct err *err)
{
	return run_find_one(&cli->ctx, store, &cli->arena, text, out, err);
}
