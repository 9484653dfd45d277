/* SPDX-License-Identifier: MIT */
#include "supervise/request.h"

#include <errno.h>

#include "flow/given.h"
#include "flow/requestjson.h"
#include "flow/rerun.h"

static int read_line(int fd, struct buf *line, struct err *err)
{
	enum { BLOCK = 65536 };
	while (!memchr(line->s, '\n', line->len)) {
		ssize_t n;
		if (line->len > REQUEST_MAX)
			return err_set(err, ERR_USAGE, "the request is too long");
		buf_reserve(line, BLOCK);
		n = read(fd, line->s + line->len, BLOCK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(err, ERR_USAGE, "there is no request");
		line->len += (size_t)n;
		line->s[line->len] = '\0';
	}
	return 0;
}

int request_read(int fd, struct arena *a, struct request_in *in, struct err *err)
{
	auto_buf line = BUF_INIT;
	const cJSON *j;
	if (read_line(fd, &line, err) < 0)
		return -1;
	in->json = json_parse(line.s, strcspn(line.s, "\n"), "the request", err);
	if (!in->json)
		return -1;
	j = in->json;
	in->parent = (pid_t)json_int(j, "parent", 0);
	if (request_from_json(j, a, &in->rq, err) < 0)
		return -1;
	in->rerun_of = in->rq.rerun_of; /* as text; rerun_find says which run that is */
	in->rq.rerun_of = NULL;
	in->rq.new_id = json_str(j, "new_id");
	in->rq.background = true;
	if (!in->rq.uri == !in->rerun_of || !json_str(j, "directory"))
		return err_set(err, ERR_USAGE,
		    "the request has no directory, or not one of uri and rerun_of");
	return 0;
}

void request_release(struct request_in *in)
{
	cJSON_Delete(in->json);
	in->json = NULL;
}

int request_apply(
    struct request_in *in, struct arena *a, struct ctx *ctx, struct err *err)
{
	ctx->cwd = json_str(in->json, "directory");
	ctx->cache_dir = json_str(in->json, "cache_dir");
	ctx->state_dir = json_str(in->json, "state_dir");
	if (json_bool(in->json, "offline", false))
		ctx->offline = true;
	if (chdir(ctx->cwd) < 0)
		return err_sys(err, errno, "cannot enter '%s'", ctx->cwd);
	if (given_finish(ctx, a, &in->rq, err) < 0)
		return -1;
	return in->rerun_of ? rerun_find(ctx, a, in->rerun_of, &in->rq, err) : 0;
}
