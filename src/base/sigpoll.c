/* SPDX-License-Identifier: MIT */
#include "base/sigpoll.h"

#include <signal.h>

int sigpoll(const struct ctx *ctx, struct pollfd *p, nfds_t n, int timeout_ms)
{
	static const int stops[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct timespec ts = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
	sigset_t set, before;
	int rc = -1;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		sigaddset(&set, stops[i]);
	sigprocmask(SIG_BLOCK, &set, &before);
	if (!(ctx->interrupted && *ctx->interrupted))
		rc = ppoll(p, n, timeout_ms < 0 ? NULL : &ts, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}
