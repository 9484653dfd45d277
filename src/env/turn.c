/* SPDX-License-Identifier: MIT */
#include "env/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

enum { POLL_NS = 50 * 1000 * 1000 };

static int wait_for(
    struct env *e, int fd, int how, const char *path, const char *what, struct err *err)
{
	const struct timespec nap = {0, POLL_NS};
	bool told = false;
	while (flock(fd, how | LOCK_NB) < 0) {
		int sig = env_interrupted(e->want.ctx);
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(err, errno, "cannot lock '%s'", path);
		if (sig) {
			err_set(
			    err, ERR_INTERRUPTED, "stopped while waiting for %s", what);
			err->sys = sig;
			return -1;
		}
		if (!told)
			ctx_say(e->want.ctx, SAY_INFO,
			    "waiting for another mlp, which is making %s", what);
		told = true;
		nanosleep(&nap, NULL);
	}
	return 0;
}

static int cache_trouble(const struct env *e, struct err *err)
{
	return err_hint(err,
	    "what is made for runs is kept below %s: set XDG_CACHE_HOME to a directory "
	    "that can be written",
	    e->want.ctx->cache_dir);
}

int turn_take(struct env *e, const char *path, bool alone, const char *what, int *out,
    struct err *err)
{
	if (dir_make(path_dir(e->want.a, path), 0777, err) < 0)
		return cache_trouble(e, err);
	for (;;) {
		auto_fd fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
		if (fd < 0) {
			err_sys(err, errno, "cannot open '%s'", path);
			return cache_trouble(e, err);
		}
		if (wait_for(e, fd, alone ? LOCK_EX : LOCK_SH, path, what, err) < 0)
			return -1;
		if (!file_is_at(fd, path)) /* removed while we waited */
			continue;
		futimens(fd, NULL);
		*out = steal_fd(&fd);
		return 0;
	}
}
