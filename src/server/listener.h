/* SPDX-License-Identifier: MIT */
/*
 * listener.h -- the sockets that are listened on, and the names that each goes by in a
 * Host header.  Handed over as systemd does (LISTEN_FDS, LISTEN_PID), or bound here.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum { LISTENERS_MAX = 4 };

struct listener {
	int fd;
	int port;	    /* 0: a socket of the file system */
	const char *at;	    /* "127.0.0.1:5000", for people */
	bool loopback;	    /* nobody but this machine gets in */
	bool any;	    /* all addresses of this machine */
	const char **names; /* of the host, lower case, without port; IPv6 in brackets */
	size_t nnames;
};
struct listeners {
	struct listener v[LISTENERS_MAX];
	size_t n;
};

/* How many sockets were handed over.  The variables are removed. */
int listeners_handed_over(void);
/* Take descriptors 3, 4, ... */
int listeners_take(struct arena *a, struct listeners *ls, int n, struct err *err);
/* Bind every address that `host` has. */
int listeners_bind(
    struct arena *a, struct listeners *ls, const char *host, int port, struct err *err);
void listeners_close(struct listeners *ls);

/* The text of the address at this end of a connection ("192.168.1.5", "[::1]"), or "". */
void socket_own_address(int fd, char *out, size_t size);
/* Of the other end, without brackets; "local" for a socket of the file system. */
void socket_peer(int fd, char *out, size_t size);

#endif
