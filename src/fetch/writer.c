/* SPDX-License-Identifier: MIT */
#include "fetch/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/quote.h"

enum { OPEN_DIR = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

void writer_init(struct writer *w, int root)
{
	static const struct buf empty = BUF_INIT;
	w->root = root;
	w->dir = -1;
	w->at = empty;
	w->umask = umask(0);
	umask(w->umask);
}

void writer_release(struct writer *w)
{
	fd_close(&w->dir);
	buf_release(&w->at);
}

static int fail(const char *path, int errnum, struct err *err)
{
	auto_buf shown = BUF_INIT;
	quote_display(&shown, path, strlen(path));
	return err_sys(err, errnum, "cannot write member '%.300s'", shown.s);
}

static int refuse(const char *path, const char *why, struct err *err)
{
	auto_buf shown = BUF_INIT;
	quote_display(&shown, path, strlen(path));
	return err_set(err, ERR_FAIL, "member '%.300s' %s", shown.s, why);
}

/* One step down, into a directory that may have to be made. */
static int step(int dir, const char *name, const char *path, struct err *err)
{
	int fd = openat(dir, name, OPEN_DIR);
	if (fd < 0 && errno == ENOENT) {
		if (mkdirat(dir, name, 0777) < 0)
			return fail(path, errno, err);
		fd = openat(dir, name, OPEN_DIR);
	}
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return refuse(path, "lies below a link or a file", err);
	return fd < 0 ? fail(path, errno, err) : fd;
}

static int walk(struct writer *w, const char *dirs, const char *path, struct err *err)
{
	auto_fd fd = openat(w->root, ".", OPEN_DIR);
	auto_buf name = BUF_INIT;
	if (fd < 0)
		return fail(path, errno, err);
	while (*dirs) {
		size_t n = strcspn(dirs, "/");
		int next;
		buf_clear(&name);
		buf_add(&name, dirs, n);
		next = step(fd, name.s, path, err);
		if (next < 0)
			return -1;
		fd_close(&fd);
		fd = next;
		dirs += n + (dirs[n] == '/');
	}
	return steal_fd(&fd);
}

/* Make w->dir the directory `dirs` (n bytes; "" for the root). */
static int enter(
    struct writer *w, const char *dirs, size_t n, const char *path, struct err *err)
{
	auto_buf wanted = BUF_INIT;
	int fd;
	if (w->dir >= 0 && w->at.len == n && memcmp(w->at.s, dirs, n) == 0)
		return 0;
	buf_add(&wanted, dirs, n);
	fd = walk(w, wanted.s, path, err);
	if (fd < 0)
		return -1;
	fd_close(&w->dir);
	w->dir = fd;
	buf_clear(&w->at);
	buf_add(&w->at, dirs, n);
	return 0;
}

/* Enter the directory that `path` is in; returns its last component, or NULL. */
static const char *enter_parent(struct writer *w, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	if (enter(w, path, n, path, err) < 0)
		return NULL;
	return slash ? slash + 1 : path;
}

/* Make room for what comes under a name again: the last one counts. */
static int clear(struct writer *w, const char *name, const char *path, struct err *err)
{
	if (unlinkat(w->dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno == EISDIR || errno == EPERM)
		return refuse(path, "has the name of a directory that is there", err);
	return fail(path, errno, err);
}

int writer_dir(struct writer *w, const char *path, mode_t mode, struct err *err)
{
	if (enter(w, path, strlen(path), path, err) < 0)
		return -1;
	if (*path && fchmod(w->dir, ((mode & 0777 & ~w->umask) | 0700)) < 0)
		return fail(path, errno, err);
	return 0;
}

int writer_file(struct writer *w, const char *path, mode_t mode, struct err *err)
{
	const char *name = enter_parent(w, path, err);
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, fd;
	if (!name)
		return -1;
	mode = (mode & 0777) | 0400;
	fd = openat(w->dir, name, flags, mode);
	if (fd < 0 && errno == EEXIST) {
		if (clear(w, name, path, err) < 0)
			return -1;
		fd = openat(w->dir, name, flags, mode);
	}
	return fd < 0 ? fail(path, errno, err) : fd;
}

int writer_symlink(
    struct writer *w, const char *path, const char *target, struct err *err)
{
	const char *name = enter_parent(w, path, err);
	if (!name || clear(w, name, path, err) < 0)
		return -1;
	return symlinkat(target, w->dir, name) < 0 ? fail(path, errno, err) : 0;
}

int writer_link(struct writer *w, const char *path, const char *to, struct err *err)
{
	auto_fd dir = -1;
	const char *name = enter_parent(w, to, err);
	struct stat st;
	if (!name)
		return -1;
	if (fstatat(w->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return refuse(path, "is a hard link to what is no file before it", err);
	if (strcmp(path, to) == 0)
		return 0;
	dir = steal_fd(&w->dir);
	to = name;
	name = enter_parent(w, path, err);
	if (!name || clear(w, name, path, err) < 0)
		return -1;
	return linkat(dir, to, w->dir, name, 0) < 0 ? fail(path, errno, err) : 0;
}
