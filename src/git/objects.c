/* SPDX-License-Identifier: MIT */
#include "git/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

enum { ALTERNATE_DEPTH = 5, ALTERNATES_MAX = 65536, COPY_STEP = 1 << 22 };

struct transport {
	struct arena *a;
	struct meter *meter;
	long long bytes; /* copied */
	struct err *err;
};

static void copied(struct transport *t, ssize_t n)
{
	t->bytes += n;
	event_progress(t->meter, "copying objects", 0, 0, t->bytes);
}

/* Not every file system can copy within the kernel. */
static int copy_by_hand(struct transport *t, int in, int out)
{
	auto_buf block = BUF_INIT;
	ssize_t n;
	buf_reserve(&block, 65536);
	while ((n = read(in, block.s, 65536)) > 0) {
		if (fd_write_all(out, block.s, (size_t)n) < 0)
			return -1;
		copied(t, n);
	}
	return (int)n;
}

static int copy_file(struct transport *t, int from_dir, int to_dir, const char *name)
{
	auto_fd in = openat(from_dir, name, O_RDONLY | O_CLOEXEC), out = -1;
	ssize_t n;
	if (in < 0)
		return -1;
	out = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (out < 0)
		return -1;
	while ((n = copy_file_range(in, NULL, out, NULL, COPY_STEP, 0)) > 0)
		copied(t, n);
	return n == 0 ? 0 : copy_by_hand(t, in, out); /* goes on where that stopped */
}

static int bring_file(struct transport *t, int from_dir, int to_dir, const char *name)
{
	if (linkat(from_dir, name, to_dir, name, 0) == 0 || errno == EEXIST)
		return 0;
	if (errno == ENOENT)
		return 0; /* packed by another program meanwhile */
	return copy_file(t, from_dir, to_dir, name);
}

static bool is_hex(const char *s, size_t n)
{
	return strspn(s, "0123456789abcdef") == n && s[n] == '\0';
}

static bool is_pack_file(const char *name)
{
	const char *dot = strrchr(name, '.');
	return strncmp(name, "pack-", 5) == 0 && dot &&
	       (strcmp(dot, ".pack") == 0 || strcmp(dot, ".idx") == 0);
}

static bool is_loose_file(const char *name)
{
	return is_hex(name, 38);
}

static int bring_dir(
    struct transport *t, const char *from, const char *to, bool (*wanted)(const char *))
{
	auto_dir d = opendir(from);
	auto_fd to_fd = -1;
	struct dirent *e;
	if (!d && errno == ENOENT)
		return 0;
	if (!d)
		return err_sys(t->err, errno, "cannot read '%s'", from);
	if (mkdir(to, 0777) < 0 && errno != EEXIST)
		return err_sys(t->err, errno, "cannot make directory '%s'", to);
	to_fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to_fd < 0)
		return err_sys(t->err, errno, "cannot open '%s'", to);
	while ((e = readdir(d)))
		if (wanted(e->d_name) && bring_file(t, dirfd(d), to_fd, e->d_name) < 0)
			return err_sys(t->err, errno, "cannot bring '%s/%s' to '%s'",
			    from, e->d_name, to);
	return 0;
}

static int bring_loose(struct transport *t, const char *from, const char *to)
{
	auto_dir d = opendir(from);
	struct dirent *e;
	if (!d)
		return err_sys(t->err, errno, "cannot read '%s'", from);
	while ((e = readdir(d)))
		if (is_hex(e->d_name, 2) &&
		    bring_dir(t, path_join(t->a, from, e->d_name),
			path_join(t->a, to, e->d_name), is_loose_file) < 0)
			return -1;
	return 0;
}

/* Loose objects first: one that is packed meanwhile is in a pack that we see then. */
static int bring(struct transport *t, const char *from, const char *to, int depth)
{
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	const char *alternates = path_join(t->a, from, "info/alternates");
	char *rest, *line;
	if (bring_loose(t, from, to) < 0 ||
	    bring_dir(t, path_join(t->a, from, "pack"), path_join(t->a, to, "pack"),
		is_pack_file) < 0)
		return -1;
	if (depth == ALTERNATE_DEPTH ||
	    file_read(alternates, ALTERNATES_MAX, &text, &ignored) < 0)
		return 0;
	for (rest = text.s; (line = strsep(&rest, "\n"));)
		if (*line && *line != '#' &&
		    bring(t, path_abs(t->a, from, line), to, depth + 1) < 0)
			return -1;
	return 0;
}

int objects_bring(const char *from, const char *to, struct meter *meter, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct transport t = {.a = &a, .meter = meter, .err = err};
	return bring(&t, from, to, 0);
}
