/* SPDX-License-Identifier: MIT */
/*
 * tunnel.h -- connections through an HTTP proxy, in place of libgit2's: its own go around
 * the proxy for http, offer it no password before they are asked, and stumble over the
 * text of its refusals.
 */
#ifndef TUNNEL_H
#define TUNNEL_H

#include "git/address.h"
#include "git/lib.h"

struct tunnel {
	struct address proxy;
	const char *header; /* "Proxy-Authorization: Basic ...", or NULL */
	bool connects;	    /* a tunnel with CONNECT; else the proxy reads our requests */
	int status;	    /* of its answer to CONNECT, 0: none yet */
};

/* Strings go into the arena.  -1: the proxy's URL cannot be understood. */
int tunnel_init(
    struct arena *a, const char *proxy, bool connects, struct tunnel *t, struct err *err);

/*
 * All of libgit2's connections that are made from now on go through it; it stays where it
 * is until another is set.  NULL: none does.
 */
void tunnel_use(struct tunnel *t);

#endif
