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
