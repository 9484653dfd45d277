/* SPDX-License-Identifier: MIT */
#include "git/peek.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

enum {
	FILE_MAX_BYTES = 1 << 20,
	ALL_MAX_BYTES = 16 << 20,
	ENTRIES_MAX = 500000,
	DEPTH_MAX = 32,
	HOPS_MAX = 16,
	LINK_MAX_BYTES = 4096,
};

struct peek {
	struct arena *a;
	git_repository *repo;
	git_tree *root;
	git_odb *odb;
	const char *dest;
	const char *dir, *shown; /* where the project is, and what it is called */
	bool left; /* the link that was followed last leads out of the tree */
	size_t bytes, entries;
};

static bool is_link(const git_tree_entry *e)
{
	return git_tree_entry_filemode(e) == GIT_FILEMODE_LINK;
}

static bool is_wanted(const char *name)
{
	const char *dot = strrchr(name, '.');
	return strncasecmp(name, "MLproject", 9) == 0 ||
	       (dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0));
}

/* A tree from outside may hold names that no file system should see. */
static bool is_safe(const char *name)
{
	return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	       strcasecmp(name, ".git") != 0 && !strchr(name, '/');
}

/* The blob's text in the arena, NULL when it is larger than max or cannot be read. */
static const char *blob_text(struct peek *p, const git_oid *id, size_t max, size_t *n)
{
	auto_git(blob) b = NULL;
	git_object_t type;
	char *text;
	if (git_odb_read_header(n, &type, p->odb, id) < 0 || type != GIT_OBJECT_BLOB ||
	    *n > max || git_blob_lookup(&b, p->repo, id) < 0)
		return NULL;
	text = arena_alloc(p->a, *n + 1);
	memcpy(text, git_blob_rawcontent(b), *n);
	return text;
}

/* base/target as a path from the root of the tree, or NULL when it leaves it. */
static const char *link_target(struct arena *a, const char *base, const char *target)
{
	const char *whole = path_join(a, base, target);
	long depth = 0;
	if (target[0] == '/')
		return NULL;
	for (const char *s = whole; *s;) {
		size_t n = strcspn(s, "/");
		if (n == 2 && s[0] == '.' && s[1] == '.')
			depth--;
		else if (n > 0 && !(n == 1 && s[0] == '.'))
			depth++;
		if (depth < 0)
			return NULL;
		s += n + (s[n] == '/');
	}
	return path_abs(a, "/", whole) + 1;
}

/* If a component of path is a link: the path with it replaced.  NULL: none is, or bad. */
static const char *follow_one(struct peek *p, const char *path, bool *bad)
{
	for (size_t n = 0; path[n];) {
		auto_git(tree_entry) e = NULL;
		const char *part, *target, *rest;
		size_t len;
		n += strcspn(path + n, "/");
		part = arena_strndup(p->a, path, n);
		rest = path[n] ? path + n + 1 : "";
		if (git_tree_entry_bypath(&e, p->root, part) < 0) {
			*bad = true;
			return NULL;
		}
		if (!is_link(e)) {
			n += path[n] == '/';
			continue;
		}
		target = blob_text(p, git_tree_entry_id(e), LINK_MAX_BYTES, &len);
		if (target)
			target = link_target(
			    p->a, strchr(part, '/') ? path_dir(p->a, part) : "", target);
		p->left = p->left || (!target && len <= LINK_MAX_BYTES);
		*bad = !target;
		return target ? *rest ? path_join(p->a, target, rest) : target : NULL;
	}
	return NULL;
}

/* The path without links, or NULL: not there, or it leaves the tree. */
static const char *resolve(struct peek *p, const char *path)
{
	for (int hops = 0; hops < HOPS_MAX; hops++) {
		bool bad = false;
		const char *next = follow_one(p, path, &bad);
		if (!next)
			return bad ? NULL : path;
		path = next;
	}
	return NULL;
}

static int write_blob(
    struct peek *p, const char *path, const git_oid *id, struct err *err)
{
	size_t n;
	const char *text = blob_text(p, id, FILE_MAX_BYTES, &n);
	const char *file = path_join(p->a, p->dest, path);
	auto_fd fd = -1;
	if (!text || p->bytes + n > ALL_MAX_BYTES)
		return 0; /* whoever needs it will say that it is missing */
	p->bytes += n;
	if (dir_make(path_dir(p->a, file), 0700, err) < 0)
		return -1;
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fd_write_all(fd, text, n) < 0)
		return err_sys(err, errno, "cannot write '%s'", file);
	return 0;
}

static int take_file(
    struct peek *p, const char *path, const git_tree_entry *e, struct err *err)
{
	auto_git(tree_entry) behind = NULL;
	if (is_link(e)) {
		const char *real, *dir = strchr(path, '/') ? path_dir(p->a, path) : "";
		p->left = false;
		real = resolve(p, path);
		if (p->left && strcmp(dir, p->dir) == 0)
			return err_set(err, ERR_USAGE,
			    "'%s' of %s is a link that leads out of it", path_base(path),
			    p->shown);
		if (!real || !*real || git_tree_entry_bypath(&behind, p->root, real) < 0)
			return 0;
		e = behind;
	}
	if (git_tree_entry_type(e) != GIT_OBJECT_BLOB)
		return 0;
	return write_blob(p, path, git_tree_entry_id(e), err);
}

static int walk(
    struct peek *p, const git_tree *tree, const char *prefix, int depth, struct err *err)
{
	size_t n = git_tree_entrycount(tree);
	for (size_t i = 0; i < n && p->entries < ENTRIES_MAX; i++, p->entries++) {
		const git_tree_entry *e = git_tree_entry_byindex(tree, i);
		const char *name = git_tree_entry_name(e), *path;
		auto_git(tree) sub = NULL;
		int rc = 0;
		if (!is_safe(name))
			continue;
		path = *prefix ? arena_printf(p->a, "%s/%s", prefix, name) : name;
		if (git_tree_entry_type(e) == GIT_OBJECT_TREE) {
			if (depth < DEPTH_MAX &&
			    git_tree_lookup(&sub, p->repo, git_tree_entry_id(e)) == 0)
				rc = walk(p, sub, path, depth + 1, err);
		} else if (is_wanted(name)) {
			rc = take_file(p, path, e, err);
		}
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int find_dir(struct peek *p, const struct request *rq, const char *subdir,
    const char **dir, struct err *err)
{
	auto_git(tree_entry) e = NULL;
	*dir = "";
	if (!*subdir)
		return 0;
	*dir = resolve(p, subdir);
	if (p->left)
		return err_set(err, ERR_USAGE, "subdirectory %s of %s leads out of it",
		    subdir, rq->origin);
	if (!*dir || (**dir && (git_tree_entry_bypath(&e, p->root, *dir) < 0 ||
				   git_tree_entry_type(e) != GIT_OBJECT_TREE)))
		return err_set(err, ERR_NOTFOUND, "Could not find subdirectory %s of %s",
		    subdir, rq->origin);
	return 0;
}

int peek_make(struct arena *a, const struct tree *t, const struct request *rq,
    const char **dir, struct err *err)
{
	struct peek p = {.a = a, .repo = t->repo, .dest = rq->dest, .shown = rq->origin};
	auto_git(commit) commit = NULL;
	auto_git(tree) root = NULL;
	int rc = -1;
	if (git_commit_lookup(&commit, t->repo, &t->rev.id) < 0 ||
	    git_commit_tree(&root, commit) < 0 || git_repository_odb(&p.odb, t->repo) < 0)
		return lib_fail(err, "cannot read the tree of '%s'", rq->origin);
	p.root = root;
	if (find_dir(&p, rq, t->subdir, dir, err) == 0 && (p.dir = *dir) &&
	    dir_make(path_join(a, rq->dest, *dir), 0700, err) == 0)
		rc = walk(&p, root, "", 0, err);
	git_odb_free(p.odb);
	return rc;
}
