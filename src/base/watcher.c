/* SPDX-License-Identifier: MIT */
#include "base/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>

#include "base/cleanup.h"
#include "base/proc.h"

int watcher_start(struct watcher *w, void (*wait)(const char *path), const char *path)
{
	pid_t us = getpid();
	int ends[2], why;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	w->pid = fork();
	why = errno;
	if (w->pid == 0) {
		dup2(ends[1], STDERR_FILENO); /* its end is ours */
		close_range(STDERR_FILENO + 1, ~0U, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == us)
			wait(path);
		_exit(0);
	}
	close(ends[1]);
	w->fd = ends[0];
	if (w->pid > 0)
		return 0;
	fd_close(&w->fd);
	errno = why;
	return -1;
}

void watcher_end(struct watcher *w)
{
	fd_close(&w->fd);
	if (w->pid <= 0)
		return;
	kill(w->pid, SIGKILL);
	proc_wait(w->pid);
	w->pid = -1;
}
