/* SPDX-License-Identifier: MIT */
/* server.h -- what all requests share, for as long as the process lives. */
#ifndef SERVER_H
#define SERVER_H

#include "server/auth.h"
#include "server/dbpool.h"
#include "server/guard.h"
#include "server/listener.h"
#include "server/logs.h"
#include "server/once.h"
#include "server/options.h"
#include "server/peers.h"
#include "server/stats.h"

enum {
	BODY_MAX = 32 << 20,	 /* of a JSON body */
	BODIES_MAX = 256 << 20,	 /* of all JSON bodies under way together */
	DISCARD_MAX = 512 << 20, /* so much of a refused body is read to its end */
};

struct server {
	const struct serve_options *options;
	struct ctx ctx;
	struct listeners listeners;
	struct guard guard;
	struct auth *auth;   /* NULL: everybody may */
	struct peers *peers; /* NULL: from everywhere */
	struct dbpool pool;
	struct once *once;
	struct stats stats;
	struct logs logs;
	char boot[9]; /* random: begins the ids of our requests */
	atomic_ullong serial;
	atomic_llong bodies; /* bytes held at present */
	atomic_bool told_experiment, told_peers;
};

/* Everything but the sockets' traffic (http.h).  -1: *err; server_close in any case. */
int server_open(
    struct server *sv, const struct serve_options *o, struct arena *a, struct err *err);
/* SIGHUP: logs and passwords anew.  What fails is said and stays as it was. */
void server_reopen(struct server *sv);
void server_close(struct server *sv);

#endif
