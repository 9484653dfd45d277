/* SPDX-License-Identifier: MIT */
#include "git/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/proc.h"

/* In a process of its own: a KILL leaves us no time for anything. */
static void watch(int life, pid_t group)
{
	char byte;
	setsid();
	if (life > 0)
		close_range(0, (unsigned)life - 1, 0);
	close_range((unsigned)life + 1, ~0U, 0);
	while (read(life, &byte, 1) < 0 && errno == EINTR)
		;
	kill(-group, SIGKILL);
	_exit(0);
}

void guard_start(struct guard *g, pid_t group)
{
	int ends[2];
	*g = (struct guard)GUARD_INIT;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	g->pid = fork();
	if (g->pid == 0)
		watch(ends[0], group);
	close(ends[0]);
	g->life = ends[1];
}

void guard_end(struct guard *g)
{
	if (g->pid > 0) {
		kill(g->pid, SIGKILL);
		proc_wait(g->pid);
	}
	fd_close(&g->life);
	g->pid = -1;
}
