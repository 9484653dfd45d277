/* SPDX-License-Identifier: MIT */
#include "env/context.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/beneath.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strvec.h"
#include "env/env.h"
#include "env/tar.h"

enum { LINK_MAX_LEN = 4096, PATH_LONGEST = 4000, READ_SIZE = 128 * 1024 };

/* What is different after each run, or of no use in an image. */
static const char *const left_out[] = {
    "**/.git",
    "mlruns",
    "mlartifacts",
    "mlflow.db",
    "mlflow.db-*",
};

struct walk {
	struct arena *a;
	struct context *c;
	struct ignore ignore;
	int root;
};

static int say_unreadable(const struct walk *w, const char *path, struct err *err)
{
	err_sys(err, errno, "cannot read '%s'", path_join(w->a, w->c->dir, path));
	return err_hint(err, "a line in .dockerignore keeps it out of the image");
}

static int by_name(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

static int list_names(
    const struct walk *w, const char *path, struct strvec *names, struct err *err)
{
	const struct dirent *entry;
	auto_dir dir = NULL;
	auto_fd fd = beneath_open(w->root, path, O_RDONLY | O_DIRECTORY);
	if (fd < 0 || !(dir = fdopendir(fd)))
		return say_unreadable(w, path, err);
	fd = -1; /* closedir has it now */
	errno = 0;
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			strvec_push(names, entry->d_name);
		errno = 0;
	}
	if (errno)
		return say_unreadable(w, path, err);
	if (names->n)
		qsort(names->v, names->n, sizeof(*names->v), by_name);
	return 0;
}

static int read_link(
    const struct walk *w, const char *path, const char **out, struct err *err)
{
	char *to = arena_alloc(w->a, LINK_MAX_LEN);
	ssize_t n = readlinkat(w->root, path, to, LINK_MAX_LEN - 1);
	if (n < 0)
		return say_unreadable(w, path, err);
	*out = to;
	return 0;
}

static int add(
    const struct walk *w, const char *path, const struct stat *st, struct err *err)
{
	struct context *c = w->c;
	struct context_file f = {.path = path, .mode = st->st_mode};
	if (S_ISLNK(st->st_mode) && read_link(w, path, &f.link, err) < 0)
		return -1;
	if (S_ISREG(st->st_mode))
		f.size = (uint64_t)st->st_size;
	if (!S_ISDIR(st->st_mode))
		c->files++;
	c->bytes += f.size;
	ARENA_GROW(w->a, c->v, c->n);
	c->v[c->n++] = f;
	return 0;
}

static int walk(
    const struct walk *w, const char *path, const bool *above, struct err *err);

static int look_at(
    const struct walk *w, const char *path, const bool *above, struct err *err)
{
	bool *own = arena_array(w->a, w->ignore.n + 1, sizeof(*own));
	bool ignored = ignore_match(&w->ignore, path, above, own);
	struct stat st;
	if (ignored && !w->ignore.takes_back)
		return 0;
	if (strlen(path) > PATH_LONGEST)
		return err_set(err, ERR_FAIL, "'%.80s...' is too deep a path", path);
	if (fstatat(w->root, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return say_unreadable(w, path, err);
	if (!ignored &&
	    (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode)) &&
	    add(w, path, &st, err) < 0)
		return -1;
	return S_ISDIR(st.st_mode) ? walk(w, path, own, err) : 0;
}

static int walk(
    const struct walk *w, const char *path, const bool *above, struct err *err)
{
	auto_strvec names = STRVEC_INIT;
	if (list_names(w, path, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		if (!*path && strcmp(names.v[i], CONTEXT_DOCKERFILE) == 0)
			continue;
		if (look_at(w, path_join(w->a, path, names.v[i]), above, err) < 0)
			return -1;
	}
	return 0;
}

static void leave_out_store(struct walk *w, const char *store)
{
	static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
	size_t n = strlen(w->c->dir);
	if (!store || strncmp(store, w->c->dir, n) != 0 || store[n] != '/')
		return;
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
		ignore_add_path(w->a, &w->ignore,
		    arena_printf(w->a, "%s%s", store + n + 1, tails[i]));
}

static int read_rules(struct walk *w, struct err *err)
{
	const char *path = path_join(w->a, w->c->dir, ".dockerignore");
	struct err why = ERR_INIT;
	auto_buf text = BUF_INIT;
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		ignore_add(w->a, &w->ignore, left_out[i], strlen(left_out[i]), "", &why);
	if (file_read(path, DOCKERIGNORE_MAX_BYTES, &text, &why) == 0)
		return ignore_add(
		    w->a, &w->ignore, text.s, text.len, ".dockerignore", err);
	if (why.code == ERR_NOTFOUND)
		return 0;
	*err = why;
	return -1;
}

int context_look(struct arena *a, const struct ctx *ctx, const char *dir,
    const char *store, struct context *c, struct err *err)
{
	auto_fd root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct walk w = {.a = a, .c = c, .root = root};
	memset(c, 0, sizeof(*c));
	c->ctx = ctx;
	c->dir = dir;
	if (root < 0)
		return err_sys(err, errno, "cannot read '%s'", dir);
	leave_out_store(&w, store);
	if (read_rules(&w, err) < 0)
		return -1;
	return walk(&w, "", NULL, err);
}

static int say_changed(const struct context_file *f, struct err *err)
{
	err_set(
	    err, ERR_BUSY, "'%s' was changed while the image was being made", f->path);
	return err_hint(err, "run it again; a line in .dockerignore keeps a file that is "
			     "written to all the time out of the image");
}

static int check_interrupted(const struct ctx *ctx, struct err *err)
{
	int sig = env_interrupted(ctx);
	if (!sig)
		return 0;
	err_set(err, ERR_INTERRUPTED, "stopped while reading the project's files");
	err->sys = sig;
	return -1;
}

static int put_content(const struct ctx *ctx, struct tar *t, int fd,
    const struct context_file *f, struct err *err)
{
	auto_free char *part = xmalloc(READ_SIZE);
	uint64_t left = f->size;
	while (left) {
		size_t want = left < READ_SIZE ? (size_t)left : READ_SIZE;
		ssize_t n = read(fd, part, want);
		if (check_interrupted(ctx, err) < 0)
			return -1;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "cannot read '%s'", f->path);
		if (n == 0)
			return say_changed(f, err);
		if (tar_data(t, part, (size_t)n, err) < 0)
			return -1;
		left -= (uint64_t)n;
	}
	return tar_pad(t, f->size, err);
}

static int put_file(const struct ctx *ctx, struct tar *t, int root,
    const struct context_file *f, struct err *err)
{
	struct stat st;
	auto_fd fd = -1;
	if (tar_entry(t, f->path, f->mode, f->size, f->link, err) < 0)
		return -1;
	if (!S_ISREG(f->mode))
		return 0;
	fd = beneath_open(root, f->path, O_RDONLY | O_NONBLOCK);
	if (fd < 0 && (errno == ENOENT || errno == ELOOP))
		return say_changed(f, err);
	if (fd < 0) {
		err_sys(err, errno, "cannot read '%s'", f->path);
		return err_hint(err, "a line in .dockerignore keeps it out of the image");
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != f->size)
		return say_changed(f, err);
	return put_content(ctx, t, fd, f, err);
}

int context_write(const struct context *c, const char *dockerfile, const char *key,
    int fd, char hash[SHA256_HEX + 1], struct err *err)
{
	auto_fd root = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct tar t;
	int rc;
	if (root < 0)
		return err_sys(err, errno, "cannot read '%s'", c->dir);
	tar_init(&t, fd);
	sha256_add_str(&t.hash, key);
	rc = tar_file(&t, CONTEXT_DOCKERFILE, dockerfile, err);
	for (size_t i = 0; rc == 0 && i < c->n; i++)
		rc = put_file(c->ctx, &t, root, &c->v[i], err);
	if (rc == 0)
		rc = tar_end(&t, err);
	sha256_finish(&t.hash, hash);
	tar_release(&t);
	return rc;
}
