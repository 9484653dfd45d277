/* SPDX-License-Identifier: MIT */
#include "env/requirements.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "env/engine.h"
#include "env/local_package.h"

enum { FILE_MAX_BYTES = 1 << 20, FILES_MAX = 200, DEPTH_MAX = 32 };

/* A file that is being read, and who asked for it. */
struct page_of {
	const char *name; /* as the user knows it */
	const char *dir;  /* its own, absolute: -r and -c are relative to it */
	const char *real; /* its real path; NULL: the list itself */
	bool constraints;
	int line;
	const struct page_of *up;
};

struct reader {
	const struct requirements_in *in;
	struct requirements *out;
	int files;
};

static int read_lines(
    struct reader *r, struct page_of *f, const char *text, struct err *err);

static int at(const struct page_of *f, struct err *err)
{
	return f->line ? err_wrap(err, "%s:%d", f->name, f->line)
		       : err_wrap(err, "%s", f->name);
}

/* The value of "-r x", "-rx", "--requirement x", "--requirement=x", or NULL. */
static const char *value_of(
    struct arena *a, const char *line, const char *brief, const char *name)
{
	size_t n = strlen(name), end;
	if (strncmp(line, name, n) == 0 && strchr("= \t", line[n]) && line[n])
		line += n + 1;
	else if (strncmp(line, brief, 2) == 0 && line[2] && line[2] != '-')
		line += 2;
	else
		return NULL;
	line += strspn(line, " \t=");
	end = strlen(line);
	if (end > 1 && (*line == '"' || *line == '\'') && line[end - 1] == *line)
		return arena_strndup(a, line + 1, end - 2);
	return line;
}

/* A project that came from elsewhere must not have our files read. */
static int check_inside(
    struct reader *r, const char *shown, const char *path, struct err *err)
{
	auto_free char *real = realpath(path, NULL);
	auto_free char *root = r->in->root ? realpath(r->in->root, NULL) : NULL;
	bool inside = real ? root && path_is_below(real, root)
			   : !r->in->root || path_is_below(path, r->in->root);
	if (!r->in->root || inside)
		return 0;
	err_set(err, ERR_FAIL, "'%s' leads out of the project", shown);
	return err_hint(err, "a project that was fetched reads only files of its own");
}

static int check_cycle(const struct page_of *f, const char *real, struct err *err)
{
	int depth = 0;
	for (; f; f = f->up, depth++)
		if (f->real && strcmp(f->real, real) == 0) {
			err_set(err, ERR_FAIL, "'%s' includes itself", f->name);
			return err_hint(err, "take one of the -r lines out");
		}
	if (depth > DEPTH_MAX)
		return err_set(
		    err, ERR_FAIL, "more than %d files in each other", DEPTH_MAX);
	return 0;
}

static int read_regular(const char *path, struct buf *text, struct err *err)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return err_sys(err, errno, "cannot read '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_FAIL, "'%s' is not a regular file", path);
	if (file_read(path, FILE_MAX_BYTES, text, err) < 0)
		return -1;
	if (strlen(text->s) == text->len)
		return 0;
	err_set(err, ERR_FAIL, "'%s' is not text in UTF-8", path);
	return err_hint(err, "save it as UTF-8 (PowerShell's > writes UTF-16)");
}

static int read_nested(struct reader *r, const struct page_of *up, const char *name,
    bool constraints, struct err *err)
{
	struct arena *a = r->in->a;
	const char *path = path_abs(a, up->dir, name);
	struct page_of f = {
	    .name = name, .dir = path_dir(a, path), .constraints = constraints, .up = up};
	auto_buf text = BUF_INIT;
	auto_free char *real = realpath(path, NULL);
	if (check_inside(r, name, path, err) < 0)
		return -1;
	if (r->in->partial && !real) {
		r->out->missing = true;
		return 0;
	}
	if (check_cycle(up, real ? real : "", err) < 0)
		return -1;
	if (++r->files > FILES_MAX)
		return err_set(err, ERR_FAIL, "more than %d files", FILES_MAX);
	if (read_regular(path, &text, err) < 0)
		return -1;
	f.real = real ? real : path;
	return read_lines(r, &f, text.s, err);
}

/* "-e ./x", "./x[extra]", "x.whl": what of this machine is installed. */
static int add_local(struct reader *r, const char *word, bool editable, struct err *err)
{
	const struct requirements_in *in = r->in;
	const char *path = local_package_path(in->a, in->dir, word, editable);
	if (!path)
		return 0;
	if (check_inside(r, word, path, err) < 0)
		return -1;
	if (in->partial) {
		r->out->missing = true;
		return 0;
	}
	if (!editable) {
		ARENA_GROW(in->a, r->out->local, r->out->nlocal);
		r->out->local[r->out->nlocal++] = path;
		return local_package_hash(in->a, path, in->skip, &r->out->hash, err);
	}
	sha256_add_str(&r->out->hash, path); /* its files are used where they are */
	return local_package_hash_recipe(in->a, path, &r->out->hash, err);
}

/*
 * "-f wheels", a directory beside the file that names it or in the project: as an address,
 * for the list stands elsewhere then.  *line is the user's where it is anything else.  Two
 * projects may call theirs the same: what lies in it counts.
 */
static int find_links(
    struct reader *r, const struct page_of *f, const char **line, struct err *err)
{
	struct arena *a = r->in->a;
	const char *name = value_of(a, *line, "-f", "--find-links"), *path;
	auto_buf b = BUF_INIT;
	if (!name || *name == '/' || strchr(name, ':'))
		return 0;
	path = path_abs(a, f->dir, name);
	if (!path_exists(path))
		path = path_abs(a, r->in->dir, name);
	if (check_inside(r, name, path, err) < 0)
		return -1;
	if (r->in->partial) {
		r->out->missing = true;
		return 0;
	}
	if (!path_exists(path))
		return 0;
	buf_adds(&b, "--find-links file://");
	engine_quote(&b, path);
	*line = arena_strdup(a, b.s);
	return local_package_hash_shelf(a, path, &r->out->hash, err);
}

static int take_line(
    struct reader *r, struct page_of *f, const char *line, struct err *err)
{
	struct arena *a = r->in->a;
	struct buf *to = f->constraints ? &r->out->constraints : &r->out->install;
	const char *name;
	bool editable;
	if ((name = value_of(a, line, "-r", "--requirement")) && !strstr(name, "://"))
		return read_nested(r, f, name, false, err);
	if ((name = value_of(a, line, "-c", "--constraint")) && !strstr(name, "://"))
		return read_nested(r, f, name, true, err);
	name = value_of(a, line, "-e", "--editable");
	editable = name && !r->in->root;
	if (name && !editable)
		line = name;
	sha256_add_str(&r->out->hash, f->constraints ? "constraint" : "install");
	sha256_add_str(&r->out->hash, line);
	if (find_links(r, f, &line, err) < 0)
		return -1;
	buf_adds(to, line);
	buf_addc(to, '\n');
	origins_add(a, f->constraints ? &r->out->constraints_from : &r->out->install_from,
	    arena_strdup(a, f->name), f->line);
	return add_local(r, name ? name : line, editable, err);
}

/* A line with those that its \ joins to it, without comment and spaces around it. */
static const char *next_line(struct arena *a, const char **text, int *lines)
{
	auto_buf b = BUF_INIT;
	const char *s = *text;
	size_t n, from;
	for (;;) {
		n = strcspn(s, "\n");
		buf_add(&b, s, n);
		*lines += 1;
		s += n + (s[n] == '\n');
		while (b.len && b.s[b.len - 1] == '\r')
			buf_cut(&b, b.len - 1);
		if (!b.len || b.s[b.len - 1] != '\\' || !*s)
			break;
		buf_cut(&b, b.len - 1);
	}
	*text = s;
	for (size_t i = 0; i < b.len; i++)
		if (b.s[i] == '#' && (i == 0 || b.s[i - 1] == ' ' || b.s[i - 1] == '\t'))
			buf_cut(&b, i);
	while (b.len && (b.s[b.len - 1] == ' ' || b.s[b.len - 1] == '\t'))
		buf_cut(&b, b.len - 1);
	from = strspn(b.s, " \t\f");
	return arena_strdup(a, b.s + from);
}

static int read_lines(
    struct reader *r, struct page_of *f, const char *text, struct err *err)
{
	int next = 0;
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	while (*text) {
		const char *line;
		int first = next + 1;
		line = next_line(r->in->a, &text, &next);
		if (f->real)
			f->line = first;
		if (*line && take_line(r, f, line, err) < 0)
			return at(f, err);
	}
	return 0;
}

int requirements_read(const struct requirements_in *in, const char *file,
    const struct requirement_list *list, struct requirements *out, struct err *err)
{
	struct reader r = {.in = in, .out = out};
	*out = (struct requirements){
	    .install = BUF_INIT, .constraints = BUF_INIT, .missing = false};
	sha256_init(&out->hash);
	for (size_t i = 0; i < list->n; i++) {
		struct page_of f = {
		    .name = file, .dir = in->dir, .line = list->v[i].mark.line};
		if (read_lines(&r, &f, list->v[i].text, err) < 0)
			return -1;
	}
	return 0;
}

void requirements_release(struct requirements *r)
{
	buf_release(&r->install);
	buf_release(&r->constraints);
}
