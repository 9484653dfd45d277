/* SPDX-License-Identifier: MIT */
#include "base/treecopy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

enum {
	DEPTH_MAX = 200,
	CHUNK = 64 << 10,
	FSYNCS_MOST = 64, /* of more files one syncfs is cheaper */
};

/* What is there, before anything is copied. */
struct node {
	const char *name;
	struct stat st;
	bool linked;   /* a link to the original stands for it */
	int64_t total; /* bytes, with everything below */
	struct node *kids;
	size_t n;
};

/* A path of leave_out, by its directory and name: it may come and go meanwhile. */
struct left_out {
	struct stat dir;
	const char *name;
};

struct copying {
	struct tree_copy *t;
	struct arena arena;
	char *real; /* `from` without links, owned; or NULL */
	struct left_out *out;
	size_t nout;
	struct sha256 sum;
	char chunk[CHUNK];
};

/* ---- what is there ---- */

static void note_left_out(struct copying *c)
{
	size_t n = 0;
	while (c->t->leave_out && c->t->leave_out[n])
		n++;
	c->out = arena_array(&c->arena, n + 1, sizeof(*c->out));
	for (size_t i = 0; i < n; i++) {
		const char *path = c->t->leave_out[i];
		struct left_out *o = &c->out[c->nout];
		o->name = path_base(path);
		if (stat(path_dir(&c->arena, path), &o->dir) == 0)
			c->nout++;
	}
}

static bool is_left_out(
    const struct copying *c, const struct node *dir, const struct node *nd)
{
	if (strcmp(nd->name, ".git") == 0 ||
	    !(S_ISREG(nd->st.st_mode) || S_ISDIR(nd->st.st_mode) ||
		S_ISLNK(nd->st.st_mode)))
		return true;
	for (size_t i = 0; i < c->nout; i++)
		if (strcmp(c->out[i].name, nd->name) == 0 &&
		    stat_is_same(&c->out[i].dir, &dir->st))
			return true;
	return false;
}

static int by_name(const void *a, const void *b)
{
	const struct node *x = a, *y = b;
	return strcmp(x->name, y->name);
}

static int scan(
    struct copying *c, struct node *dir, const char *path, int depth, struct err *err);

static int scan_kid(
    struct copying *c, struct node *nd, const char *path, int depth, struct err *err)
{
	nd->total = S_ISREG(nd->st.st_mode) ? nd->st.st_size : 0;
	nd->linked = S_ISREG(nd->st.st_mode) && access(path, R_OK) < 0 && errno != ENOENT;
	return S_ISDIR(nd->st.st_mode) ? scan(c, nd, path, depth + 1, err) : 0;
}

static int scan(
    struct copying *c, struct node *dir, const char *path, int depth, struct err *err)
{
	auto_dir d = opendir(path);
	struct dirent *e;
	if (!d && errno == EACCES && depth > 0) {
		dir->linked = true;
		return 0;
	}
	if (!d && errno == ENOENT && depth > 0)
		return 0; /* somebody has removed it */
	if (!d)
		return err_sys(err, errno, "cannot read '%s'", path);
	if (depth > DEPTH_MAX)
		return err_set(err, ERR_FAIL, "'%s' is too deep", path);
	while ((e = readdir(d))) {
		struct node nd = {.name = e->d_name};
		const char *at = path_join(&c->arena, path, e->d_name);
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    lstat(at, &nd.st) < 0 || is_left_out(c, dir, &nd) ||
		    (S_ISDIR(nd.st.st_mode) && strcmp(at, c->t->to) == 0))
			continue;
		nd.name = arena_strdup(&c->arena, e->d_name);
		if (scan_kid(c, &nd, at, depth, err) < 0)
			return -1;
		ARENA_GROW(&c->arena, dir->kids, dir->n);
		dir->kids[dir->n++] = nd;
		dir->total += nd.linked ? 0 : nd.total;
		c->t->files++;
	}
	if (dir->n > 0)
		qsort(dir->kids, dir->n, sizeof(*dir->kids), by_name);
	return 0;
}

/* ---- what is too big ---- */

static struct node *biggest(struct node *dir)
{
	struct node *best = NULL;
	for (size_t i = 0; i < dir->n; i++)
		if (!dir->kids[i].linked && dir->kids[i].total > 0 &&
		    (!best || dir->kids[i].total > best->total))
			best = &dir->kids[i];
	return best;
}

/*
 * Link the biggest part that need not be divided: of a directory that is itself too big
 * its own biggest part.  Returns its bytes.
 */
static int64_t link_biggest(struct node *dir, int64_t most)
{
	struct node *nd = biggest(dir);
	int64_t bytes;
	if (!nd)
		return 0;
	if (S_ISDIR(nd->st.st_mode) && nd->total > most) {
		bytes = link_biggest(nd, most);
	} else {
		nd->linked = true;
		bytes = nd->total;
	}
	dir->total -= bytes;
	return bytes;
}

static void link_what_is_too_big(struct node *root, int64_t most)
{
	while (most > 0 && root->total > most)
		if (link_biggest(root, most) == 0)
			return;
}

/* ---- copying ---- */

static void sum_node(struct copying *c, char kind, const struct node *nd)
{
	char head[32];
	snprintf(head, sizeof(head), "%c%03o", kind, (unsigned)nd->st.st_mode & 0777);
	sha256_add_str(&c->sum, head);
	sha256_add_str(&c->sum, nd->name);
}

static int copy_bytes(
    struct copying *c, int in, int out, const char *path, struct err *err)
{
	ssize_t n;
	int64_t bytes = 0;
	while ((n = read(in, c->chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "cannot read '%s'", path);
		if (fd_write_all(out, c->chunk, (size_t)n) < 0)
			return err_sys(err, errno, "cannot write '%s'", path);
		sha256_add(&c->sum, c->chunk, (size_t)n);
		bytes += n;
	}
	sha256_add(&c->sum, &bytes, sizeof(bytes));
	c->t->bytes += bytes;
	return 0;
}

static int copy_file(struct copying *c, const struct node *nd, const char *from,
    const char *to, struct err *err)
{
	struct timespec times[2] = {nd->st.st_atim, nd->st.st_mtim};
	auto_fd in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	auto_fd out = -1;
	if (in < 0 && errno == ENOENT)
		return 0; /* somebody has removed it */
	if (in < 0)
		return err_sys(err, errno, "cannot read '%s'", from);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (out < 0)
		return err_sys(err, errno, "cannot write '%s'", to);
	sum_node(c, 'f', nd);
	if (copy_bytes(c, in, out, to, err) < 0)
		return -1;
	if (fchmod(out, nd->st.st_mode & 0777) < 0 || futimens(out, times) < 0)
		return err_sys(err, errno, "cannot write '%s'", to);
	return 0;
}

static int make_link(struct copying *c, const struct node *nd, const char *target,
    const char *to, struct err *err)
{
	sum_node(c, 'l', &(struct node){.name = nd->name, .st.st_mode = 0777});
	sha256_add_str(&c->sum, target);
	if (symlink(target, to) < 0)
		return err_sys(err, errno, "cannot make the link '%s'", to);
	return 0;
}

static bool is_inside(const char *path, const char *root)
{
	size_t n = strlen(root);
	return strncmp(path, root, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* An absolute target in the tree, seen from the link at `from`: the copy's own is meant. */
static const char *into_copy(struct copying *c, const char *from, const char *target)
{
	const char *abs = path_abs(&c->arena, "/", target);
	const char *root = is_inside(abs, c->t->from)		? c->t->from
			   : c->real && is_inside(abs, c->real) ? c->real
								: NULL;
	auto_buf b = BUF_INIT;
	if (!root)
		return target;
	for (const char *s = from + strlen(c->t->from) + 1; (s = strchr(s, '/')); s++)
		buf_adds(&b, "../");
	abs += strlen(root);
	buf_adds(&b, *abs ? abs + 1 : ".");
	return arena_strdup(&c->arena, b.s);
}

static int copy_link(struct copying *c, const struct node *nd, const char *from,
    const char *to, struct err *err)
{
	char target[PATH_MAX];
	ssize_t n = readlink(from, target, sizeof(target) - 1);
	const char *text = target;
	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0)
		return err_sys(err, errno, "cannot read '%s'", from);
	target[n] = '\0';
	if (target[0] == '/') {
		text = into_copy(c, from, target);
	} else {
		const char *abs = path_abs(&c->arena, path_dir(&c->arena, from), target);
		text = is_inside(abs, c->t->from) ? target : abs;
	}
	return make_link(c, nd, text, to, err);
}

static int copy_dir(struct copying *c, const struct node *dir, const char *from,
    const char *to, const char *rel, struct err *err);

static int copy_node(struct copying *c, const struct node *nd, const char *from,
    const char *to, const char *rel, struct err *err)
{
	if (nd->linked) {
		strvec_push(&c->t->linked, rel);
		return make_link(c, nd, from, to, err);
	}
	if (S_ISDIR(nd->st.st_mode))
		return copy_dir(c, nd, from, to, rel, err);
	return S_ISLNK(nd->st.st_mode) ? copy_link(c, nd, from, to, err)
				       : copy_file(c, nd, from, to, err);
}

/* The owner may always write to the copy of a directory, so that it can be removed. */
static int copy_dir(struct copying *c, const struct node *dir, const char *from,
    const char *to, const char *rel, struct err *err)
{
	struct timespec times[2] = {dir->st.st_atim, dir->st.st_mtim};
	if (mkdir(to, 0700) < 0)
		return err_sys(err, errno, "cannot make directory '%s'", to);
	sum_node(c, 'd', &(struct node){.name = dir->name});
	for (size_t i = 0; i < dir->n; i++) {
		const char *name = dir->kids[i].name;
		if (copy_node(c, &dir->kids[i], path_join(&c->arena, from, name),
			path_join(&c->arena, to, name), path_join(&c->arena, rel, name),
			err) < 0)
			return -1;
	}
	sha256_add_str(&c->sum, "end");
	chmod(to, (dir->st.st_mode & 0777) | 0700);
	utimensat(AT_FDCWD, to, times, 0);
	return 0;
}

static int copy_all(struct copying *c, struct err *err)
{
	struct tree_copy *t = c->t;
	struct node root = {.name = ""};
	note_left_out(c);
	if (stat(t->from, &root.st) < 0)
		return err_sys(err, errno, "cannot read '%s'", t->from);
	if (scan(c, &root, t->from, 0, err) < 0)
		return -1;
	link_what_is_too_big(&root, t->most_bytes);
	sha256_init(&c->sum);
	if (copy_dir(c, &root, t->from, t->to, "", err) < 0)
		return -1;
	sha256_finish(&c->sum, t->sha256);
	return 0;
}

int tree_copy(struct tree_copy *t, struct err *err)
{
	auto_free struct copying *c = xcalloc(1, sizeof(*c));
	int rc;
	c->t = t;
	c->real = realpath(t->from, NULL);
	t->files = t->bytes = 0;
	rc = copy_all(c, err);
	free(c->real);
	arena_release(&c->arena);
	return rc;
}

/* ---- on disk ---- */

static int sync_tree(int at, const char *name, bool now, int depth);

static int sync_entries(int dir, bool now, int depth)
{
	auto_dir d = fdopendir(dup(dir));
	struct dirent *e;
	if (!d)
		return -1;
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    sync_tree(dir, e->d_name, now, depth + 1) < 0)
			return -1;
	return 0;
}

/* The first pass starts what the second one waits for: together it is one or two commits. */
static int sync_tree(int at, const char *name, bool now, int depth)
{
	auto_fd fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	if (fd < 0)
		return errno == ELOOP || errno == EACCES ? 0 : -1;
	if (fstat(fd, &st) < 0 || depth > DEPTH_MAX)
		return -1;
	if (S_ISDIR(st.st_mode) && sync_entries(fd, now, depth) < 0)
		return -1;
	if (now)
		return fsync(fd);
	if (S_ISREG(st.st_mode))
		sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return 0;
}

int tree_sync(const char *path, int64_t files, struct err *err)
{
	auto_fd fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;
	if (files > FSYNCS_MOST)
		rc = fd < 0 ? -1 : syncfs(fd);
	else
		rc = sync_tree(AT_FDCWD, path, false, 0) < 0 ||
			     sync_tree(AT_FDCWD, path, true, 0) < 0
			 ? -1
			 : 0;
	return rc < 0 ? err_sys(err, errno, "cannot write '%s'", path) : 0;
}
