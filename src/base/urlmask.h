/* SPDX-License-Identifier: MIT */
/*
 * urlmask.h -- what is secret in the URLs of a stream that is kept becomes "***", however
 * the stream is cut in pieces: user name and password, and the values of a query's
 * parameters whose names speak of secrets (secret.h).  Only what may be a name, a password
 * or such a parameter's name is held back, until it is known what it is.
 */
#ifndef URLMASK_H
#define URLMASK_H

#include <stdbool.h>

#include "base/buf.h"

enum { URLMASK_HELD = 8192 }; /* a longer name and host are hidden whole */

enum urlmask_place {
	URLMASK_TEXT,  /* in no URL */
	URLMASK_HOST,  /* behind "://", up to the host's end */
	URLMASK_PATH,  /* behind that */
	URLMASK_QUERY, /* behind its "?" */
	URLMASK_VALUE, /* of a secret there: dropped */
};

struct urlmask {
	enum urlmask_place place;
	enum urlmask_place outer; /* HOST: where its URL began */
	size_t seen;		  /* bytes of "://" that came last */
	bool too_long;		  /* HOST: it is only dropped */
	struct buf held;	  /* HOST: of it; QUERY: what may be a name */
};

#define URLMASK_INIT                                                                     \
	{                                                                                \
		.held = BUF_INIT                                                         \
	}

typedef void urlmask_give(void *arg, const char *data, size_t n);

void urlmask_pass(
    struct urlmask *u, const char *data, size_t n, urlmask_give *give, void *arg);
/* The stream has ended. */
void urlmask_end(struct urlmask *u, urlmask_give *give, void *arg);
void urlmask_release(struct urlmask *u);

#endif
