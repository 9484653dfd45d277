/* SPDX-License-Identifier: MIT */
/* upload.c -- one file on its way in; contract in artifact.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "server/artifact.h"
#include "base/beneath.h"

enum { FLUSH_BYTES = 8 << 20 };

struct upload {
	int dir, fd;
	char *path;	  /* for messages */
	const char *name; /* the last part of it */
	char temporary[sizeof(UPLOAD_PREFIX) + 16];
	bool named; /* the temporary file has its name */
	int64_t size, flushed;
};

static int fail(const char *path, int errnum, struct err *err)
{
	switch (errnum) {
	case ELOOP:
	case EXDEV:
	case ENAMETOOLONG:
	case EINVAL:
	case ENOTDIR:
	case EISDIR:
	case EEXIST:
	case ENOTEMPTY:
		return err_set(err, ERR_USAGE, "Invalid path");
	default:
		return err_sys(err, errnum, "cannot write artifact '%s'", path);
	}
}

static void name_temporary(struct upload *u)
{
	uint64_t random = 0;
	(void)!getrandom(&random, sizeof(random), 0); /* O_EXCL guards the rest */
	snprintf(u->temporary, sizeof(u->temporary), UPLOAD_PREFIX "%016llx",
	    (unsigned long long)random);
}

/* Without a name, where the file system can: a server that is killed leaves nothing. */
static int open_temporary(struct upload *u)
{
	name_temporary(u);
	u->fd = openat(u->dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	if (u->fd >= 0)
		return 0;
	u->fd = openat(u->dir, u->temporary,
	    O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0666);
	u->named = u->fd >= 0;
	return u->named ? 0 : -1;
}

static int open_all(struct upload *u, const char *root, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_fd top = -1;
	const char *slash = strrchr(u->path, '/');
	const char *above =
	    slash ? arena_strndup(&a, u->path, (size_t)(slash - u->path)) : "";
	if (!*u->name || strncmp(u->name, UPLOAD_PREFIX, strlen(UPLOAD_PREFIX)) == 0)
		return err_set(err, ERR_USAGE, "Invalid path");
	if (dir_make(root, 0777, err) < 0)
		return -1;
	top = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	u->dir = top < 0 ? -1 : beneath_dir(top, above, true);
	if (u->dir < 0 || open_temporary(u) < 0)
		return fail(u->path, errno, err);
	return 0;
}

struct upload *upload_begin(const char *root, const char *path, struct err *err)
{
	struct upload *u = xcalloc(1, sizeof(*u));
	*u = (struct upload){.dir = -1, .fd = -1, .path = xstrdup(path)};
	u->name = path_base(u->path);
	if (open_all(u, root, err) == 0)
		return u;
	upload_free(u);
	return NULL;
}

int upload_write(struct upload *u, const void *data, size_t n, struct err *err)
{
	if (fd_write_all(u->fd, data, n) < 0)
		return fail(u->path, errno, err);
	u->size += (int64_t)n;
	if (u->size - u->flushed >= FLUSH_BYTES) {
		/* the disk works while more comes in, so that the end waits less */
		sync_file_range(
		    u->fd, u->flushed, u->size - u->flushed, SYNC_FILE_RANGE_WRITE);
		u->flushed = u->size;
	}
	return 0;
}

int upload_finish(struct upload *u, struct err *err)
{
	char proc[32];
	if (fsync(u->fd) < 0)
		return fail(u->path, errno, err);
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", u->fd);
	if (!u->named &&
	    linkat(AT_FDCWD, proc, u->dir, u->temporary, AT_SYMLINK_FOLLOW) < 0)
		return fail(u->path, errno, err);
	u->named = true;
	if (renameat(u->dir, u->temporary, u->dir, u->name) < 0)
		return fail(u->path, errno, err);
	u->named = false;
	if (fsync(u->dir) < 0)
		return fail(u->path, errno, err);
	return 0;
}

void upload_free(struct upload *u)
{
	if (!u)
		return;
	if (u->named)
		unlinkat(u->dir, u->temporary, 0);
	fd_close(&u->fd);
	fd_close(&u->dir);
	free(u->path);
	free(u);
}
