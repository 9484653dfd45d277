/* SPDX-License-Identifier: MIT */
#include "base/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"

enum { LOCK_POLL_NS = 20 * 1000 * 1000 };

int lockfile_wait(
    int fd, int how, const char *path, struct meter *meter, bool *waited, struct err *err)
{
	const struct timespec nap = {0, LOCK_POLL_NS};
	struct timespec seen = {0, 0};
	long long moves = 0;
	while (flock(fd, how | LOCK_NB) < 0) {
		struct stat st;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(err, errno, "cannot lock '%s'", path);
		*waited = true;
		if (fstat(fd, &st) == 0 && (st.st_mtim.tv_nsec != seen.tv_nsec ||
					       st.st_mtim.tv_sec != seen.tv_sec)) {
			seen = st.st_mtim;
			event_progress(meter, "waiting for another fetch", ++moves, 0, 0);
		}
		nanosleep(&nap, NULL);
	}
	return 0;
}

int lockfile_take(const char *path, struct meter *meter, bool *waited, struct err *err)
{
	for (;;) {
		auto_fd fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			return err_sys(err, errno, "cannot open '%s'", path);
		if (lockfile_wait(fd, LOCK_EX, path, meter, waited, err) < 0)
			return -1;
		if (file_is_at(fd, path))
			return steal_fd(&fd);
	}
}

int lockfile_try(const char *path, bool make, int *out, struct err *err)
{
	for (;;) {
		auto_fd fd = open(
		    path, O_RDWR | (make ? O_CREAT : 0) | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0 && errno == ENOENT && !make)
			return 0;
		if (fd < 0)
			return err_sys(err, errno, "cannot open '%s'", path);
		while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			if (errno == EWOULDBLOCK)
				return 0;
			if (errno != EINTR)
				return err_sys(err, errno, "cannot lock '%s'", path);
		}
		if (file_is_at(fd, path)) {
			*out = steal_fd(&fd);
			return 1;
		}
	}
}
