/* SPDX-License-Identifier: MIT */
/*
 * endpoint.h -- where a run's command records: a socket that listens before the command
 * starts, on loopback, or where a container can reach it.  mlp-serve, which answers there,
 * is started when the first connection comes, and again should it die; the socket, and so
 * the address, stays.  A run whose command never connects pays for the socket alone.
 *
 * The address has a random path, ENDPOINT_KEY characters ("_" and 31 random ones), as its
 * key.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/err.h"
#include "base/helper.h"

enum { ENDPOINT_KEY = 32 };

struct endpoint {
	const struct ctx *ctx;
	int socket; /* listening, -1: closed */
	int port;
	char key[ENDPOINT_KEY + 1];
	/* What mlp-serve is told; the caller's, set before the first poll.  Gets a member
	 * "restarted" when it is told again. */
	cJSON *request;
	struct helper serve;
	bool greeted;	  /* its first event has come */
	int deaths;	  /* in a row, before it was ready */
	int64_t again_at; /* monotonic: not started before */
	/* The caller's: an event of mlp-serve that is none of a helper's usual ones. */
	void (*on_event)(void *arg, const cJSON *event);
	void *arg;
};

#define ENDPOINT_INIT                                                                    \
	{                                                                                \
		.socket = -1, .serve = HELPER_INIT                                       \
	}

/*
 * Listen on a free port of `address` (of this machine; IPv4 or IPv6, as text; NULL:
 * 127.0.0.1); makes the key.  `early`: the machine may get that address later.  `ctx` must
 * outlive the endpoint.
 */
int endpoint_open(struct endpoint *e, const struct ctx *ctx, const char *address,
    bool early, struct err *err);

/* One entry for poll; fd -1 where there is nothing to wait for. */
void endpoint_poll(const struct endpoint *e, struct pollfd *p);
/* Monotonic ms at which endpoint_go_on is due without an event; INT64_MAX: never. */
int64_t endpoint_due(const struct endpoint *e);
/*
 * Go on as poll found it.  Returns the pid of a process that was started, else 0.  What
 * goes wrong is said (once), and the command finds nobody at its address.
 */
pid_t endpoint_go_on(struct endpoint *e, const struct pollfd *p);
/*
 * Nobody is let in any more; requests under way are finished, for `ms` at most.  Called
 * when the run's processes have ended, and by those who never started one.
 */
void endpoint_close(struct endpoint *e, int64_t ms);

#endif
