/* SPDX-License-Identifier: MIT */
/*
 * auth.h -- the password file of `mlp server --auth`.
 *
 * A line "NAME:HASH" for each user, as htpasswd writes them; HASH is what crypt(3) makes:
 * bcrypt ($2y$, `htpasswd -B`), yescrypt ($y$), SHA-512 ($6$), SHA-256 ($5$).  Empty lines
 * and those that begin with # do not count.  Other hashes are mistakes that name the line.
 *
 * A client shows who it is by "Basic base64(NAME:PASSWORD)" (MLFLOW_TRACKING_USERNAME and
 * _PASSWORD), or by a token, "Bearer NAME:PASSWORD" (MLFLOW_TRACKING_TOKEN): a token is the
 * name and the password of a line that was made for it.
 *
 * A password that was right is remembered as a keyed hash, since crypt(3) is slow by
 * design; only one is looked at by crypt(3) at a time, so that guessing costs the others
 * one processor at most.
 */
#ifndef AUTH_H
#define AUTH_H

#include "base/err.h"

struct auth;

int auth_open(const char *file, struct auth **out, struct err *err);
/* Read the file anew.  -1: what was read before stays in force. */
int auth_reload(struct auth *auth, struct err *err);
void auth_close(struct auth *auth);

enum auth_answer {
	AUTH_YES,
	AUTH_NO,
	AUTH_SLOW,  /* not known yet: ask auth_check_slowly */
	AUTH_LATER, /* others are being looked at: try again in a second */
};
enum { AUTH_NAME = 64 };
/*
 * `header` is the request's Authorization header or NULL.  YES: who it is in *user.
 * auth_check: YES, NO or SLOW, at once.  auth_check_slowly: YES, NO or LATER, after as long
 * as crypt(3) takes.
 */
enum auth_answer auth_check(
    struct auth *auth, const char *header, char user[static AUTH_NAME + 1]);
enum auth_answer auth_check_slowly(
    struct auth *auth, const char *header, char user[static AUTH_NAME + 1]);

#endif
