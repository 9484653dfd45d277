/* SPDX-License-Identifier: MIT */
#include "supervise/request.h"

#include <errno.h>

#include "flow/given.h"
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

int request_read(int fd, struct request_in *in, struct err *err)
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
	in->rq = (struct run_request){
	    .uri = json_str(j, "uri"),
	    .version = json_str(j, "version"),
	    .plan.entry_point = json_str(j, "entry_point"),
	    .plan.env.env_manager = json_str(j, "env_manager"),
	    .plan.env.build_image = json_bool(j, "build_image", false),
	    .plan.storage_dir = json_str(j, "storage_dir"),
	    .plan.timeout_ms = json_int(j, "timeout_ms", 0),
	    .tracking_uri = json_str(j, "tracking_uri"),
	    .experiment = {.id = json_str(j, "experiment_id"),
		.name = json_str(j, "experiment_name")},
	    .run_id = json_str(j, "run_id"),
	    .run_name = json_str(j, "run_name"),
	    .quiet = json_bool(j, "quiet", true),
	    .direct = json_bool(j, "direct", false),
	};
	in->rerun_of = json_str(j, "rerun_of");
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

static int take_pairs(
    struct request_in *in, struct arena *a, struct given_params *ps, struct err *err)
{
	const cJSON *j;
	cJSON_ArrayForEach(j, json_get(in->json, "params"))
	{
		const char *key = json_str(j, "key"), *value = json_str(j, "value");
		if (key && value && given_param(a, ps, key, value, err) < 0)
			return -1;
	}
	cJSON_ArrayForEach(j, json_get(in->json, "tags"))
	{
		const char *key = json_str(j, "key"), *value = json_str(j, "value");
		if (key && value && given_tag(a, &in->rq.tags, key, value, err) < 0)
			return -1;
	}
	cJSON_ArrayForEach(j, json_get(in->json, "docker_args"))
	{
		const char *key = json_str(j, "key");
		if (key && given_docker_arg(
			       a, &in->rq.plan.env, key, json_str(j, "value"), err) < 0)
			return -1;
	}
	return 0;
}

int request_apply(
    struct request_in *in, struct arena *a, struct ctx *ctx, struct err *err)
{
	struct given_params ps = {NULL, 0};
	ctx->cwd = json_str(in->json, "directory");
	ctx->cache_dir = json_str(in->json, "cache_dir");
	ctx->state_dir = json_str(in->json, "state_dir");
	if (json_bool(in->json, "offline", false))
		ctx->offline = true;
	if (chdir(ctx->cwd) < 0)
		return err_sys(err, errno, "cannot enter '%s'", ctx->cwd);
	if (take_pairs(in, a, &ps, err) < 0)
		return -1;
	in->rq.plan.params = ps.v;
	in->rq.plan.nparams = ps.n;
	if (given_finish(ctx, a, &in->rq, err) < 0)
		return -1;
	return in->rerun_of ? rerun_find(ctx, a, in->rerun_of, &in->rq, err) : 0;
}
