/* SPDX-License-Identifier: MIT */
#include "source/fetcher.h"

#include <errno.h>
#include <inttypes.h>

#include "base/helper.h"
#include "base/path.h"

enum { STALL_MS = 30 * 1000 };

/* MLP_FETCH_MAX: bytes, or with K, M, G or T behind them.  0: not set. */
static int size_limit(int64_t *max, struct err *err)
{
	static const char units[] = "KMGT";
	const char *text = getenv("MLP_FETCH_MAX"), *unit;
	char *end;
	int shift = 0;
	*max = 0;
	if (!text || !*text)
		return 0;
	errno = 0;
	*max = strtoimax(text, &end, 10);
	unit = *end ? strchr(units, *end & ~0x20) : NULL;
	if (unit)
		shift = 10 * (int)(unit - units + 1);
	if (errno || *max <= 0 || (*end && (!unit || end[1])) ||
	    *max > INT64_MAX >> shift) {
		err_set(err, ERR_USAGE, "MLP_FETCH_MAX: '%s' is not a size", text);
		return err_hint(err, "write bytes, or a number and K, M, G or T: 20G");
	}
	*max <<= shift;
	return 0;
}

static int find_store(const struct ctx *ctx, struct arena *a, const struct fetcher_ask *q,
    const char **store, struct err *err)
{
	*store = q->store;
	if (q->store || (q->path && strcmp(q->op, "download") != 0))
		return 0;
	if (!ctx->cache_dir) {
		err_set(err, ERR_FAIL,
		    "there is no place for a copy of '%s': HOME is not set", q->shown);
		return err_hint(err, "set HOME or XDG_CACHE_HOME");
	}
	*store = path_join(a, ctx->cache_dir, "downloads");
	return 0;
}

int fetcher_ask(
    const struct ctx *ctx, const struct fetcher_ask *q, cJSON **done, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct helper h = HELPER_INIT;
	auto_json rq = cJSON_CreateObject();
	const char *store;
	int64_t max;
	if (find_store(ctx, &a, q, &store, err) < 0 || size_limit(&max, err) < 0)
		return -1;
	json_put_str(rq, "op", q->op);
	json_put_str(rq, "url", q->url);
	json_put_str(rq, "path", q->path);
	json_put_str(rq, "shown", q->shown);
	json_put_str(rq, "host", q->host);
	json_put_str(rq, "sha256", q->sha256);
	json_put_str(rq, "store", store);
	json_put_str(rq, "dest", q->dest);
	json_put_str(rq, "subdir", q->subdir);
	json_put_bool(rq, "sniff", q->sniff);
	json_put_bool(rq, "offline", ctx->offline);
	if (max)
		json_put_int(rq, "max", max);
	if (helper_start(ctx, "mlp-fetch", rq, &h, err) < 0)
		return -1;
	return helper_finish(ctx, &h, STALL_MS, q->host ? q->host : q->shown, done, err);
}
