/* SPDX-License-Identifier: MIT */
/* find.c -- the manifest file of a project directory, and the files that it relies on. */
#include <strings.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strvec.h"
#include "manifest/model.h"

/* How good a name is: 0 for a manifest, 1 for one that only we accept, -1 for others. */
static int rank_of(const char *name)
{
	if (strcasecmp(name, "mlproject") == 0)
		return 0;
	if (strcasecmp(name, "mlproject.yaml") == 0 ||
	    strcasecmp(name, "mlproject.yml") == 0)
		return 1;
	return -1;
}

struct found {
	char *name[2]; /* by rank */
	int count[2];
};

static int find_names(struct arena *a, const char *dir, struct found *f, struct err *err)
{
	auto_dir d = opendir(dir);
	struct dirent *e;
	if (!d)
		return err_sys(err, errno, "cannot read the directory '%s'", dir);
	while ((errno = 0, e = readdir(d))) {
		int rank = rank_of(e->d_name);
		if (rank < 0)
			continue;
		f->count[rank]++;
		if (!f->name[rank] || strcmp(e->d_name, f->name[rank]) < 0)
			f->name[rank] = arena_strdup(a, e->d_name);
	}
	return errno ? err_sys(err, errno, "cannot read the directory '%s'", dir) : 0;
}

bool manifest_exists(const char *dir)
{
	auto_arena a = ARENA_INIT;
	struct found f = {.count = {0, 0}};
	struct err ignored = ERR_INIT;
	return find_names(&a, dir, &f, &ignored) == 0 && f.count[0] + f.count[1] > 0;
}

int manifest_find(struct arena *a, const char *dir, const char **path, struct err *err)
{
	struct found f = {.count = {0, 0}};
	const char *name;
	if (find_names(a, dir, &f, err) < 0)
		return -1;
	name = f.name[0] ? f.name[0] : f.name[1];
	*path = name ? path_join(a, dir, name) : NULL;
	return 0;
}

static int read_text(const char *path, struct buf *out, struct err *err)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return err_sys(err, errno, "cannot read '%s'", path);
	if (S_ISDIR(st.st_mode)) {
		err_set(err, ERR_FAIL, "'%s' is a directory, not a file", path);
		return err_hint(err, "rename it: that name is the manifest's");
	}
	/* Opening a pipe or a device could wait for ever. */
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_FAIL, "'%s' is not a regular file", path);
	return file_read(path, MANIFEST_MAX_BYTES, out, err);
}

/* Without an environment key (or with an empty one), what lies there counts. */
static void find_env_file(const char *dir, struct arena *a, struct manifest *m)
{
	static const struct {
		const char *name;
		enum env_key key;
	} files[] = {{"python_env.yaml", ENVKEY_PYTHON}, {"conda.yaml", ENVKEY_CONDA}};
	for (size_t i = 0; m->env_key == ENVKEY_NONE && i < 2; i++) {
		if (!path_exists(path_join(a, dir, files[i].name)))
			continue;
		m->env_key = files[i].key;
		m->env_file = files[i].name;
		m->env_file_found = true;
	}
}

static void check_env_file(struct page *p, const char *dir, const struct manifest *m)
{
	const char *path;
	if (m->env_key != ENVKEY_PYTHON && m->env_key != ENVKEY_CONDA)
		return;
	path = path_join(p->a, dir, m->env_file);
	if (path_exists(path))
		return;
	page_error(p, m->env_mark,
	    "Project specified %s file %s, but no such file was found.",
	    m->env_key == ENVKEY_CONDA ? "conda environment" : "python_env", path);
}

static void warn_about_name(struct page *p, const struct found *f, bool yaml)
{
	struct mark nowhere = {0, 0};
	struct diag *d;
	if (yaml) {
		d = page_warn(p, nowhere, "mlflow does not find a manifest of this name");
		page_hint(p, d, "rename it to MLproject");
	} else if (f->count[0] > 1) {
		page_warn(p, nowhere,
		    "%d files are called MLproject in upper or lower case: this one is "
		    "used",
		    f->count[0]);
	}
}

static struct manifest *load_file(struct arena *a, const char *dir, const char *path,
    const struct found *f, const struct buf *text, struct diags *ds)
{
	bool yaml = !f->name[0];
	size_t errors = ds->errors;
	struct page *p = arena_new(a, struct page);
	struct manifest *m;
	page_init(
	    p, a, f->name[yaml], arena_strndup(a, text->s, text->len), text->len, ds);
	warn_about_name(p, f, yaml);
	m = manifest_read(p);
	if (m) {
		m->path = path;
		find_env_file(dir, a, m);
		check_env_file(p, dir, m);
	}
	page_sort(p);
	return ds->errors == errors ? m : NULL;
}

int manifest_load(struct arena *a, const char *dir, struct manifest **out,
    struct diags *ds, struct err *err)
{
	struct found f = {.count = {0, 0}};
	auto_buf text = BUF_INIT;
	const char *path;
	*out = NULL;
	if (find_names(a, dir, &f, err) < 0)
		return -1;
	if (!f.name[0] && !f.name[1]) {
		*out = arena_new(a, struct manifest);
		(*out)->file = "MLproject";
		find_env_file(dir, a, *out);
		return 0;
	}
	path = path_join(a, dir, f.name[0] ? f.name[0] : f.name[1]);
	if (read_text(path, &text, err) < 0)
		return -1;
	*out = load_file(a, dir, path, &f, &text, ds);
	return 0;
}
