/* SPDX-License-Identifier: MIT */
#include "base/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/cleanup.h"

/* The next component of *path, copied; false at the end, errno for one that is too long. */
static bool next_name(const char **path, char name[static NAME_MAX + 1])
{
	size_t n = strcspn(*path, "/");
	errno = 0;
	if (n == 0)
		return false;
	if (n > NAME_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(name, *path, n);
	name[n] = '\0';
	*path += n + ((*path)[n] == '/');
	return true;
}

/* Where the kernel has no openat2 (before 5.6, or a filter that does not know it). */
static int walk(int root, const char *path, int flags)
{
	auto_fd dir = openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char name[NAME_MAX + 1];
	while (dir >= 0 && next_name(&path, name)) {
		bool last = *path == '\0';
		int how = last ? flags : O_PATH | O_DIRECTORY;
		int fd = openat(dir, name, how | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 || last)
			return fd;
		fd_close(&dir);
		dir = fd;
	}
	if (dir < 0 || errno)
		return -1;
	return openat(dir, ".", flags | O_CLOEXEC);
}

int beneath_open(int root, const char *path, int flags)
{
	struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC),
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
	long fd = syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof(how));
	if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
		return (int)fd;
	return walk(root, path, flags);
}

static int make_one(int dir, const char *name)
{
	if (mkdirat(dir, name, 0777) == 0)
		return fsync(dir);
	return errno == EEXIST ? 0 : -1;
}

int beneath_dir(int root, const char *path, bool make)
{
	const int how = O_RDONLY | O_DIRECTORY;
	char name[NAME_MAX + 1];
	int fd = beneath_open(root, path, how);
	auto_fd dir = -1;
	if (fd >= 0 || !make || errno != ENOENT)
		return fd;
	dir = openat(root, ".", how | O_CLOEXEC);
	while (dir >= 0 && next_name(&path, name)) {
		if (make_one(dir, name) < 0)
			return -1;
		fd = openat(dir, name, how | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return -1;
		fd_close(&dir);
		dir = fd;
	}
	if (dir < 0 || errno)
		return -1;
	return steal_fd(&dir);
}
