/* SPDX-License-Identifier: MIT */
#include "cli/stored.h"

#include "flow/heal.h"

enum { CANDIDATES = 6 };

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

static int ambiguous(struct cli *cli, struct store *store, const char *text,
    const char *const *ids, size_t n, struct err *err)
{
	auto_buf list = BUF_INIT;
	for (size_t i = 0; i < n && i < CANDIDATES - 1; i++) {
		struct run_record r;
		struct err ignored = ERR_INIT;
		bool got =
		    store->ops->run_get(store, &cli->arena, ids[i], &r, &ignored) == 0;
		buf_addf(&list, "%s%s (%s)", i ? ", " : "", ids[i],
		    got && r.name ? r.name : "?");
	}
	if (n == CANDIDATES)
		buf_adds(&list, ", ...");
	err_set(err, ERR_NOTFOUND, "'%s' may mean several runs", text);
	return err_hint(err, "give more of the id: %s", list.s);
}

int stored_find(struct cli *cli, struct store *store, const char *text,
    struct run_record *out, struct err *err)
{
	const char **ids;
	size_t n;
	if (store->ops->run_find(store, &cli->arena, text, CANDIDATES, &ids, &n, err) < 0)
		return -1;
	if (n == 0) {
		err_set(err, ERR_NOTFOUND, "no run has the id or name '%s'", text);
		return err_hint(err, "'mlp runs' lists them");
	}
	if (n > 1)
		return ambiguous(cli, store, text, ids, n, err);
	if (store->ops->run_get(store, &cli->arena, ids[0], out, err) < 0)
		return -1;
	if (!heal_shown(&cli->ctx, store, out, 1))
		return 0;
	return store->ops->run_get(store, &cli->arena, ids[0], out, err);
}
