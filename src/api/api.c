/* SPDX-License-Identifier: MIT */
#include "api/api.h"

#include "api/error.h"
#include "api/message.h"
#include "api/route.h"
#include "track/repeat.h"

/* As MLflow: what has a body must say that it is JSON, and PATCH and DELETE need not. */
static int check_content_type(const struct api_request *rq, struct err *err)
{
	size_t n;
	if (rq->method != API_POST && rq->method != API_PUT)
		return 0;
	if (!rq->content_type)
		return err_set(
		    err, ERR_USAGE, "Bad Request. Content-Type header is missing.");
	n = strcspn(rq->content_type, ";");
	if (n == strlen("application/json") &&
	    memcmp(rq->content_type, "application/json", n) == 0)
		return 0;
	return err_set(err, ERR_USAGE,
	    "Bad Request. Content-Type must be one of ['application/json'].");
}

/*
 * MLflow takes a body that is no JSON for an empty one.  So do we, in that the first field
 * missed is named; but nothing is done because of it.
 */
static int read_anyway(const struct message *m, struct arena *a, const struct kvs *query,
    void *in, struct err *err)
{
	struct err other = ERR_INIT;
	if (message_read(m, a, "", 0, query, in, &other) < 0)
		*err = other;
	else
		err->code = ERR_USAGE;
	return -1;
}

/* A GET with a query has no body; the others' placeholders are all that is in theirs. */
static int read_request(const struct route *r, struct arena *a,
    const struct api_request *rq, const struct kvs *query, void *in, struct err *err)
{
	bool from_query = rq->method == API_GET && rq->query.n > 0;
	if (message_read(r->in, a, from_query ? "" : rq->body, from_query ? 0 : rq->nbody,
		query, in, err) == 0)
		return 0;
	return err->code == ERR_FAIL ? read_anyway(r->in, a, query, in, err) : -1;
}

/* What is to be removed is not there, and our client may have asked for it before. */
static bool is_removed(
    const struct api *api, const struct route *r, const struct err *err)
{
	const struct repeat span = {api->repeat_since, api->repeat_until};
	return r->flags & ROUTE_REMOVES && err->code == ERR_NOTFOUND &&
	       api->killed_before && repeat_possible(&span);
}

static int handle(struct api *api, const struct route *r, struct arena *a, const void *in,
    void *reply, struct err *err)
{
	if (r->handle(api, a, in, reply, err) == 0)
		return 0;
	if (!is_removed(api, r, err))
		return -1;
	err_clear(err);
	return 0;
}

static int call(struct api *api, const struct route *r, struct arena *a,
    const struct api_request *rq, const struct kvs *query, struct api_reply *out,
    struct err *err)
{
	void *in = r->in ? arena_alloc(a, r->in->size) : NULL;
	size_t size = r->flags & ROUTE_TEXT ? sizeof(struct text_reply)
		      : r->out		    ? r->out->size
					    : 0;
	void *reply = size ? arena_alloc(a, size) : NULL;
	if (check_content_type(rq, err) < 0 ||
	    (in && read_request(r, a, rq, query, in, err) < 0) ||
	    handle(api, r, a, in, reply, err) < 0)
		return -1;
	if (r->flags & ROUTE_TEXT) {
		out->content_type = "text/plain; charset=utf-8";
		buf_adds(&out->body, ((struct text_reply *)reply)->text);
	} else if (r->out) {
		message_write(r->out, reply, &out->body);
	} else {
		buf_adds(&out->body, "{}");
	}
	return 0;
}

static void fail(struct api *api, struct api_reply *out, const struct err *err)
{
	if (api->refusal.status)
		api_fail_as(out, api->refusal.status, api->refusal.error_code, err->msg);
	else
		api_fail(out, err);
}

static void no_route(struct arena *a, const struct api_request *rq, struct api_reply *out)
{
	static const char *const words[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
	const char *text = arena_printf(a,
	    out->allow ? "The method %s is not allowed for the requested URL %s"
		       : "Unsupported endpoint: %s %s",
	    words[rq->method], rq->path);
	api_fail_as(out, out->allow ? 405 : 404, "ENDPOINT_NOT_FOUND", text);
}

void api_answer(
    struct api *api, struct arena *a, const struct api_request *rq, struct api_reply *out)
{
	struct kvs query = {0};
	struct err err = ERR_INIT;
	const struct route *r;
	*out = (struct api_reply){
	    .status = 200, .content_type = "application/json", .body = out->body};
	if (!out->body.s)
		out->body = (struct buf)BUF_INIT;
	buf_clear(&out->body);
	api->refusal = (struct api_refusal){0};
	if (rq->method == API_GET)
		query = rq->query;
	r = route_find(a, rq->method, rq->path, &query, &out->allow);
	if (!r)
		no_route(a, rq, out);
	else if (r->flags & ROUTE_WRITES && api->read_only)
		api_fail_as(out, 403, "PERMISSION_DENIED", "this server only reads");
	else if (call(api, r, a, rq, &query, out, &err) < 0)
		fail(api, out, &err);
}
