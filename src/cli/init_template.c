/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/libexec.h"
#include "base/path.h"
#include "cli/init.h"
#include "manifest/argparse.h"

enum { TEMPLATE_FILE_MAX = 4 << 20, TEMPLATE_DEPTH = 8 };

/* What stands for the project's name in MLproject and README.md. */
#define PLACEHOLDER "PROJECT_NAME"

struct copy {
	struct arena *a;
	const char *name; /* of the project */
	struct buf *written;
	struct err *err;
};

/* Installed: ../share/mlp/templates beside mlp; in the build tree: the source's. */
static const char *templates_dir(struct arena *a, struct err *err)
{
	static const char *const places[] = {
	    "../share/mlp/templates", "../../../templates"};
	const char *self = libexec_own_program(a), *bin = self ? path_dir(a, self) : ".";
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *dir = path_abs(a, bin, places[i]);
		if (path_is_dir(dir))
			return dir;
	}
	err_set(err, ERR_NOTFOUND,
	    "the templates are missing: there is no directory '%s'",
	    path_abs(a, bin, places[0]));
	err_hint(err, "they are installed together with mlp, by 'make install'");
	return NULL;
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in a directory but for . and .., sorted. */
static int list_dir(
    struct arena *a, const char *dir, const char ***out, size_t *n, struct err *err)
{
	auto_dir d = opendir(dir);
	struct dirent *e;
	*out = NULL;
	*n = 0;
	if (!d)
		return err_sys(err, errno, "cannot read the directory '%s'", dir);
	while ((errno = 0, e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		ARENA_GROW(a, *out, *n);
		(*out)[(*n)++] = arena_strdup(a, e->d_name);
	}
	if (errno)
		return err_sys(err, errno, "cannot read the directory '%s'", dir);
	if (*n)
		qsort(*out, *n, sizeof(**out), compare_text);
	return 0;
}

static const char *about_template(struct arena *a, const char *dir)
{
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;
	if (file_read(path_join(a, dir, "MLproject"), TEMPLATE_FILE_MAX, &text, &err) <
		0 ||
	    strncmp(text.s, "# ", 2) != 0)
		return "";
	return arena_strndup(a, text.s + 2, strcspn(text.s, "\n") - 2);
}

int templates_list(struct arena *a, struct template **out, size_t *n, struct err *err)
{
	const char *top = templates_dir(a, err), **names;
	size_t count;
	*out = NULL;
	*n = 0;
	if (!top || list_dir(a, top, &names, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const char *dir = path_join(a, top, names[i]);
		if (names[i][0] == '.' || !path_is_dir(dir))
			continue;
		ARENA_GROW(a, *out, *n);
		(*out)[(*n)++] = (struct template){names[i], dir, about_template(a, dir)};
	}
	return 0;
}

static void put_with_name(struct buf *out, const char *text, const char *name)
{
	const char *at;
	while ((at = strstr(text, PLACEHOLDER))) {
		buf_add(out, text, (size_t)(at - text));
		buf_adds(out, name);
		text = at + strlen(PLACEHOLDER);
	}
	buf_adds(out, text);
}

/* The text of a template's file for this project. */
static int read_for(struct copy *c, const char *from, struct buf *out)
{
	const char *base = path_base(from);
	auto_buf text = BUF_INIT, name = BUF_INIT;
	if (file_read(from, TEMPLATE_FILE_MAX, &text, c->err) < 0)
		return -1;
	if (strcmp(base, "MLproject") == 0) {
		yaml_put_text(&name, c->name);
		put_with_name(out, text.s, name.s);
	} else if (strcmp(base, "README.md") == 0) {
		put_with_name(out, text.s, c->name);
	} else {
		buf_add(out, text.s, text.len);
	}
	return 0;
}

static int copy_file(struct copy *c, const char *from, const char *to)
{
	auto_buf text = BUF_INIT;
	auto_fd fd = -1;
	if (read_for(c, from, &text) < 0)
		return -1;
	fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0 && errno == EEXIST)
		return err_set(c->err, ERR_EXISTS, "'%s' exists already", to);
	if (fd < 0 || fd_write_all(fd, text.s, text.len) < 0)
		return err_sys(c->err, errno, "cannot write '%s'", to);
	return 0;
}

static int copy_tree(
    struct copy *c, const char *from, const char *to, const char *shown, int depth)
{
	const char **names;
	size_t n;
	if (list_dir(c->a, from, &names, &n, c->err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *src = path_join(c->a, from, names[i]);
		const char *dest = path_join(c->a, to, names[i]);
		const char *said = path_join(c->a, shown, names[i]);
		bool dir = path_is_dir(src);
		if (dir && depth >= TEMPLATE_DEPTH)
			continue;
		if (dir && mkdir(dest, 0777) < 0)
			return err_sys(
			    c->err, errno, "cannot make the directory '%s'", dest);
		if (dir ? copy_tree(c, src, dest, said, depth + 1)
			: copy_file(c, src, dest))
			return -1;
		if (!dir)
			buf_addf(c->written, "%s\n", said);
	}
	return 0;
}

/* Made, or there and empty: a repository without a file is, too. */
static int take_dir(struct arena *a, const char *dir, struct err *err)
{
	const char **names;
	size_t n;
	if (!path_exists(dir))
		return dir_make(dir, 0777, err);
	if (!path_is_dir(dir))
		return err_set(
		    err, ERR_EXISTS, "'%s' exists and is not a directory", dir);
	if (list_dir(a, dir, &names, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], ".git") == 0)
			continue;
		err_set(
		    err, ERR_EXISTS, "'%s' is in the way", path_join(a, dir, names[i]));
		return err_hint(
		    err, "a new project needs a directory that is new, or empty");
	}
	return 0;
}

int template_copy(struct arena *a, const struct template *t, const char *dir,
    const char *shown, struct buf *written, struct err *err)
{
	struct copy c = {.a = a, .name = path_base(dir), .written = written, .err = err};
	if (take_dir(a, dir, err) < 0)
		return -1;
	return copy_tree(&c, t->dir, dir, shown, 0);
}
