/* SPDX-License-Identifier: MIT */
#include "flow/find.h"

#include "flow/heal.h"

#include "base/buf.h"

enum { CANDIDATES = 6 };

static int ambiguous(struct store *store, struct arena *a, const char *text,
    const char *const *ids, size_t n, struct err *err)
{
	auto_buf list = BUF_INIT;
	for (size_t i = 0; i < n && i < CANDIDATES - 1; i++) {
		struct run_record r;
		struct err ignored = ERR_INIT;
		bool got = store->ops->run_get(store, a, ids[i], &r, &ignored) == 0;
		buf_addf(&list, "%s%s (%s)", i ? ", " : "", ids[i],
		    got && r.name ? r.name : "?");
	}
	if (n == CANDIDATES)
		buf_adds(&list, ", ...");
	err_set(err, ERR_NOTFOUND, "'%s' may mean several runs", text);
	return err_hint(err, "give more of the id: %s", list.s);
}

int run_find_one(const struct ctx *ctx, struct store *store, struct arena *a,
    const char *text, struct run_record *out, struct err *err)
{
	const char **ids;
	size_t n;
	if (store->ops->run_find(store, a, text, CANDIDATES, &ids, &n, err) < 0)
		return -1;
	if (n == 0) {
		err_set(err, ERR_NOTFOUND, "no run has the id or name '%s'", text);
		return err_hint(err, "'mlp runs' lists them");
	}
	if (n > 1)
		return ambiguous(store, a, text, ids, n, err);
	if (store->ops->run_get(store, a, ids[0], out, err) < 0)
		return -1;
	if (!heal_shown(ctx, store, out, 1))
		return 0;
	return store->ops->run_get(store, a, ids[0], out, err);
}

int run_find_recorded(const struct ctx *ctx, struct arena *a, const char *uri,
    const char *text, struct tracking *t, struct run_record *out, struct err *err)
{
	struct store *store;
	int rc;
	if (tracking_resolve(ctx, a, uri, t, err) < 0 ||
	    store_open(ctx, t, STORE_READ, &store, err) < 0)
		return -1;
	heal_runs(ctx);
	rc = run_find_one(ctx, store, a, text, out, err);
	store->ops->close(store);
	return rc;
}

int experiment_find(struct store *store, struct arena *a, const char *text,
    struct experiment_ref *out, struct err *err)
{
	struct experiment e;
	struct err ignored = ERR_INIT;
	*out = (struct experiment_ref){.name = text};
	if (store->ops->experiment_get(store, a, out, &e, &ignored) == 0)
		return 0;
	*out = (struct experiment_ref){.id = text};
	if (store->ops->experiment_get(store, a, out, &e, &ignored) == 0)
		return 0;
	return err_set(err, ERR_NOTFOUND, "no experiment has the name or id '%s'", text);
}
