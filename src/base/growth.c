/* SPDX-License-Identifier: MIT */
#include "base/growth.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

#define GROWING ".mlp-tmp"

static void sweep(struct arena *a, const char *parent)
{
	auto_dir d = opendir(parent);
	struct dirent *e;
	while (d && (e = readdir(d))) {
		size_t n = strlen(e->d_name);
		struct err ignored = ERR_INIT;
		auto_fd fd = -1;
		if (n < sizeof(GROWING) ||
		    strcmp(e->d_name + n - (sizeof(GROWING) - 1), GROWING) != 0)
			continue;
		fd = openat(
		    dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			tree_remove(path_join(a, parent, e->d_name), &ignored);
	}
}

/* A sweeper may get in between mkdir and flock: then it is made again. */
int growth_begin(struct arena *a, const char *dest, struct growth *g, struct err *err)
{
	const char *parent = path_dir(a, dest);
	const char *path = arena_printf(a, "%s" GROWING, dest);
	struct stat st;
	if (dir_make(parent, 0700, err) < 0)
		return -1;
	sweep(a, parent);
	for (;;) {
		if (mkdir(path, 0777) < 0)
			return err_sys(err, errno, "cannot make directory '%s'", path);
		g->lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (g->lock >= 0 && flock(g->lock, LOCK_EX) == 0 &&
		    fstat(g->lock, &st) == 0 && st.st_nlink > 0)
			break;
		fd_close(&g->lock);
	}
	g->dest = dest;
	g->path = path;
	return 0;
}

int growth_finish(const struct growth *g, struct err *err)
{
	if (rename(g->path, g->dest) < 0)
		return err_sys(err, errno, "cannot rename '%s'", g->path);
	return 0;
}

void growth_drop(const struct growth *g)
{
	struct err ignored = ERR_INIT;
	if (g->path)
		tree_remove(g->path, &ignored);
}

void growth_release(struct growth *g)
{
	fd_close(&g->lock);
}
