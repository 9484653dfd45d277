/* SPDX-License-Identifier: MIT */
/*
 * power.c -- a disk that loses what was not synced: a library to preload.
 *
 * Below $POWER_ROOT every change of a name (create, mkdir, rename, link, symlink, remove)
 * and every fsync is noted, in order, in $POWER_LOG/log; with an fsync goes a copy of the
 * file, $POWER_LOG/<n>.  tests/soak/power.py makes of it what a disk may hold after a
 * power cut.  Data is not noted when it is written: until it is synced it is nowhere.
 *
 * $POWER_BOOT is what /proc/sys/kernel/random/boot_id says: another one after the cut.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define AT(path) at(AT_FDCWD, path, (char[PATH_MAX]){""})

static const char *root(void)
{
	return getenv("POWER_ROOT");
}

/* The absolute name of what a system call was given; NULL: not below the root. */
static const char *at(int dirfd, const char *path, char *out)
{
	char link[64];
	ssize_t n = 0;
	if (!root() || !path)
		return NULL;
	if (path[0] != '/') {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", dirfd);
		n = readlink(dirfd == AT_FDCWD ? "/proc/self/cwd" : link, out, PATH_MAX);
		if (n <= 0 || (size_t)n + strlen(path) + 2 > PATH_MAX)
			return NULL;
		out[n++] = '/';
	}
	memcpy(out + n, path, strlen(path) + 1);
	return strncmp(out, root(), strlen(root())) == 0 ? out : NULL;
}

static int log_open(void)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/log", getenv("POWER_LOG"));
	return (int)syscall(
	    SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* What happens on this disk happens in one order. */
static int begin(void)
{
	int saved = errno, fd = log_open();
	if (fd >= 0)
		flock(fd, LOCK_EX);
	errno = saved;
	return fd;
}

static void end(int fd)
{
	int saved = errno;
	if (fd >= 0)
		close(fd);
	errno = saved;
}

/* Fields are separated by NUL, entries end with a newline after one. */
static void note(
    int fd, const char *op, unsigned long long ino, const char *a, const char *b)
{
	char text[2 * PATH_MAX + 64];
	int saved = errno;
	int n = snprintf(text, sizeof(text), "%s%c%llu%c%s%c%s%c\n", op, 0, ino, 0, a, 0,
	    b ? b : "", 0);
	if (n > 0 && n < (int)sizeof(text))
		(void)!write(fd, text, (size_t)n);
	errno = saved;
}

static unsigned long long ino_of(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static bool is_there(const char *path)
{
	struct stat st;
	int saved = errno;
	bool there = lstat(path, &st) == 0;
	errno = saved;
	return there;
}

#define REAL(name, ...) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))(__VA_ARGS__)

/* ---- names ---- */

static int open_noted(int dirfd, const char *path, int flags, mode_t mode)
{
	char abs[PATH_MAX];
	const char *name = flags & O_CREAT ? at(dirfd, path, abs) : NULL;
	bool old;
	int lock, fd;
	if (path && getenv("POWER_BOOT") &&
	    strcmp(path, "/proc/sys/kernel/random/boot_id") == 0)
		path = getenv("POWER_BOOT");
	if (!name || (flags & O_TMPFILE) == O_TMPFILE)
		return (int)syscall(SYS_openat, dirfd, path, flags, mode);
	lock = begin();
	old = is_there(name);
	fd = (int)syscall(SYS_openat, dirfd, path, flags, mode);
	if (fd >= 0 && !old)
		note(lock, "create", ino_of(fd), name, NULL);
	end(lock);
	return fd;
}

#define OPEN(name, dirfd, ...)                                                           \
	EXPORT int name(__VA_ARGS__ const char *path, int flags, ...)                    \
	{                                                                                \
		va_list ap;                                                              \
		mode_t mode;                                                             \
		va_start(ap, flags);                                                     \
		mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;           \
		va_end(ap);                                                              \
		return open_noted(dirfd, path, flags, mode);                             \
	}
OPEN(open, AT_FDCWD, )
OPEN(open64, AT_FDCWD, )
OPEN(openat, fd, int fd, )
OPEN(openat64, fd, int fd, )

EXPORT int __open_2(const char *path, int flags);
EXPORT int __open64_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	return open_noted(AT_FDCWD, path, flags, 0);
}
int __open64_2(const char *path, int flags)
{
	return open_noted(AT_FDCWD, path, flags, 0);
}

/* CALL is done, and noted if it succeeds and NAME is ours. */
#define NOTED(op, name, other, call)                                                     \
	do {                                                                             \
		const char *name_ = (name), *other_ = (other);                           \
		int lock = name_ ? begin() : -1, rc = (call);                            \
		if (name_ && rc == 0)                                                    \
			note(lock, op, 0, name_, other_);                                \
		end(lock);                                                               \
		return rc;                                                               \
	} while (0)

EXPORT int mkdir(const char *path, mode_t mode)
{
	NOTED("mkdir", AT(path), NULL, REAL(mkdir, path, mode));
}

EXPORT int mkdirat(int fd, const char *path, mode_t mode)
{
	NOTED("mkdir", at(fd, path, (char[PATH_MAX]){""}), NULL,
	    REAL(mkdirat, fd, path, mode));
}

EXPORT int rename(const char *from, const char *to)
{
	NOTED("rename", AT(from), AT(to), REAL(rename, from, to));
}

EXPORT int renameat(int fd, const char *from, int tofd, const char *to)
{
	NOTED("rename", at(fd, from, (char[PATH_MAX]){""}),
	    at(tofd, to, (char[PATH_MAX]){""}), REAL(renameat, fd, from, tofd, to));
}

EXPORT int renameat2(int fd, const char *from, int tofd, const char *to, unsigned flags)
{
	NOTED("rename", at(fd, from, (char[PATH_MAX]){""}),
	    at(tofd, to, (char[PATH_MAX]){""}),
	    REAL(renameat2, fd, from, tofd, to, flags));
}

EXPORT int link(const char *from, const char *to)
{
	NOTED("link", AT(from), AT(to), REAL(link, from, to));
}

EXPORT int linkat(int fd, const char *from, int tofd, const char *to, int flags)
{
	NOTED("link", at(fd, from, (char[PATH_MAX]){""}),
	    at(tofd, to, (char[PATH_MAX]){""}), REAL(linkat, fd, from, tofd, to, flags));
}

EXPORT int symlink(const char *text, const char *path)
{
	NOTED("symlink", AT(path), text, REAL(symlink, text, path));
}

EXPORT int symlinkat(const char *text, int fd, const char *path)
{
	NOTED("symlink", at(fd, path, (char[PATH_MAX]){""}), text,
	    REAL(symlinkat, text, fd, path));
}

EXPORT int unlink(const char *path)
{
	NOTED("remove", AT(path), NULL, REAL(unlink, path));
}

EXPORT int rmdir(const char *path)
{
	NOTED("remove", AT(path), NULL, REAL(rmdir, path));
}

EXPORT int unlinkat(int fd, const char *path, int flags)
{
	NOTED("remove", at(fd, path, (char[PATH_MAX]){""}), NULL,
	    REAL(unlinkat, fd, path, flags));
}

/* ---- contents ---- */

static int copy_to_disk(int fd, int lock, unsigned long long ino)
{
	char path[PATH_MAX], name[32], data[65536];
	int out = -1, in, number = 0;
	struct stat st;
	ssize_t n;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	in = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	while (in >= 0 && out < 0 && number < 1000000) {
		snprintf(
		    path, sizeof(path), "%s/%llu.%d", getenv("POWER_LOG"), ino, number++);
		out = (int)syscall(SYS_openat, AT_FDCWD, path,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	}
	while (out >= 0 && (n = read(in, data, sizeof(data))) > 0)
		(void)!write(out, data, (size_t)n);
	if (out >= 0 && fstat(fd, &st) == 0)
		fchmod(out, st.st_mode & 0777);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	snprintf(name, sizeof(name), "%llu.%d", ino, number - 1);
	note(lock, "sync", ino, name, NULL);
	return 0;
}

static int sync_noted(int fd)
{
	char link[64], path[PATH_MAX] = "";
	struct stat st;
	int lock, saved = errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (!root() || readlink(link, path, sizeof(path) - 1) <= 0 ||
	    strncmp(path, root(), strlen(root())) != 0 || fstat(fd, &st) < 0)
		return 0; /* a real disk need not spin for this */
	lock = begin();
	if (S_ISREG(st.st_mode))
		copy_to_disk(fd, lock, st.st_ino);
	else
		note(lock, "commit", 0, "", NULL);
	end(lock);
	errno = saved;
	return 0;
}

EXPORT int fsync(int fd)
{
	return sync_noted(fd);
}

EXPORT int fdatasync(int fd)
{
	return sync_noted(fd);
}
