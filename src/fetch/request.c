/* SPDX-License-Identifier: MIT */
#include "fetch/request.h"

#include "fetch/digest.h"

static int need(const char *member, const char *name, struct err *err)
{
	if (member && *member)
		return 0;
	return err_set(err, ERR_USAGE, "the request has no \"%s\"", name);
}

static int parse_op(struct request *rq, struct err *err)
{
	static const char *const ops[] = {"extract", "peek", "download"};
	const char *op = json_str(rq->json, "op");
	if (need(op, "op", err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (strcmp(op, ops[i]) == 0) {
			rq->op = (enum fetch_op)i;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE, "unknown operation '%s'", op);
}

static int check_sha256(const struct request *rq, struct err *err)
{
	if (!rq->sha256 || (strlen(rq->sha256) == DIGEST_HEX &&
			       strspn(rq->sha256, "0123456789abcdef") == DIGEST_HEX))
		return 0;
	return err_set(err, ERR_USAGE, "the request's \"sha256\" is malformed");
}

int request_parse(struct request *rq, const char *text, size_t n, struct err *err)
{
	rq->json = json_parse(text, n, "the request", err);
	if (!rq->json || parse_op(rq, err) < 0)
		return -1;
	rq->url = json_str(rq->json, "url");
	rq->path = json_str(rq->json, "path");
	rq->shown = json_str(rq->json, "shown");
	rq->host = json_str(rq->json, "host");
	rq->sha256 = json_str(rq->json, "sha256");
	rq->store = json_str(rq->json, "store");
	rq->dest = json_str(rq->json, "dest");
	rq->subdir = json_str(rq->json, "subdir");
	rq->sniff = json_bool(rq->json, "sniff", false);
	rq->offline = json_bool(rq->json, "offline", false);
	rq->max = json_int(rq->json, "max", FETCH_MAX_BYTES);
	if (need(rq->path ? rq->path : rq->url, "url", err) < 0 ||
	    need(rq->shown, "shown", err) < 0 || check_sha256(rq, err) < 0)
		return -1;
	if ((rq->op == FETCH_DOWNLOAD || !rq->path) && need(rq->store, "store", err) < 0)
		return -1;
	return rq->op == FETCH_DOWNLOAD ? 0 : need(rq->dest, "dest", err);
}

void request_release(struct request *rq)
{
	cJSON_Delete(rq->json);
	rq->json = NULL;
}
