/* SPDX-License-Identifier: MIT */
#include "run/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/proc.h"

enum {
	BACKLOG = 512,
	DEATHS_MAX = 5, /* before it was ready even once */
	AGAIN_MS = 50,	/* after the first death; doubled with each */
	LET_IN_MS = 2,	/* between two looks whether it has let them in */
};

/*
 * 64 characters, so that a byte's six lower bits choose evenly.  The first is one with which
 * texts seldom end: where a stream that is masked ends with it, that byte is kept back until
 * the next has come (run/mask.h), and a log would lack it while the command waits.
 */
static int make_key(char *out, struct err *err)
{
	static const char chars[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char random[ENDPOINT_KEY];
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return err_sys(err, errno, "cannot make a key for the run's endpoint");
	out[0] = '_';
	for (size_t i = 1; i < ENDPOINT_KEY; i++)
		out[i] = chars[random[i] & 63];
	out[ENDPOINT_KEY] = '\0';
	return 0;
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t read_address(union address *at, const char *text)
{
	memset(at, 0, sizeof(*at));
	if (inet_pton(AF_INET, text, &at->v4.sin_addr) == 1) {
		at->v4.sin_family = AF_INET;
		return sizeof(at->v4);
	}
	if (inet_pton(AF_INET6, text, &at->v6.sin6_addr) == 1) {
		at->v6.sin6_family = AF_INET6;
		return sizeof(at->v6);
	}
	errno = EADDRNOTAVAIL;
	return 0;
}

static int listen_on(struct endpoint *e, const char *address, bool early)
{
	union address at;
	socklen_t n = read_address(&at, address);
	int on = 1;
	if (n == 0)
		return -1;
	e->socket =
	    socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (e->socket < 0)
		return -1;
	if (early && setsockopt(e->socket, SOL_IP, IP_FREEBIND, &on, sizeof(on)) < 0)
		return -1;
	if (bind(e->socket, &at.any, n) < 0 || listen(e->socket, BACKLOG) < 0 ||
	    getsockname(e->socket, &at.any, &n) < 0)
		return -1;
	e->port = ntohs(at.any.sa_family == AF_INET ? at.v4.sin_port : at.v6.sin6_port);
	return 0;
}

int endpoint_open(struct endpoint *e, const struct ctx *ctx, const char *address,
    bool early, struct err *err)
{
	e->ctx = ctx;
	e->serve.socket = -1;
	if (!address)
		address = "127.0.0.1";
	if (make_key(e->key, err) < 0)
		return -1;
	if (listen_on(e, address, early) == 0)
		return 0;
	err_sys(err, errno, "cannot listen on %s for what the command records", address);
	fd_close(&e->socket);
	return err_hint(err, "--tracking direct hands the command the store itself");
}

static bool is_up(const struct endpoint *e)
{
	return e->serve.pid > 0;
}

void endpoint_poll(const struct endpoint *e, struct pollfd *p)
{
	bool early = clock_mono_ms() < e->again_at;
	*p = (struct pollfd){.fd = is_up(e) ? e->serve.from
				   : early  ? -1
					    : e->socket,
	    .events = POLLIN};
}

int64_t endpoint_due(const struct endpoint *e)
{
	if (is_up(e) || e->socket < 0 || clock_mono_ms() >= e->again_at)
		return INT64_MAX;
	return e->again_at;
}

/* Nobody will answer: a client learns it at once instead of waiting in the queue. */
static void give_up(struct endpoint *e, const char *why)
{
	ctx_say(e->ctx, SAY_WARNING,
	    "what the command records from now on is lost: %s; --tracking direct does "
	    "without mlp-serve",
	    why);
	fd_close(&e->socket);
}

static void start(struct endpoint *e)
{
	struct err err = ERR_INIT;
	e->greeted = false;
	e->serve.socket = e->socket;
	if (helper_start(e->ctx, "mlp-serve", e->request, &e->serve, &err) < 0)
		give_up(e, err.msg);
}

static void died(struct endpoint *e, const struct err *err)
{
	auto_buf how = BUF_INIT;
	struct exit_status st;
	if (err->code)
		kill(e->serve.pid, SIGKILL);
	st = proc_wait(e->serve.pid);
	e->serve.pid = -1;
	helper_stop(&e->serve);
	exit_describe(&how, &st);
	ctx_say(e->ctx, SAY_DEBUG, "mlp-serve ended: %s", err->code ? err->msg : how.s);
	if (e->greeted && !err->code)
		e->deaths = 0;
	e->again_at = clock_mono_ms() + (AGAIN_MS << e->deaths);
	if (!json_get(e->request, "restarted"))
		json_put_bool(e->request, "restarted", true);
	if (++e->deaths > DEATHS_MAX || err->code)
		give_up(e, err->code ? err->msg : how.s);
}

static int take_events(struct endpoint *e, struct err *err)
{
	cJSON *ev = NULL;
	int rc;
	while ((rc = helper_next(&e->serve, &ev, err)) > 0) {
		auto_json event = ev;
		if (!e->greeted)
			rc = helper_check_hello(&e->serve, event, err);
		else
			rc = helper_take(e->ctx, &e->serve, event, err);
		if (rc < 0)
			return -1;
		if (e->greeted && e->on_event)
			e->on_event(e->arg, event);
		e->greeted = true;
	}
	return rc;
}

static void listen_to(struct endpoint *e)
{
	struct err err = ERR_INIT;
	int more = helper_read(&e->serve, &err);
	if (take_events(e, &err) < 0 || more <= 0)
		died(e, &err);
}

pid_t endpoint_go_on(struct endpoint *e, const struct pollfd *p)
{
	if (!p->revents)
		return 0;
	if (is_up(e)) {
		listen_to(e);
		return 0;
	}
	if (e->socket < 0)
		return 0;
	start(e);
	return is_up(e) ? e->serve.pid : 0;
}

/* Somebody has connected whom nobody has let in yet. */
static bool somebody_waits(const struct endpoint *e)
{
	struct pollfd p = {.fd = e->socket, .events = POLLIN};
	return e->socket >= 0 && poll(&p, 1, 0) > 0;
}

static void hear(struct endpoint *e, int64_t until)
{
	int64_t now = clock_mono_ms();
	struct pollfd p = {.fd = e->serve.from, .events = POLLIN};
	if (poll(&p, 1, until > now ? (int)(until - now) : 0) > 0)
		listen_to(e);
}

/* Who has asked and ended at once is heard, too. */
static void let_in(struct endpoint *e, int64_t until)
{
	if (!is_up(e) && somebody_waits(e))
		start(e);
	while (is_up(e) && somebody_waits(e) && clock_mono_ms() < until)
		hear(e, clock_mono_ms() + LET_IN_MS);
}

void endpoint_close(struct endpoint *e, int64_t ms)
{
	int64_t until = clock_mono_ms() + ms;
	if (ms > 0)
		let_in(e, until);
	fd_close(&e->socket);
	if (is_up(e))
		kill(e->serve.pid, SIGTERM);
	while (is_up(e) && clock_mono_ms() < until)
		hear(e, until);
	if (is_up(e))
		ctx_say(e->ctx, SAY_WARNING,
		    "mlp-serve did not finish what it was asked; some of it may be lost");
	helper_stop(&e->serve);
}
