/* SPDX-License-Identifier: MIT */
/*
 * guard.h -- who may ask at all: the prefix (of a run's endpoint: its key) that every path
 * must have, the Host header against DNS rebinding, the Origin header against pages of
 * other sites.
 */
#ifndef GUARD_H
#define GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "server/listener.h"

struct guard {
	const char *prefix;	  /* "" or "/secret" */
	const char *const *hosts; /* more names, as --allowed-hosts: may hold "*" */
	size_t nhosts;
	int usual_port; /* of the scheme, which a Host header may leave out: 80 or 443 */
};

/*
 * The rest of the path behind the prefix, or NULL when it does not begin with it.  How long
 * that takes does not depend on how much of it is right.
 */
const char *guard_path(const struct guard *g, const char *path);

/*
 * `host` is the request's Host header or NULL; `fd` its connection.  One of the listener's
 * names with its port; of a listener at all addresses also the one that was connected to;
 * or one of g->hosts ("name:port", or "name" for any port).
 */
bool guard_host(
    const struct guard *g, const struct listener *l, int fd, const char *host);

/*
 * A request that changes something must come from no page, or from one of a server on
 * loopback, or (same `host`) from our own address.  NULL: there is no such header.
 */
bool guard_origin(const char *origin, const char *host);

#endif
