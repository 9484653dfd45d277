/* SPDX-License-Identifier: MIT */
/*
 * credential.h -- user name and password for a server, from where git has them: the URL,
 * ~/.netrc, credential helpers.  Nobody is ever asked on a terminal, and nothing of it is
 * written anywhere but to the server and to the user's helpers.
 */
#ifndef CREDENTIAL_H
#define CREDENTIAL_H

#include "git/address.h"
#include "git/lib.h"

enum credential_source {
	CREDENTIAL_NONE, /* without any */
	CREDENTIAL_URL,
	CREDENTIAL_NETRC,
	CREDENTIAL_HELPER,
	CREDENTIAL_USER, /* the user name of the URL is all there is: a token */
	CREDENTIAL_END,	 /* nothing is left to try */
};

struct credential {
	enum credential_source source;
	const char *user, *password; /* in the arena */
};

/* What to try first: what the URL says, else nothing. */
struct credential credential_first(const struct address *to);
/*
 * What to try after `last` was refused; source CREDENTIAL_END when there is nothing more.
 * Tells the helper that gave `last` that it was wrong.
 */
struct credential credential_next(
    struct arena *a, const struct address *to, const struct credential *last);
/* It was accepted: a helper may remember it. */
void credential_accepted(const struct address *to, const struct credential *c);

/* "Authorization: Basic ..." for it. */
const char *credential_header(struct arena *a, const struct credential *c);

#endif
