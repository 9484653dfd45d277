/* SPDX-License-Identifier: MIT */
#include "git/request.h"

static int need(const char *member, const char *name, struct err *err)
{
	if (member && *member)
		return 0;
	return err_set(err, ERR_USAGE, "the request has no \"%s\"", name);
}

int request_parse(struct request *rq, const char *text, size_t n, struct err *err)
{
	rq->json = json_parse(text, n, "the request", err);
	if (!rq->json)
		return -1;
	rq->op = json_str(rq->json, "op");
	rq->url = json_str(rq->json, "url");
	rq->repo = json_str(rq->json, "repo");
	rq->origin = json_str(rq->json, "origin");
	rq->host = json_str(rq->json, "host");
	rq->version = json_str(rq->json, "version");
	rq->tree = json_str(rq->json, "tree");
	rq->tree_is_file = json_bool(rq->json, "tree_is_file", false);
	rq->offline = json_bool(rq->json, "offline", false);
	rq->cache_dir = json_str(rq->json, "cache_dir");
	rq->dest = json_str(rq->json, "dest");
	rq->subdir = json_str(rq->json, "subdir");
	rq->reuse = rq->cache_dir && json_bool(rq->json, "reuse", false);
	rq->dir = json_str(rq->json, "dir");
	rq->ignore = json_get(rq->json, "ignore");
	if (need(rq->op, "op", err) < 0)
		return -1;
	if (strcmp(rq->op, "facts") == 0)
		return need(rq->dir, "dir", err);
	if (need(rq->repo ? rq->repo : rq->url, "url", err) < 0 ||
	    need(rq->origin, "origin", err) < 0 ||
	    (strcmp(rq->op, "fetch") != 0 && need(rq->dest, "dest", err) < 0))
		return -1;
	return rq->repo ? 0 : need(rq->cache_dir, "cache_dir", err);
}

void request_release(struct request *rq)
{
	cJSON_Delete(rq->json);
	rq->json = NULL;
}
