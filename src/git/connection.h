/* SPDX-License-Identifier: MIT */
/*
 * connection.h -- a server that has let us in, by the ways that git would go: the user's
 * rewritten URLs, credentials, certificates, proxies, ssh.
 *
 * Credentials are tried on a fresh connection each, as a header of our own: libgit2 1.5
 * stumbles over the text that many servers send with a 401.  With such a header no
 * redirection to a host of another name is followed.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "base/event.h"
#include "base/strvec.h"
#include "git/address.h"
#include "git/credential.h"
#include "git/request.h"
#include "git/ssh.h"
#include "git/tunnel.h"

struct connection {
	git_remote *remote;	   /* connected */
	git_fetch_options options; /* for git_remote_download */
	/* what follows is for messages, and the callbacks' own */
	const struct request *rq;
	struct arena *a;
	struct meter *meter;
	struct address to;
	struct credential credential;	/* the one in use, or refused last */
	enum credential_source refused; /* the last that was; NONE: none was */
	const char *proxy;		/* without credentials, or NULL */
	struct tunnel tunnel;		/* where there is one */
	struct strvec extra;		/* headers that the user's configuration adds */
	struct strvec headers;		/* all of ours */
	struct ssh_words words;
	bool verify, one_each, receiving, received;
	long long said; /* bytes of the server's own progress text */
};
#define CONNECTION_INIT                                                                  \
	{                                                                                \
		.words = SSH_WORDS_INIT                                                  \
	}
#define auto_connection __attribute__((cleanup(connection_close))) struct connection

/* `c`, fresh, stays where it is until connection_close; so do arena, request and meter. */
int connection_open(struct connection *c, struct arena *a, git_repository *mirror,
    const struct request *rq, struct meter *meter, struct err *err);
void connection_close(struct connection *c);

/*
 * Why an operation on it failed with libgit2's `rc`, in plain words.  ERR_BUSY: nobody
 * answers there now.  ERR_NOTFOUND: somebody does, but has no such repository.
 */
int connection_fail(const struct connection *c, int rc, struct err *err);

#endif
