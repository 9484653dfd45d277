/* SPDX-License-Identifier: MIT */
#include "env/pythons.h"

#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

enum { NEWEST_MINOR = 30, VERSION_FILE_MAX = 4096 };

struct finder {
	const struct python_search *s;
	struct python_paths *out;
	const char *pyenv; /* its root, or NULL */
};

static void add(struct finder *f, const char *path)
{
	struct stat st;
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || access(path, X_OK) < 0)
		return;
	for (size_t i = 0; i < f->out->n; i++)
		if (strcmp(f->out->v[i], path) == 0)
			return;
	ARENA_GROW(f->s->a, f->out->v, f->out->n);
	f->out->v[f->out->n++] = path;
}

/* "3.11" of "3.11.7"; NULL where only "3" is known. */
static const char *minor_of(struct arena *a, const char *version)
{
	size_t major = version ? strspn(version, "0123456789") : 0;
	if (!major || version[major] != '.')
		return NULL;
	return arena_strndup(
	    a, version, major + 1 + strspn(version + major + 1, "0123456789"));
}

static void add_from_dir(struct finder *f, const char *dir)
{
	struct arena *a = f->s->a;
	const char *minor = minor_of(a, f->s->wanted);
	if (minor)
		add(f, path_join(a, dir, arena_printf(a, "python%s", minor)));
	for (int i = NEWEST_MINOR; f->s->everything && i > 0; i--)
		add(f, path_join(a, dir, arena_printf(a, "python3.%d", i)));
	add(f, path_join(a, dir, "python3"));
	add(f, path_join(a, dir, "python"));
}

/* Numbers by their value, so that 3.10 comes after 3.9; the greatest first. */
static int by_version(const void *a, const void *b)
{
	return strverscmp(*(const char *const *)b, *(const char *const *)a);
}

static const char **sorted_names(struct arena *a, const char *dir, size_t *n)
{
	auto_dir d = opendir(dir);
	const char **v = NULL;
	struct dirent *e;
	*n = 0;
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		ARENA_GROW(a, v, *n);
		v[(*n)++] = arena_strdup(a, e->d_name);
	}
	if (*n)
		qsort(v, *n, sizeof(*v), by_version);
	return v;
}

static void add_pyenv_version(struct finder *f, const char *name)
{
	struct arena *a = f->s->a;
	if (*name && *name != '.' && !strchr(name, '/'))
		add(f, path_join(
			   a, f->pyenv, arena_printf(a, "versions/%s/bin/python", name)));
}

/* Names of versions, separated by spaces, colons or newlines. */
static bool add_chosen(struct finder *f, const char *names)
{
	bool any = false;
	while (names && *names) {
		size_t n = strcspn(names, " :\t\r\n");
		if (n)
			add_pyenv_version(f, arena_strndup(f->s->a, names, n));
		any = any || n;
		names += n + (names[n] != '\0');
	}
	return any;
}

static bool add_chosen_in(struct finder *f, const char *file)
{
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	struct stat st;
	return stat(file, &st) == 0 && S_ISREG(st.st_mode) &&
	       file_read(file, VERSION_FILE_MAX, &text, &ignored) == 0 &&
	       add_chosen(f, text.s);
}

/* What a shim of pyenv would start: pyenv's own order. */
static void add_from_shims(struct finder *f)
{
	struct arena *a = f->s->a;
	const char *dir = f->s->dir;
	if (add_chosen(f, getenv("PYENV_VERSION")))
		return;
	while (dir && *dir == '/') {
		if (add_chosen_in(f, path_join(a, dir, ".python-version")))
			return;
		if (!dir[1])
			break;
		dir = path_dir(a, dir);
	}
	add_chosen_in(f, path_join(a, f->pyenv, "version"));
}

/* The root of the pyenv that a directory of PATH belongs to, or NULL. */
static const char *pyenv_of(struct arena *a, const char *dir)
{
	const char *root;
	if (strcmp(path_base(dir), "shims") != 0)
		return NULL;
	root = path_dir(a, dir);
	return path_is_dir(path_join(a, root, "versions")) ? root : NULL;
}

static void add_from_path(struct finder *f)
{
	const char *path = getenv("PATH");
	while (path && *path) {
		size_t n = strcspn(path, ":");
		const char *dir = arena_strndup(f->s->a, path, n);
		const char *pyenv = pyenv_of(f->s->a, dir);
		path += n + (path[n] == ':');
		if (pyenv) {
			f->pyenv = pyenv;
			add_from_shims(f);
		} else if (*dir == '/') { /* not what happens to lie here */
			add_from_dir(f, dir);
		}
	}
}

/* "3.11.7" fits "3.11"; without a wish everything does. */
static bool fits(const struct finder *f, const char *version)
{
	const char *minor = minor_of(f->s->a, f->s->wanted);
	const char *start = minor ? minor : f->s->wanted;
	size_t n = start ? strlen(start) : 0;
	return !n || (strncmp(version, start, n) == 0 &&
			 (version[n] < '0' || version[n] > '9'));
}

static void add_from_pyenv(struct finder *f)
{
	struct arena *a = f->s->a;
	const char *root = getenv("PYENV_ROOT"), *home = getenv("HOME");
	const char **names;
	size_t n;
	if (root && *root == '/')
		f->pyenv = root;
	else if (!f->pyenv && home && *home == '/')
		f->pyenv = path_join(a, home, ".pyenv");
	if (!f->pyenv)
		return;
	names = sorted_names(a, path_join(a, f->pyenv, "versions"), &n);
	for (size_t i = 0; i < n; i++)
		if (fits(f, names[i]))
			add_pyenv_version(f, names[i]);
}

static const char *uv_dir(struct arena *a)
{
	const char *own = getenv("UV_PYTHON_INSTALL_DIR");
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	if (own && *own == '/')
		return own;
	if (data && *data == '/')
		return path_join(a, data, "uv/python");
	return home && *home == '/' ? path_join(a, home, ".local/share/uv/python") : NULL;
}

/* "cpython-3.12.5-linux-x86_64-gnu" */
static void add_from_uv(struct finder *f)
{
	struct arena *a = f->s->a;
	const char *dir = uv_dir(a);
	const char **names;
	size_t n;
	if (!dir)
		return;
	names = sorted_names(a, dir, &n);
	for (size_t i = 0; i < n; i++) {
		if (strncmp(names[i], "cpython-", 8) == 0 && fits(f, names[i] + 8))
			add(f, path_join(
				   a, dir, arena_printf(a, "%s/bin/python3", names[i])));
	}
}

void python_paths_find(const struct python_search *s, struct python_paths *out)
{
	struct finder f = {.s = s, .out = out};
	*out = (struct python_paths){.v = NULL};
	add_from_path(&f);
	add_from_pyenv(&f);
	add_from_uv(&f);
}
