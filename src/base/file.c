/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/vfs.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/fault.h"
#include "base/path.h"

int fd_read_all(int fd, const char *what, size_t max, struct buf *out, struct err *err)
{
	size_t start = out->len;
	for (;;) {
		ssize_t n;
		buf_reserve(out, 16384);
		n = read(fd, out->s + out->len, 16384);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "cannot read '%s'", what);
		if (n == 0)
			return 0;
		out->len += (size_t)n;
		out->s[out->len] = '\0';
		if (out->len - start > max)
			return err_set(
			    err, ERR_FAIL, "'%s' is larger than %zu bytes", what, max);
	}
}

int file_read(const char *path, size_t max, struct buf *out, struct err *err)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "cannot read '%s'", path);
	return fd_read_all(fd, path, max, out, err);
}

int fd_write_all(int fd, const void *data, size_t n)
{
	const char *p = data;
	while (n > 0) {
		ssize_t w = write(fd, p, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

bool file_is_at(int fd, const char *path)
{
	struct stat ours, there;
	return fstat(fd, &ours) == 0 && stat(path, &there) == 0 &&
	       stat_is_same(&ours, &there);
}

static int write_temp(const char *tmp, const void *data, size_t n, mode_t mode, bool wait)
{
	auto_fd fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0 || fd_write_all(fd, data, n) < 0 || (wait && fsync(fd) < 0))
		return -1;
	FAULT("file.temporary");
	return 0;
}

static void dir_sync_of(const char *path)
{
	auto_free char *copy = xstrdup(path);
	auto_fd fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		fsync(fd);
}

static int replace(
    const char *path, const void *data, size_t n, mode_t mode, bool wait, struct err *err)
{
	auto_buf tmp = BUF_INIT;
	buf_addf(&tmp, "%s.tmp%ld", path, (long)getpid());
	unlink(tmp.s);
	FAULT("file.begin");
	if (write_temp(tmp.s, data, n, mode, wait) < 0 || rename(tmp.s, path) < 0) {
		int saved = errno;
		unlink(tmp.s);
		return err_sys(err, saved, "cannot write '%s'", path);
	}
	FAULT("file.renamed");
	return 0;
}

int file_write(const char *path, const void *data, size_t n, mode_t mode, struct err *err)
{
	if (replace(path, data, n, mode, true, err) < 0)
		return -1;
	dir_sync_of(path);
	FAULT("file.synced");
	return 0;
}

int file_write_soon(
    const char *path, const void *data, size_t n, mode_t mode, struct err *err)
{
	return replace(path, data, n, mode, false, err);
}

int file_sync(const char *path, struct err *err)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return err_sys(err, errno, "cannot write '%s'", path);
	dir_sync_of(path);
	FAULT("file.synced");
	return 0;
}

int dir_make(const char *path, mode_t mode, struct err *err)
{
	auto_free char *p = xstrdup(path);
	struct stat st;
	if (mkdir(p, mode) == 0)
		return 0;
	if (errno == EEXIST && stat(p, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	for (char *s = p + 1; errno == ENOENT && *s; s++) {
		if (*s != '/')
			continue;
		*s = '\0';
		errno = mkdir(p, mode) == 0 || errno == EEXIST ? ENOENT : errno;
		*s = '/';
	}
	if (errno == ENOENT && (mkdir(p, mode) == 0 || errno == EEXIST) && path_is_dir(p))
		return 0;
	return err_sys(err, errno, "cannot make directory '%s'", path);
}

static int remove_entries(int fd)
{
	auto_dir d = fdopendir(fd);
	struct dirent *e;
	int failed = 0;
	if (!d) {
		close(fd);
		return -1;
	}
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			failed |= tree_remove_at(fd, e->d_name);
	return failed;
}

int tree_remove_at(int dirfd, const char *name)
{
	int fd;
	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == EACCES && fchmodat(dirfd, name, 0700, 0) == 0)
		fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	remove_entries(fd);
	return unlinkat(dirfd, name, AT_REMOVEDIR);
}

int tree_remove(const char *path, struct err *err)
{
	if (tree_remove_at(AT_FDCWD, path) == 0)
		return 0;
	return err_sys(err, errno, "cannot remove '%s'", path);
}

bool path_exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0;
}

bool path_is_dir(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool path_leads_out(const char *root, const char *path)
{
	auto_free char *real_root = realpath(root, NULL), *real = realpath(path, NULL);
	return real && real_root && !path_is_below(real, real_root);
}

bool path_on_local_fs(const char *path)
{
	/* ext, xfs, btrfs, zfs, tmpfs, overlay, f2fs: the magic numbers of statfs(2) */
	static const unsigned long local[] = {0xEF53, 0x58465342, 0x9123683E, 0x2FC12FC1,
	    0x01021994, 0x794C7630, 0xF2F52010};
	struct statfs fs;
	if (statfs(path, &fs) < 0)
		return false;
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if ((unsigned long)fs.f_type == local[i])
			return true;
	return false;
}
