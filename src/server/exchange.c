/* SPDX-License-Identifier: MIT */
#include "server/exchange.h"

#include <ctype.h>

#include "api/error.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/urltext.h"
#include "base/utf8.h"

enum {
	QUERY_MAX = 4096,		/* pairs */
	PATIENCE_US = 60 * 1000 * 1000, /* then a body must have come at SLOWEST */
	SLOWEST = 500,			/* bytes a second */
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

static void take_id(struct exchange *ex)
{
	const char *given = ex->request_id;
	size_t n = given ? strlen(given) : 0;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)given[i]) && !strchr("._-", given[i]))
			n = 0;
	if (n > 0 && n < sizeof(ex->id))
		memcpy(ex->id, given, n + 1);
	else
		snprintf(ex->id, sizeof(ex->id), "%s-%llu", ex->sv->boot,
		    (unsigned long long)++ex->sv->serial);
}

/* In a query, unlike in a path, '+' is a space. */
static const char *decode_query(struct arena *a, const char *s, size_t n)
{
	char *copy = arena_strndup(a, s, n);
	for (char *p = copy; *p; p++)
		if (*p == '+')
			*p = ' ';
	copy = url_decode_any(a, copy);
	return text_fit(a, copy, SIZE_MAX);
}

static void take_query(struct exchange *ex, const char *s)
{
	while (*s && ex->query.n < QUERY_MAX) {
		size_t n = strcspn(s, "&"), key = strcspn(s, "=&");
		if (n > 0) {
			struct kv kv = {decode_query(&ex->arena, s, key), ""};
			if (key < n)
				kv.value =
				    decode_query(&ex->arena, s + key + 1, n - key - 1);
			ARENA_GROW(&ex->arena, ex->query.v, ex->query.n);
			ex->query.v[ex->query.n++] = kv;
		}
		s += n + (s[n] == '&');
	}
}

/* -1: refused. */
static int take_uri(struct exchange *ex)
{
	const char *rest = guard_path(&ex->sv->guard, ex->uri), *query, *path;
	if (!rest) {
		exchange_fail_text(ex, 404, "Not Found\n");
		return -1;
	}
	query = strchr(rest, '?');
	path = url_decode(&ex->arena, arena_strndup(&ex->arena, rest,
					  query ? (size_t)(query - rest) : strlen(rest)));
	if (!path || path[utf8_valid_prefix(path, strlen(path))]) {
		exchange_fail(ex, 400, "INVALID_PARAMETER_VALUE", "Invalid path");
		return -1;
	}
	ex->path = *path ? path : "/";
	if (query)
		take_query(ex, query + 1);
	return 0;
}

static int take_method(struct exchange *ex)
{
	static const struct {
		const char *name;
		enum api_method verb;
	} methods[] = {{"GET", API_GET}, {"HEAD", API_GET}, {"POST", API_POST},
	    {"PUT", API_PUT}, {"PATCH", API_PATCH}, {"DELETE", API_DELETE}};
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(ex->method, methods[i].name) == 0) {
			ex->verb = methods[i].verb;
			return 0;
		}
	exchange_fail(ex, 405, "BAD_REQUEST", "Method Not Allowed");
	return -1;
}

/* What asks whether we live need not know more. */
static bool is_probe(const char *path)
{
	return strcmp(path, "/health") == 0 || strcmp(path, "/version") == 0;
}

static int check_origin(struct exchange *ex)
{
	struct server *sv = ex->sv;
	if (!is_probe(ex->path) &&
	    !guard_host(&sv->guard, ex->conn->listener, ex->conn->fd, ex->host)) {
		exchange_fail_text(ex, 403,
		    "Invalid Host header - possible DNS rebinding attack detected");
		return -1;
	}
	if (ex->verb != API_GET && !guard_origin(ex->origin, ex->host)) {
		exchange_fail_text(ex, 403, "Cross-origin request blocked");
		return -1;
	}
	return 0;
}

static void refuse_user(struct exchange *ex, enum auth_answer answer)
{
	ex->user[0] = '\0';
	if (answer == AUTH_LATER) {
		exchange_fail(ex, 503, "TEMPORARILY_UNAVAILABLE",
		    "Other passwords are being checked: try again");
		ex->reply.later = true;
		return;
	}
	exchange_fail(ex, 401, "UNAUTHENTICATED",
	    "You are not authenticated. Set MLFLOW_TRACKING_USERNAME and "
	    "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN to NAME:PASSWORD.");
	ex->reply.challenge = "Basic realm=\"mlflow\"";
}

static void check_user(struct exchange *ex)
{
	enum auth_answer answer;
	if (!ex->sv->auth || is_probe(ex->path))
		return;
	answer = auth_check(ex->sv->auth, ex->authorization, ex->user);
	ex->unknown = answer == AUTH_SLOW;
	if (answer == AUTH_NO)
		refuse_user(ex, answer);
}

static void check_password(struct exchange *ex)
{
	enum auth_answer answer =
	    auth_check_slowly(ex->sv->auth, ex->authorization, ex->user);
	ex->unknown = false;
	if (answer != AUTH_YES)
		refuse_user(ex, answer);
}

static bool is_upload(const struct exchange *ex)
{
	return !ex->refused && ex->verb == API_PUT && artifacts_owns(ex->path);
}

static void too_large(struct exchange *ex)
{
	exchange_fail(ex, 413, "INVALID_PARAMETER_VALUE",
	    "The request is too large: a body of more than 32 MiB");
}

static void check_length(struct exchange *ex)
{
	long long n = ex->length ? strtoll(ex->length, NULL, 10) : 0;
	if (n > BODY_MAX && !ex->upload && !ex->refused)
		too_large(ex);
	/* else the client would still be sending when it is told */
	if (ex->refused && (n > DISCARD_MAX || ex->waits))
		ex->reply.closes = true;
}

void exchange_begin(struct exchange *ex)
{
	ex->begun = true;
	take_id(ex);
	if (take_uri(ex) == 0 && take_method(ex) == 0 && check_origin(ex) == 0)
		check_user(ex);
}

bool exchange_admits_slowly(const struct exchange *ex)
{
	return ex->unknown || is_upload(ex);
}

void exchange_admit(struct exchange *ex)
{
	if (ex->unknown)
		check_password(ex);
	if (is_upload(ex))
		artifacts_begin(ex);
	check_length(ex);
}

static void hold(struct exchange *ex, const void *data, size_t n)
{
	if (ex->sv->bodies + (long long)n > BODIES_MAX) {
		exchange_fail(ex, 503, "TEMPORARILY_UNAVAILABLE",
		    "Too many large requests at once: try again");
		ex->reply.later = true;
		return;
	}
	buf_add(&ex->body, data, n);
	ex->sv->bodies += (long long)n;
	ex->held += (int64_t)n;
	if (ex->body.full)
		too_large(ex);
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

/* `first`: no equal request was answered since the server started. */
static void answer_api(struct exchange *ex, bool first)
{
	struct api_request rq = {
	    ex->verb, ex->path, ex->query, ex->content_type, ex->body.s, ex->body.len};
	struct err err = ERR_INIT;
	struct dbslot *slot = dbpool_take(&ex->sv->pool, &err);
	if (!slot) {
		exchange_fail_err(ex, &err);
		return;
	}
	dbpool_may_repeat(&ex->sv->pool, slot, first);
	api_answer(&slot->api, &ex->arena, &rq, &ex->reply.api);
	dbpool_give(&ex->sv->pool, slot);
	if (ex->sv->options->endpoint)
		notice_experiment(ex);
}

static void answer_watched(struct exchange *ex)
{
	struct once_request rq = {
	    ex->conn->fd, ex->method, ex->path, ex->body.s, ex->body.len};
	struct once_reply r = {.body = BUF_INIT};
	struct once_entry *entry;
	bool first;
	if (once_begin(ex->sv->once, &rq, &entry, &first, &r)) {
		ex->reply.api.status = r.status;
		ex->reply.api.content_type = r.content_type;
		buf_release(&ex->reply.api.body);
		ex->reply.api.body = r.body;
		ex->conn->watched = entry;
		ex->sv->stats.repeats++;
		return;
	}
	answer_api(ex, first);
	r.status = ex->reply.api.status;
	r.content_type = ex->reply.api.content_type;
	r.body = ex->reply.api.body;
	once_answered(ex->sv->once, entry, &r);
	ex->conn->watched = entry;
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
	return ex->refused || is_probe(ex->path) || is_metrics(ex);
}

bool exchange_writes(const struct exchange *ex)
{
	size_t n = strlen(ex->path), k = strlen("/search");
	if (ex->verb == API_GET || artifacts_owns(ex->path))
		return false;
	return n < k || strcmp(ex->path + n - k, "/search") != 0;
}

void exchange_answer(struct exchange *ex)
{
	if (ex->refused)
		; /* the reply is there */
	else if (artifacts_owns(ex->path))
		artifacts_answer(ex);
	else if (is_metrics(ex))
		answer_metrics(ex);
	else if (ex->verb != API_GET && once_watches(ex->path, ex->body.len))
		answer_watched(ex);
	else
		answer_api(ex, false);
	if (ex->reply.api.status == 500)
		logs_say("%s %s: %s", ex->method, ex->path, ex->reply.api.body.s);
	ex->done = true;
	ex->sent = ex->reply.fd >= 0 ? (int64_t)ex->reply.length
				     : (int64_t)ex->reply.api.body.len;
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
	ex->sv->bodies -= ex->held;
	ex->sv->stats.active--;
	upload_free(ex->upload);
	fd_close(&ex->reply.fd);
	buf_release(&ex->reply.api.body);
	buf_release(&ex->body);
	arena_release(&ex->arena);
	free(ex->uri);
	free(ex);
}
