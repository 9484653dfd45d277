/* SPDX-License-Identifier: MIT */
#include "run/sigwatch.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/signalfd.h>

#include "base/cleanup.h"

static bool is_ignored(int sig)
{
	struct sigaction sa;
	return sigaction(sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN;
}

int sigwatch_open(struct sigwatch *w, struct err *err)
{
	static const int always[] = {SIGCHLD, SIGWINCH, SIGCONT};
	static const int unless_ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
	struct sigaction ignore = {.sa_handler = SIG_IGN}, dfl = {.sa_handler = SIG_DFL};
	sigset_t watched, blocked;
	sigemptyset(&watched);
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		sigaddset(&watched, always[i]);
	for (size_t i = 0; i < sizeof(unless_ignored) / sizeof(unless_ignored[0]); i++)
		if (!is_ignored(unless_ignored[i]))
			sigaddset(&watched, unless_ignored[i]);
	w->fd = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w->fd < 0)
		return err_sys(err, errno, "cannot watch signals");
	blocked = watched;
	sigaddset(&blocked, SIGTTOU); /* changing a terminal must not stop us */
	sigaddset(&blocked, SIGTTIN);
	sigprocmask(SIG_BLOCK, &blocked, &w->old);
	sigaction(SIGPIPE, &ignore, &w->pipe);
	sigaction(SIGXFSZ, &ignore, &w->fsize);
	sigaction(SIGCHLD, &dfl, &w->child); /* ignored, it would reap our children */
	return 0;
}

int sigwatch_next(struct sigwatch *w)
{
	struct signalfd_siginfo info;
	ssize_t n;
	do
		n = read(w->fd, &info, sizeof(info));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}

void sigwatch_suspend(void)
{
	sigset_t stop;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	sigprocmask(SIG_BLOCK, &stop, NULL);
}

void sigwatch_close(struct sigwatch *w)
{
	if (w->fd < 0)
		return;
	fd_close(&w->fd);
	sigaction(SIGPIPE, &w->pipe, NULL);
	sigaction(SIGXFSZ, &w->fsize, NULL);
	sigaction(SIGCHLD, &w->child, NULL);
	sigprocmask(SIG_SETMASK, &w->old, NULL);
}
