/* SPDX-License-Identifier: MIT */
#include "server/exchange.h"

#include "api/error.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/path.h"

enum {
	PATIENCE_US = 60 * 1000 * 1000, /* then a body must have come at SLOWEST */
	SLOWEST = 500,			/* bytes a second */
	BRIEF = 64 << 10,
};

static int64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

struct exchange *exchange_new(struct conn *conn, const char *uri)
{
	struct exchange *ex = xcalloc(1, sizeof(*ex));
	ex->conn = conn;
	ex->sv = conn->sv;
	ex->uri = xstrdup(uri);
	ex->reply.fd = -1;
	ex->reply.api.body = (struct buf)BUF_INIT;
	ex->body = (struct buf)BUF_MAX(BODY_MAX);
	ex->since_us = now_us();
	ex->sv->stats.active++;
	if (conn->watched) { /* it asks on */
		once_over(ex->sv->once, conn->watched);
		conn->watched = NULL;
	}
	return ex;
}

void exchange_fail(
    struct exchange *ex, int status, const char *error_code, const char *message)
{
	api_fail_as(&ex->reply.api, status, error_code, message);
	ex->refused = true;
}

void exchange_fail_text(struct exchange *ex, int status, const char *text)
{
	struct api_reply *r = &ex->reply.api;
	buf_clear(&r->body);
	buf_adds(&r->body, text);
	r->status = status;
	r->content_type = "text/plain; charset=utf-8";
	ex->refused = true;
}

void exchange_fail_err(struct exchange *ex, const struct err *err)
{
	api_fail(&ex->reply.api, err);
	ex->refused = true;
}

void exchange_too_large(struct exchange *ex)
{
	exchange_fail(ex, 413, "INVALID_PARAMETER_VALUE",
	    "The request is too large: a body of more than 32 MiB");
}

/* What asks whether we live need not know more. */
bool exchange_is_probe(const struct exchange *ex)
{
	return strcmp(ex->path, "/health") == 0 || strcmp(ex->path, "/version") == 0;
}

static void let_go(struct exchange *ex)
{
	buf_release(&ex->body);
	ex->sv->bodies -= ex->held;
	ex->held = 0;
}

static void hold(struct exchange *ex, const void *data, size_t n)
{
	if (ex->sv->bodies + (long long)n > BODIES_MAX) {
		exchange_fail(ex, 503, "TEMPORARILY_UNAVAILABLE",
		    "Too many large requests at once: try again");
		ex->reply.later = true;
		let_go(ex);
		return;
	}
	buf_add(&ex->body, data, n);
	ex->sv->bodies += (long long)n;
	ex->held += (int64_t)n;
	if (ex->body.full) {
		exchange_too_large(ex);
		let_go(ex);
	}
}

int exchange_take(struct exchange *ex, const void *data, size_t n)
{
	struct err err = ERR_INIT;
	int64_t took = now_us() - ex->since_us;
	ex->received += (int64_t)n;
	if (took > PATIENCE_US && ex->received < took / 1000000 * SLOWEST)
		return -1;
	if (ex->refused)
		return ex->received > DISCARD_MAX ? -1 : 0;
	if (!ex->upload)
		hold(ex, data, n);
	else if (upload_write(ex->upload, data, n, &err) < 0)
		exchange_fail_err(ex, &err);
	return 0;
}

/* The command may record its tracking URI; the key in it is for the command alone. */
static void hide_key(struct exchange *ex)
{
	const char *key = ex->sv->options->prefix + 1; /* after the slash */
	size_t n = strlen(key), left = ex->body.len;
	char *at = ex->body.s;
	while ((at = memmem(at, left, key, n))) {
		memset(at, '*', n);
		at += n;
		left = ex->body.len - (size_t)(at - ex->body.s);
	}
}

static void ask_api(struct exchange *ex, struct dbslot *slot)
{
	if (ex->sv->options->endpoint && ex->body.len > 0)
		hide_key(ex);
	struct api_request rq = {
	    ex->verb, ex->path, ex->query, ex->content_type, ex->body.s, ex->body.len};
	dbpool_may_repeat(&ex->sv->pool, slot, ex->first);
	api_answer(&slot->api, &ex->arena, &rq, &ex->reply.api);
	dbpool_give(&ex->sv->pool, slot);
}

static void answer_api(struct exchange *ex)
{
	struct err err = ERR_INIT;
	struct dbslot *slot = dbpool_take(&ex->sv->pool, &err);
	if (!slot) {
		exchange_fail_err(ex, &err);
		return;
	}
	ask_api(ex, slot);
	if (ex->sv->options->endpoint)
		notice_experiment(ex);
}

static struct once_request watched_request(const struct exchange *ex)
{
	return (struct once_request){
	    ex->conn->fd, ex->method, ex->path, ex->body.s, ex->body.len};
}

static bool is_watched(const struct exchange *ex)
{
	return ex->verb != API_GET && once_watches(ex->path, ex->body.len);
}

static void repeat(struct exchange *ex, const struct once_reply *r)
{
	ex->reply.api.status = r->status;
	ex->reply.api.content_type = r->content_type;
	buf_release(&ex->reply.api.body);
	ex->reply.api.body = r->body;
	ex->conn->watched = ex->entry;
	ex->sv->stats.repeats++;
}

static void keep_answer(struct exchange *ex)
{
	struct once_reply r = {.status = ex->reply.api.status,
	    .content_type = ex->reply.api.content_type,
	    .body = ex->reply.api.body};
	once_answered(ex->sv->once, ex->entry, &r);
	ex->conn->watched = ex->entry;
}

static void answer_watched(struct exchange *ex)
{
	struct once_request rq = watched_request(ex);
	struct once_reply r = {.body = BUF_INIT};
	/* begun already, when it could not be answered at once */
	if (!ex->entry && once_begin(ex->sv->once, &rq, &ex->entry, &ex->first, &r)) {
		repeat(ex, &r);
		return;
	}
	answer_api(ex);
	keep_answer(ex);
}

static void answer_metrics(struct exchange *ex)
{
	ex->reply.api.status = 200;
	ex->reply.api.content_type = "text/plain; version=0.0.4; charset=utf-8";
	stats_print(&ex->sv->stats, &ex->reply.api.body);
}

static bool is_metrics(const struct exchange *ex)
{
	return ex->verb == API_GET && strcmp(ex->path, "/metrics") == 0;
}

bool exchange_is_quick(const struct exchange *ex)
{
	return ex->refused || exchange_is_probe(ex) || is_metrics(ex);
}

bool exchange_writes(const struct exchange *ex)
{
	if (ex->verb == API_GET || artifacts_owns(ex->path))
		return false;
	return !path_ends_with(ex->path, "/search");
}

static void answered(struct exchange *ex)
{
	if (ex->reply.api.status == 500)
		logs_say("%s %s: %s", ex->method, ex->path, ex->reply.api.body.s);
	ex->done = true;
	ex->sent = ex->reply.fd >= 0 ? (int64_t)ex->reply.length
				     : (int64_t)ex->reply.api.body.len;
}

void exchange_answer(struct exchange *ex)
{
	if (ex->refused)
		; /* the reply is there */
	else if (artifacts_owns(ex->path))
		artifacts_answer(ex);
	else if (is_metrics(ex))
		answer_metrics(ex);
	else if (is_watched(ex))
		answer_watched(ex);
	else
		answer_api(ex);
	answered(ex);
}

static bool is_brief(const struct exchange *ex)
{
	static const char *const brief[] = {"/runs/log-metric", "/runs/log-batch",
	    "/runs/log-parameter", "/runs/set-tag", "/runs/create", "/runs/update"};
	if (ex->verb != API_POST || ex->body.len > BRIEF)
		return false;
	for (size_t i = 0; i < sizeof(brief) / sizeof(brief[0]); i++)
		if (path_ends_with(ex->path, brief[i]))
			return true;
	return false;
}

static bool begins_now(struct exchange *ex)
{
	struct once_request rq = watched_request(ex);
	return !is_watched(ex) ||
	       once_begin_now(ex->sv->once, &rq, &ex->entry, &ex->first);
}

bool exchange_answer_now(struct exchange *ex)
{
	struct dbslot *slot = is_brief(ex) ? dbpool_take_hurried(&ex->sv->pool) : NULL;
	if (!slot)
		return false;
	if (!begins_now(ex)) {
		dbpool_give(&ex->sv->pool, slot);
		return false;
	}
	ask_api(ex, slot);
	if (ex->reply.api.status == 503) /* somebody has the database */
		return false;
	if (ex->entry)
		keep_answer(ex);
	answered(ex);
	return true;
}

static void log_it(struct exchange *ex)
{
	struct log_entry e = {.user = ex->user[0] ? ex->user : NULL,
	    .method = ex->method,
	    .path = ex->path,
	    .id = ex->id,
	    .agent = ex->agent,
	    .status = ex->done ? ex->reply.api.status : 499, /* it went away */
	    .bytes = ex->done ? ex->sent : 0,
	    .us = now_us() - ex->since_us};
	char peer[64];
	stats_count(&ex->sv->stats, e.status, e.us, ex->received, e.bytes);
	if (ex->sv->logs.access < 0)
		return;
	socket_peer(ex->conn->fd, peer, sizeof(peer));
	e.peer = peer;
	logs_access(&ex->sv->logs, &e);
}

void exchange_free(struct exchange *ex, bool sent)
{
	if (ex->begun)
		log_it(ex);
	if (sent && ex->conn->watched)
		once_sent(ex->sv->once, ex->conn->watched);
	ex->sv->stats.active--;
	upload_free(ex->upload);
	fd_close(&ex->reply.fd);
	buf_release(&ex->reply.api.body);
	let_go(ex);
	arena_release(&ex->arena);
	free(ex->uri);
	free(ex);
}
