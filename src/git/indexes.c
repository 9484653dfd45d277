/* SPDX-License-Identifier: MIT */
#include "git/indexes.h"

#include <fcntl.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strvec.h"

enum { INDEX_MAX = 512 * 1024 * 1024 };

/* The git directories, the project's first: the file has a size and a text for each,
 * behind the number of pointers. */
static void list_dirs(
    struct arena *a, const char *root, const struct submodules *all, struct strvec *out)
{
	strvec_pushf(out, "%s/.git", root);
	for (size_t i = 0; i < all->n; i++)
		if (!all->v[i]->left_out)
			strvec_pushf(
			    out, "%s/.git/%s", root, submodule_git_dir(a, all->v[i]));
}

static int write_file(const char *file, const void *text, size_t n, struct err *err)
{
	auto_fd fd =
	    open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fd_write_all(fd, text, n) < 0)
		return err_sys(err, errno, "cannot write '%s'", file);
	return 0;
}

int indexes_keep(
    const char *root, const struct tree *t, const char *file, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_strvec dirs = STRVEC_INIT;
	auto_buf out = BUF_INIT;
	uint64_t left = t->lfs_left;
	buf_add(&out, &left, sizeof(left));
	list_dirs(&a, root, &t->submodules, &dirs);
	for (size_t i = 0; i < dirs.n; i++) {
		auto_buf text = BUF_INIT;
		uint64_t size;
		if (file_read(path_join(&a, dirs.v[i], "index"), INDEX_MAX, &text, err) <
		    0)
			return -1;
		size = text.len;
		buf_add(&out, &size, sizeof(size));
		buf_add(&out, text.s, text.len);
	}
	return write_file(file, out.s, out.len, err);
}

static int broken(const char *file, struct err *err)
{
	return err_set(err, ERR_FAIL, "'%s' does not have all indexes", file);
}

int indexes_give(const char *root, struct tree *t, const char *file, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_strvec dirs = STRVEC_INIT;
	auto_buf text = BUF_INIT;
	uint64_t left;
	size_t at = sizeof(left);
	list_dirs(&a, root, &t->submodules, &dirs);
	if (file_read(file, INDEX_MAX, &text, err) < 0)
		return -1;
	if (text.len < at)
		return broken(file, err);
	memcpy(&left, text.s, sizeof(left));
	for (size_t i = 0; i < dirs.n; i++) {
		uint64_t size;
		if (text.len - at < sizeof(size))
			return broken(file, err);
		memcpy(&size, text.s + at, sizeof(size));
		if (size > text.len - at - sizeof(size))
			return broken(file, err);
		at += sizeof(size);
		if (write_file(
			path_join(&a, dirs.v[i], "index"), text.s + at, size, err) < 0)
			return -1;
		at += size;
	}
	t->lfs_left = left;
	return 0;
}
