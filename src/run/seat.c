/* SPDX-License-Identifier: MIT */
#include "run/seat.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>

#include "base/cleanup.h"
#include "base/proc.h"

int seat_take(const char *path, struct err *err)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	auto_fd fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(err, errno, "cannot open '%s'", path);
	if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
		return steal_fd(&fd);
	if (errno == EAGAIN || errno == EACCES)
		return err_set(err, ERR_BUSY, "'%s' is in use", path);
	return err_sys(err, errno, "cannot lock '%s'", path);
}

bool seat_is_taken(const char *path)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	auto_fd fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

static _Noreturn void watch(const char *path, pid_t parent)
{
	struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	int fd;
	close_range(STDERR_FILENO + 1, ~0U, 0); /* no seat of ours is to be its, too */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent && fd >= 0)
		while (fcntl(fd, F_OFD_SETLKW, &whole) < 0 && errno == EINTR)
			;
	_exit(0);
}

int seat_watch(struct seat_watch *w, const char *path, struct err *err)
{
	pid_t us = getpid();
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot wait for '%s'", path);
	w->pid = fork();
	if (w->pid == 0) {
		dup2(ends[1], STDERR_FILENO); /* its end is ours */
		watch(path, us);
	}
	close(ends[1]);
	w->fd = ends[0];
	if (w->pid > 0)
		return 0;
	fd_close(&w->fd);
	return err_sys(err, errno, "cannot wait for '%s'", path);
}

void seat_unwatch(struct seat_watch *w)
{
	fd_close(&w->fd);
	if (w->pid <= 0)
		return;
	kill(w->pid, SIGKILL);
	proc_wait(w->pid);
	w->pid = -1;
}
