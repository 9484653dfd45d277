/* SPDX-License-Identifier: MIT */
#include "run/seat.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"

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

static void await_free(const char *path)
{
	struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	while (fd >= 0 && fcntl(fd, F_OFD_SETLKW, &whole) < 0 && errno == EINTR)
		;
}

int seat_watch(struct watcher *w, const char *path, struct err *err)
{
	if (watcher_start(w, await_free, path) == 0)
		return 0;
	return err_sys(err, errno, "cannot wait for '%s'", path);
}
