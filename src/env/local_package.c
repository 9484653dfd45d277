/* SPDX-License-Identifier: MIT */
#include "env/local_package.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/urltext.h"

enum { ENTRIES_MAX = 100000, DEPTH_MAX = 64 };

static const char *const recipes[] = {"pyproject.toml", "setup.py", "setup.cfg"};

/* The end of the path in "./x[extra]; python_version > '3'", "x.whl --hash=...". */
static size_t path_length(const char *s)
{
	size_t n = strcspn(s, "[;");
	const char *option = strstr(s, " --");
	if (option && (size_t)(option - s) < n)
		n = (size_t)(option - s);
	while (n && s[n - 1] == ' ')
		n--;
	return n;
}

static bool has_end(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);
	return n > m && strcmp(s + n - m, end) == 0;
}

static bool is_archive(const char *s)
{
	return has_end(s, ".whl") || has_end(s, ".tar.gz") || has_end(s, ".zip") ||
	       has_end(s, ".tar.bz2") || has_end(s, ".tgz") || has_end(s, ".tar.xz");
}

const char *local_package_path(
    struct arena *a, const char *dir, const char *requirement, bool surely)
{
	const char *url = strstr(requirement, " @ ");
	const char *s = url ? url + 3 + strspn(url + 3, " ") : requirement;
	const char *path = arena_strndup(a, s, path_length(s));
	if (strncmp(path, "file:", 5) == 0) {
		path += strncmp(path, "file://localhost/", 17) == 0 ? 16 : 5;
		path += strncmp(path, "//", 2) == 0 ? 2 : 0;
		path = arena_strndup(a, path, strcspn(path, "#"));
		path = url_decode_any(a, path);
	} else if (url || strstr(path, "://") || *path == '-' || !*path) {
		return NULL;
	} else if (!surely && *path != '.' && !strchr(path, '/') && !is_archive(path)) {
		return NULL;
	}
	return path_abs(a, dir, path);
}

struct walk {
	struct arena *a;
	char *const *skip;
	struct sha256 *h;
	int entries;
};

static int walk_dir(
    struct walk *w, int dir, const char *path, int depth, struct err *err);

/* What building and using a source tree leaves in it, and what is ours. */
static bool is_skipped(const struct walk *w, const char *path, const char *name)
{
	static const char *const names[] = {".git", ".hg", ".svn", "__pycache__", "build",
	    "dist", ".eggs", ".venv", "venv", ".tox", ".nox", ".mypy_cache",
	    ".pytest_cache", ".ruff_cache", ".ipynb_checkpoints", "mlruns",
	    "mlartifacts"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	for (size_t i = 0; w->skip && w->skip[i]; i++)
		if (strcmp(w->skip[i], path) == 0)
			return true;
	return has_end(name, ".pyc") || has_end(name, ".egg-info") ||
	       strncmp(name, "mlflow.db", 9) == 0;
}

static int add_link(struct walk *w, int dir, const char *name)
{
	char target[4096];
	ssize_t n = readlinkat(dir, name, target, sizeof(target));
	sha256_add_str(w->h, "link");
	if (n > 0)
		sha256_add(w->h, target, (size_t)n);
	return 0;
}

static int add_entry(struct walk *w, int dir, const char *name, const char *path,
    int depth, struct err *err)
{
	auto_fd fd = -1;
	struct stat st;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0; /* gone meanwhile */
	if (++w->entries > ENTRIES_MAX)
		return err_set(err, ERR_FAIL, "more than %d files in it", ENTRIES_MAX);
	sha256_add_str(w->h, name);
	if (S_ISLNK(st.st_mode))
		return add_link(w, dir, name);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "cannot read '%s'", path);
	sha256_add_str(w->h, S_ISDIR(st.st_mode) ? "directory"
			     : st.st_mode & 0111 ? "program"
						 : "file");
	if (S_ISDIR(st.st_mode))
		return walk_dir(w, fd, path, depth + 1, err);
	return sha256_add_file(w->h, fd, path, err);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **names_in(struct walk *w, int dir, size_t *n)
{
	auto_dir d = NULL;
	const char **v = NULL;
	struct dirent *e;
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*n = 0;
	if (fd < 0)
		return NULL;
	d = fdopendir(fd);
	while (d && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		ARENA_GROW(w->a, v, *n);
		v[(*n)++] = arena_strdup(w->a, e->d_name);
	}
	if (*n)
		qsort(v, *n, sizeof(*v), by_name);
	return v;
}

static int walk_dir(struct walk *w, int dir, const char *path, int depth, struct err *err)
{
	size_t n;
	const char **names = names_in(w, dir, &n);
	if (depth > DEPTH_MAX)
		return err_set(err, ERR_FAIL, "'%s' is too deep", path);
	for (size_t i = 0; i < n; i++) {
		const char *below = path_join(w->a, path, names[i]);
		if (!is_skipped(w, below, names[i]) &&
		    add_entry(w, dir, names[i], below, depth, err) < 0)
			return -1;
	}
	sha256_add_str(w->h, NULL); /* the end of the directory */
	return 0;
}

int local_package_hash(struct arena *a, const char *path, char *const *skip,
    struct sha256 *h, struct err *err)
{
	struct walk w = {.a = a, .skip = skip, .h = h};
	auto_fd fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int rc = 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		rc = walk_dir(&w, fd, path, 0, err);
	else if (S_ISREG(st.st_mode))
		rc = sha256_add_file(h, fd, path, err);
	return rc < 0 ? err_wrap(err, "the package '%s'", path) : 0;
}

int local_package_hash_shelf(
    struct arena *a, const char *path, struct sha256 *h, struct err *err)
{
	struct walk w = {.a = a, .h = h};
	auto_fd fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char **names;
	struct stat st;
	size_t n;
	if (fd < 0)
		return local_package_hash(a, path, NULL, h, err);
	names = names_in(&w, fd, &n);
	for (size_t i = 0; i < n; i++) {
		int64_t size = fstatat(fd, names[i], &st, 0) == 0 ? st.st_size : -1;
		sha256_add_str(h, names[i]);
		sha256_add(h, &size, sizeof(size));
	}
	sha256_add_str(h, NULL); /* the end of the directory */
	return 0;
}

int local_package_hash_recipe(
    struct arena *a, const char *path, struct sha256 *h, struct err *err)
{
	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
		const char *file = path_join(a, path, recipes[i]);
		sha256_add_str(h, recipes[i]);
		if (path_exists(file) && local_package_hash(a, file, NULL, h, err) < 0)
			return -1;
	}
	return 0;
}

void local_package_age(struct arena *a, const char *path)
{
	struct stat st;
	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
		const char *file = path_join(a, path, recipes[i]);
		if (lstat(file, &st) == 0 && S_ISREG(st.st_mode))
			chmod(file, st.st_mode & 07777);
	}
}
