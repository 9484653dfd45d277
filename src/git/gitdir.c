/* SPDX-License-Identifier: MIT */
#include "git/gitdir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

enum { ALTERNATE_DEPTH = 5, ALTERNATES_MAX = 65536 };

int gitdir_put(
    const char *path, const char *name, const char *text, size_t n, struct err *err)
{
	auto_arena a = ARENA_INIT;
	const char *file = path_join(&a, path, name);
	auto_fd fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0 || fd_write_all(fd, text, n) < 0)
		return err_sys(err, errno, "cannot write '%s'", file);
	return 0;
}

int gitdir_make(const char *path, const char *head, const char *config, struct err *err)
{
	static const char *const dirs[] = {
	    "objects/pack", "objects/info", "refs/heads", "refs/tags", "info"};
	auto_arena a = ARENA_INIT;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (dir_make(path_join(&a, path, dirs[i]), 0777, err) < 0)
			return -1;
	if (gitdir_put(path, "config", config, strlen(config), err) < 0)
		return -1;
	head = arena_printf(&a, "%s\n", head);
	return gitdir_put(path, "HEAD", head, strlen(head), err);
}

void gitdir_quote(struct buf *out, const char *value)
{
	buf_addc(out, '"');
	for (; *value; value++) {
		if (*value == '\n') {
			buf_adds(out, "\\n");
			continue;
		}
		if (*value == '"' || *value == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *value);
	}
	buf_addc(out, '"');
}

static int copy_file(int from_dir, int to_dir, const char *name)
{
	auto_fd in = openat(from_dir, name, O_RDONLY | O_CLOEXEC);
	auto_fd out = -1;
	ssize_t n;
	if (in < 0)
		return -1;
	out = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (out < 0)
		return errno == EEXIST ? 0 : -1;
	while ((n = copy_file_range(in, NULL, out, NULL, 1 << 24, 0)) > 0)
		;
	if (n == 0)
		return 0;
	lseek(in, 0, SEEK_SET);
	lseek(out, 0, SEEK_SET);
	for (;;) { /* not every file system can copy within the kernel */
		static char block[65536];
		n = read(in, block, sizeof(block));
		if (n <= 0)
			return (int)n;
		if (fd_write_all(out, block, (size_t)n) < 0)
			return -1;
	}
}

static int bring_file(int from_dir, int to_dir, const char *name)
{
	if (linkat(from_dir, name, to_dir, name, 0) == 0 || errno == EEXIST)
		return 0;
	if (errno == ENOENT)
		return 0; /* another program repacked meanwhile */
	return copy_file(from_dir, to_dir, name);
}

static bool is_hex(const char *s, size_t n)
{
	return strspn(s, "0123456789abcdef") == n && s[n] == '\0';
}

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);
	return n >= m && strcmp(s + n - m, end) == 0;
}

static bool is_pack_file(const char *name)
{
	return strncmp(name, "pack-", 5) == 0 &&
	       (ends_in(name, ".pack") || ends_in(name, ".idx"));
}

static bool is_loose_file(const char *name)
{
	return is_hex(name, 38);
}

/* Packs before their indexes: an index without its pack would hide the loose objects. */
static int bring_dir(
    const char *from, const char *to, bool (*wanted)(const char *), struct err *err)
{
	auto_dir d = opendir(from);
	auto_fd to_fd = -1;
	struct dirent *e;
	if (!d)
		return errno == ENOENT ? 0
				       : err_sys(err, errno, "cannot read '%s'", from);
	if (mkdir(to, 0777) < 0 && errno != EEXIST)
		return err_sys(err, errno, "cannot make directory '%s'", to);
	to_fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to_fd < 0)
		return err_sys(err, errno, "cannot open '%s'", to);
	while ((e = readdir(d)))
		if (wanted(e->d_name) && bring_file(dirfd(d), to_fd, e->d_name) < 0)
			return err_sys(err, errno, "cannot bring '%s/%s' to '%s'", from,
			    e->d_name, to);
	return 0;
}

static int bring_loose(struct arena *a, const char *from, const char *to, struct err *err)
{
	auto_dir d = opendir(from);
	struct dirent *e;
	if (!d)
		return err_sys(err, errno, "cannot read '%s'", from);
	while ((e = readdir(d)))
		if (is_hex(e->d_name, 2) &&
		    bring_dir(path_join(a, from, e->d_name), path_join(a, to, e->d_name),
			is_loose_file, err) < 0)
			return -1;
	return 0;
}

static int link_objects(
    struct arena *a, const char *from, const char *to, int depth, struct err *err)
{
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	char *rest, *line;
	if (bring_loose(a, from, to, err) < 0 ||
	    bring_dir(path_join(a, from, "pack"), path_join(a, to, "pack"), is_pack_file,
		err) < 0)
		return -1;
	if (depth == ALTERNATE_DEPTH || file_read(path_join(a, from, "info/alternates"),
					    ALTERNATES_MAX, &text, &ignored) < 0)
		return 0;
	for (rest = text.s; (line = strsep(&rest, "\n"));)
		if (*line && *line != '#' &&
		    link_objects(a, path_abs(a, from, line), to, depth + 1, err) < 0)
			return -1;
	return 0;
}

int gitdir_link_objects(const char *from, const char *to, struct err *err)
{
	auto_arena a = ARENA_INIT;
	return link_objects(&a, from, to, 0, err);
}

void gitdir_sweep_packs(const char *path)
{
	auto_arena a = ARENA_INIT;
	const char *packs = path_join(&a, path, "objects/pack");
	auto_dir d = opendir(packs);
	struct dirent *e;
	while (d && (e = readdir(d))) {
		size_t n = strlen(e->d_name);
		const char *other = NULL;
		if (e->d_name[0] == '.')
			continue;
		if (ends_in(e->d_name, ".pack"))
			other =
			    arena_printf(&a, "%s/%.*s.idx", packs, (int)n - 5, e->d_name);
		else if (ends_in(e->d_name, ".idx"))
			other = arena_printf(
			    &a, "%s/%.*s.pack", packs, (int)n - 4, e->d_name);
		if (!other || !path_exists(other))
			unlinkat(dirfd(d), e->d_name, 0);
	}
}
