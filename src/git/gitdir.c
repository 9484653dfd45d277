/* SPDX-License-Identifier: MIT */
#include "git/gitdir.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

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

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);
	return n >= m && strcmp(s + n - m, end) == 0;
}

enum { CHECKSUM = 20, TRAILER_OF_INDEX = 2 * CHECKSUM };

/* Both end in the pack's checksum, the index with its own behind it: neither is cut off. */
static bool is_whole(int dir, const char *pack, const char *idx)
{
	auto_fd p = openat(dir, pack, O_RDONLY | O_CLOEXEC);
	auto_fd i = openat(dir, idx, O_RDONLY | O_CLOEXEC);
	char sum[CHECKSUM], told[CHECKSUM];
	off_t p_size = p < 0 ? -1 : lseek(p, 0, SEEK_END);
	off_t i_size = i < 0 ? -1 : lseek(i, 0, SEEK_END);
	return p_size >= CHECKSUM && i_size >= TRAILER_OF_INDEX &&
	       pread(p, sum, CHECKSUM, p_size - CHECKSUM) == CHECKSUM &&
	       pread(i, told, CHECKSUM, i_size - TRAILER_OF_INDEX) == CHECKSUM &&
	       memcmp(sum, told, CHECKSUM) == 0;
}

static bool is_good(int dir, const char *name)
{
	auto_arena a = ARENA_INIT;
	const char *dot = strrchr(name, '.');
	const char *base = arena_strndup(&a, name, dot ? (size_t)(dot - name) : 0);
	if (!ends_in(name, ".pack") && !ends_in(name, ".idx"))
		return false;
	return is_whole(
	    dir, arena_printf(&a, "%s.pack", base), arena_printf(&a, "%s.idx", base));
}

void gitdir_sweep_packs(const char *path)
{
	auto_arena a = ARENA_INIT;
	auto_dir d = opendir(path_join(&a, path, "objects/pack"));
	struct dirent *e;
	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    !is_good(dirfd(d), e->d_name))
			unlinkat(dirfd(d), e->d_name, 0);
}
