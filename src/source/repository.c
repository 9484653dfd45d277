/* SPDX-License-Identifier: MIT */
#include "source/repository.h"

#include "base/clock.h"

enum { STALL_MS = 30 * 1000 };

static cJSON *make_request(const struct ctx *ctx, const struct source_uri *u,
    const char *op, const char *version, const char *dest, bool offline)
{
	cJSON *rq = cJSON_CreateObject();
	json_put_str(rq, "op", op);
	json_put_str(rq, "url", u->url);
	json_put_str(rq, "repo", u->repo);
	json_put_str(rq, "origin", u->origin);
	json_put_str(rq, "host", u->host);
	json_put_str(rq, "version", version);
	json_put_str(rq, "tree", u->tree);
	json_put_bool(rq, "tree_is_file", u->tree_is_file);
	json_put_bool(rq, "offline", offline);
	json_put_str(rq, "cache_dir", ctx->cache_dir);
	json_put_str(rq, "dest", dest);
	json_put_str(rq, "subdir", u->subdir);
	json_put_bool(rq, "reuse", strcmp(op, "checkout") == 0);
	return rq;
}

static int ask(const struct ctx *ctx, const struct source_uri *u, const cJSON *rq,
    cJSON **done, struct err *err)
{
	struct helper h = HELPER_INIT;
	if (helper_start(ctx, "mlp-git", rq, &h, err) < 0)
		return -1;
	return helper_finish(ctx, &h, STALL_MS, u->host, done, err);
}

static void warn(const struct ctx *ctx, const cJSON *done, const struct err *why)
{
	int64_t fetched = json_int(done, "fetched", -1);
	int64_t age = fetched < 0 ? -1 : clock_now_ms() - fetched;
	auto_buf text = BUF_INIT;
	if (age >= 0)
		clock_format_duration(&text, age);
	ctx_say(ctx, SAY_WARNING, "%s; the copy that was fetched %s ago is used",
	    why->msg, age >= 0 ? text.s : "some time");
}

/* Nobody answers: that is the reason, unless there is a copy to say something of. */
static int fall_back(const struct ctx *ctx, const struct source_uri *u, const cJSON *rq,
    cJSON **done, struct err *err)
{
	struct err why = *err, second = ERR_INIT;
	if (ask(ctx, u, rq, done, &second) == 0) {
		err_clear(err);
		warn(ctx, *done, &why);
		return 0;
	}
	if (second.code == ERR_INTERRUPTED) {
		*err = second;
	} else if (second.code != ERR_NOTFOUND) {
		err_clear(err);
		err_set(err, why.code, "%s; %s", why.msg, second.msg);
		err_hint(err, "%s", why.hint);
	}
	return -1;
}

int repository_ask(const struct ctx *ctx, const struct source_uri *u, const char *op,
    const char *version, const char *dest, cJSON **done, struct err *err)
{
	auto_json rq = NULL;
	auto_json again = NULL;
	if (version && !*version)
		return err_set(err, ERR_USAGE, "the version is empty");
	rq = make_request(ctx, u, op, version, dest, ctx->offline);
	if (ask(ctx, u, rq, done, err) == 0)
		return 0;
	if (err->code != ERR_BUSY || ctx->offline || u->repo)
		return -1;
	again = make_request(ctx, u, op, version, dest, true);
	return fall_back(ctx, u, again, done, err);
}
