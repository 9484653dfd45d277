/* SPDX-License-Identifier: MIT */
#include "git/nested.h"

#include <fcntl.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "git/gitdir.h"
#include "git/submodules.h"

struct nesting {
	struct arena *a;
	const struct request *rq;
	const char *root;
	const struct submodules *all;
	size_t *lfs_left;
	struct meter *meter;
	struct err *err;
};

void nested_config(
    struct buf *out, const struct submodules *all, const struct submodule *self)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct submodule *m = all->v[i];
		if (m->parent != self || m->left_out)
			continue;
		buf_adds(out, "[submodule ");
		gitdir_quote(out, m->name);
		buf_adds(out, "]\n\tactive = true\n\turl = ");
		gitdir_quote(out, m->origin);
		buf_addc(out, '\n');
	}
}

/* "../../" for "a/b". */
static void add_way_up(struct buf *out, const char *path)
{
	buf_adds(out, "../");
	for (const char *s = path; *s; s++)
		if (*s == '/')
			buf_adds(out, "../");
}

/* Our own checkout made the directory; anything else in its place is none to write into. */
static int open_place(const struct nesting *k, const struct submodule *m)
{
	int fd = open(k->root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	for (const char *s = m->where; fd >= 0 && *s;) {
		auto_fd above = fd;
		size_t n = strcspn(s, "/");
		fd = openat(above, arena_strndup(k->a, s, n),
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		s += n + (s[n] == '/');
	}
	return fd;
}

/* Only names: .git is there already where git_only. */
static bool is_empty(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;
	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			return false;
	return d != NULL;
}

/* The .git file. */
static int put_link(
    const struct nesting *k, const struct submodule *m, const char *git_dir)
{
	auto_fd dir = open_place(k, m), fd = -1;
	auto_buf text = BUF_INIT;
	if (dir < 0 || !is_empty(dir))
		return err_set(k->err, ERR_FAIL, "its directory is not empty");
	buf_adds(&text, "gitdir: ");
	add_way_up(&text, m->where);
	buf_addf(&text, ".git/%s\n", git_dir);
	fd = openat(dir, ".git", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0 || fd_write_all(fd, text.s, text.len) < 0)
		return err_sys(k->err, errno, "cannot write its .git");
	return 0;
}

static int make_repository(
    const struct nesting *k, struct submodule *m, struct checkout_place *at)
{
	auto_tree t = TREE_INIT;
	int rc = submodule_open(k->a, m, k->rq, k->meter, &t, k->err);
	if (rc == 0) {
		err_set(k->err, ERR_FAIL, "'%s' is no longer in the cache", m->origin);
		return submodule_blame(m, k->err);
	}
	if (rc < 0)
		return -1;
	if (t.local)
		at->lfs_other = arena_strdup(k->a, git_repository_commondir(t.local));
	else
		at->lfs_store = checkout_lfs_store(k->a, k->rq, m->origin);
	return checkout_repository(&t, at, k->meter, k->err) < 0
		   ? submodule_blame(m, k->err)
		   : 0;
}

static int make_one(const struct nesting *k, struct submodule *m, bool git_only)
{
	const char *git_dir = submodule_git_dir(k->a, m);
	const char *root = path_join(k->a, k->root, m->where);
	auto_buf way = BUF_INIT;
	struct checkout_place at = {
	    .git = arena_printf(k->a, "%s/.git/%s", k->root, git_dir),
	    .origin = m->origin,
	    .submodules = k->all,
	    .self = m,
	    .url = m->url,
	    .offline = k->rq->offline,
	    .lfs_left = k->lfs_left};
	buf_adds(&way, "../");
	add_way_up(&way, git_dir);
	buf_adds(&way, m->where);
	at.worktree = way.s;
	if (make_repository(k, m, &at) < 0)
		return -1;
	if (git_only)
		return 0;
	if (put_link(k, m, git_dir) < 0 ||
	    checkout_files(root, &m->commit, &at, k->meter, k->err) < 0)
		return submodule_blame(m, k->err);
	return 0;
}

int nested_make(struct tree *t, const struct request *rq, const char *root, bool git_only,
    struct meter *meter, struct err *err)
{
	auto_arena a = ARENA_INIT;
	const struct nesting k = {&a, rq, root, &t->submodules, &t->lfs_left, meter, err};
	for (size_t i = 0; i < t->submodules.n; i++) {
		struct submodule *m = t->submodules.v[i];
		if (m->left_out)
			continue;
		t->fault = m;
		if (make_one(&k, m, git_only) < 0)
			return -1;
	}
	t->fault = NULL;
	return 0;
}
