/* SPDX-License-Identifier: MIT */
/*
 * helper.h -- talking to a helper program in libexec/mlp (our side of the pipe).
 *
 * One request line goes to its stdin; event lines come back on its stdout, each one JSON
 * object of at most HELPER_LINE bytes with a member "event": hello (first, with the
 * "protocol" number and the program's "version", which must be ours), progress, warning,
 * done, error.  Its stderr is ours.  The helper ignores SIGINT (we stop it) and dies with
 * us.  Credentials travel by this pipe only, never in argv or environment.
 */
#ifndef HELPER_H
#define HELPER_H

#include <sys/types.h>

#include "base/ctx.h"
#include "base/err.h"
#include "base/json.h"

enum { HELPER_LINE = 65536, HELPER_PROTOCOL = 1 };

struct helper {
	pid_t pid;	  /* -1: not running */
	int to, from;	  /* the pipe's ends, -1 when closed */
	const char *name; /* "mlp-git" */
	/*
	 * A listening socket, borrowed, or -1.  The helper gets it as systemd hands
	 * sockets over (fd 3, LISTEN_FDS=1), and a session of its own, so that no key of
	 * the terminal reaches it.
	 */
	int socket;
	struct buf in; /* what has been read and not yet used */
};

#define HELPER_INIT                                                                      \
	{                                                                                \
		.pid = -1, .to = -1, .from = -1, .socket = -1,                           \
		.in = BUF_MAX(2 * HELPER_LINE)                                           \
	}

/*
 * Start libexec/<name> and send the request (borrowed).  Returns at once; the caller owes
 * helper_finish or helper_stop.
 */
int helper_start(const struct ctx *ctx, const char *name, const cJSON *request,
    struct helper *h, struct err *err);

/*
 * Read events until done or error.  progress and warning events go to ctx.  0: *done is
 * the done event (the caller's to cJSON_Delete).  -1: the helper's error (its "code"
 * member is an enum err_code's name), its death, a silence of stall_ms (0: no limit; the
 * error names `peer`; the environment variable MLP_STALL_TIMEOUT, in seconds, overrides
 * a limit that is not 0, and is 0 itself for none), or an interruption (ERR_INTERRUPTED).
 * The helper is gone either way.
 */
int helper_finish(const struct ctx *ctx, struct helper *h, int64_t stall_ms,
    const char *peer, cJSON **done, struct err *err);

/* The limit of silence, or what MLP_STALL_TIMEOUT says instead; 0: none. */
int64_t helper_stall_limit(int64_t stall_ms);

/*
 * The pieces of helper_finish, for a caller that waits in its own way; they need h->from
 * (a pipe or socket), h->name and h->in.
 *
 * helper_read: read once.  1: bytes came, 0: the end, -1.
 * helper_next: the next event among them, the caller's to cJSON_Delete.  1, 0: not yet.
 * helper_check_hello: the first event.
 * helper_take: any other.  1: it is the done event; 0: it went to ctx; -1: its error.
 */
int helper_read(struct helper *h, struct err *err);
int helper_next(struct helper *h, cJSON **ev, struct err *err);
int helper_check_hello(const struct helper *h, const cJSON *ev, struct err *err);
int helper_take(
    const struct ctx *ctx, const struct helper *h, const cJSON *ev, struct err *err);

/* KILL it and reap it; nothing when it is not running. */
void helper_stop(struct helper *h);

#endif
