/* SPDX-License-Identifier: MIT */
#include "run/lockwatch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>

#include "base/cleanup.h"
#include "base/proc.h"
#include "run/lock.h"

static _Noreturn void watch(const char *dir, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		run_lock_await(dir);
	_exit(0);
}

int lockwatch_open(struct lockwatch *w, const char *dir, struct err *err)
{
	pid_t us = getpid();
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot wait for a run");
	w->pid = fork();
	if (w->pid == 0)
		watch(dir, us);
	close(ends[1]);
	w->fd = ends[0];
	if (w->pid > 0)
		return 0;
	fd_close(&w->fd);
	return err_sys(err, errno, "cannot wait for a run");
}

void lockwatch_close(struct lockwatch *w)
{
	fd_close(&w->fd);
	if (w->pid <= 0)
		return;
	kill(w->pid, SIGKILL);
	proc_wait(w->pid);
	w->pid = -1;
}
