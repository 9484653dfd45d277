/* SPDX-License-Identifier: MIT */
/* admit.c -- may it be asked?  exchange_begin and exchange_admit of exchange.h. */
#include <ctype.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/urltext.h"
#include "base/utf8.h"
#include "server/exchange.h"

enum { QUERY_MAX = 4096 }; /* pairs */

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

static int check_origin(struct exchange *ex)
{
	struct server *sv = ex->sv;
	if (!exchange_is_probe(ex) &&
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

static void refuse_peer(struct exchange *ex)
{
	exchange_fail_text(ex, 403, "Only the container of the run may ask here\n");
}

/* 0: it may ask, or that is not known yet. */
static int check_peer(struct exchange *ex)
{
	struct conn *c = ex->conn;
	enum peer_answer answer = PEER_YES;
	char peer[64];
	if (ex->sv->peers && !c->known) {
		socket_peer(c->fd, peer, sizeof(peer));
		answer = peers_check(ex->sv->peers, peer, clock_mono_ms());
	}
	c->known = answer == PEER_YES;
	ex->stranger = answer == PEER_UNKNOWN;
	if (answer != PEER_NO)
		return 0;
	refuse_peer(ex);
	return -1;
}

static void look_at_peer(struct exchange *ex)
{
	struct conn *c = ex->conn;
	struct err err = ERR_INIT;
	char peer[64];
	socket_peer(c->fd, peer, sizeof(peer));
	c->known = peers_ask(ex->sv->peers, peer, clock_mono_ms(), &err) == PEER_YES;
	ex->stranger = false;
	if (err.code && !atomic_exchange(&ex->sv->told_peers, true))
		event_warning(
		    "the address of the run's container is not known: %s", err.msg);
	if (!c->known && !ex->refused)
		refuse_peer(ex);
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
	if (!ex->sv->auth || exchange_is_probe(ex))
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

static void check_length(struct exchange *ex)
{
	long long n = ex->length ? strtoll(ex->length, NULL, 10) : 0;
	if (n > BODY_MAX && !ex->upload && !ex->refused)
		exchange_too_large(ex);
	/* else the client would still be sending when it is told */
	if (ex->refused && (n > DISCARD_MAX || ex->waits))
		ex->reply.closes = true;
}

void exchange_begin(struct exchange *ex)
{
	ex->begun = true;
	take_id(ex);
	if (take_uri(ex) == 0 && take_method(ex) == 0 && check_peer(ex) == 0 &&
	    check_origin(ex) == 0)
		check_user(ex);
}

bool exchange_admits_slowly(const struct exchange *ex)
{
	return ex->stranger || ex->unknown || is_upload(ex);
}

void exchange_admit(struct exchange *ex)
{
	if (ex->stranger)
		look_at_peer(ex);
	if (ex->unknown && !ex->refused)
		check_password(ex);
	if (is_upload(ex))
		artifacts_begin(ex);
	check_length(ex);
}
