/* SPDX-License-Identifier: MIT */
#include "env/python_env.h"

#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/nearest.h"
#include "base/path.h"
#include "env/conda_env.h"
#include "manifest/model.h"

static const char *const keys[] = {"python", "build_dependencies", "dependencies"};

enum { NKEYS = sizeof(keys) / sizeof(keys[0]) };

bool python_env_is_version(const char *s)
{
	for (int part = 0; part < 3; part++) {
		size_t n = strspn(s, "0123456789");
		if (n == 0 || n > 4)
			return false;
		s += n;
		if (*s != '.')
			break;
		s++;
		if (part == 2)
			return false;
	}
	if (*s == 'a' || *s == 'b')
		s++;
	else if (s[0] == 'r' && s[1] == 'c')
		s += 2;
	else
		return *s == '\0' && s[-1] != '.';
	return *s && s[strspn(s, "0123456789")] == '\0';
}

/* In the words of Python's type(), which MLflow's errors have. */
static const char *python_type(const struct node *n)
{
	static const char *const scalars[] = {[SCALAR_STR] = "str",
	    [SCALAR_NULL] = "NoneType",
	    [SCALAR_BOOL] = "bool",
	    [SCALAR_INT] = "int",
	    [SCALAR_FLOAT] = "float",
	    [SCALAR_TIME] = "datetime.date",
	    [SCALAR_BINARY] = "bytes",
	    [SCALAR_MERGE] = "str",
	    [SCALAR_VALUE] = "str"};
	if (n->kind != NODE_SCALAR)
		return n->kind == NODE_SEQ ? "list" : "dict";
	return scalars[n->scalar];
}

static void read_python(struct page *p, const struct node *map, struct python_env *out)
{
	const struct node *n = node_get(map, "python");
	struct diag *d;
	if (!n || node_is_null(n))
		return;
	if (!node_is_string(n)) {
		d = page_error(p, n->mark,
		    "`python` must be a string but got <class '%s'>", python_type(n));
		if (n->kind == NODE_SCALAR)
			page_hint(p, d, "write it in quotes: python: \"%s\"",
			    page_clip(p, n->text));
		return;
	}
	out->mark = n->mark;
	if (!*n->text)
		return;
	out->python = n->text;
	if (!python_env_is_version(n->text)) {
		d = page_error(
		    p, n->mark, "'%s' is not a version of Python", page_clip(p, n->text));
		page_hint(p, d, "write it as \"3.11\" or \"3.11.7\"");
	}
}

static void add_requirement(
    struct page *p, struct requirement_list *l, const char *text, struct mark at)
{
	ARENA_GROW(p->a, l->v, l->n);
	l->v[l->n++] = (struct requirement){text, at};
}

void requirement_list_read(struct page *p, const char *name, const struct node *list,
    struct requirement_list *out)
{
	struct diag *d;
	if (!list || node_is_null(list))
		return;
	if (list->kind != NODE_SEQ) {
		d = page_error(p, list->mark, "`%s` must be a list but got <class '%s'>",
		    name, python_type(list));
		page_hint(p, d, "write each on a line of its own, after \"- \"");
		return;
	}
	for (size_t i = 0; i < list->n; i++) {
		const struct node *n = list->items[i];
		if (node_is_string(n)) {
			add_requirement(p, out, n->text, n->mark);
			continue;
		}
		d = page_error(p, n->mark, "`%s` must be a list of strings: this is %s",
		    name, node_word(n));
		if (n->kind == NODE_MAP && n->n == 1 && !n->pairs[0].merged)
			page_hint(p, d, "a version is written as %s==1.2",
			    page_clip(p, n->pairs[0].key->text));
	}
}

static void check_keys(struct page *p, const struct node *map)
{
	for (size_t i = 0; i < map->n; i++) {
		const struct node *key = map->pairs[i].key;
		const char *near;
		struct diag *d;
		bool known = false;
		for (size_t k = 0; k < NKEYS; k++)
			known = known || strcmp(keys[k], key->text) == 0;
		if (known)
			continue;
		d = page_error(p, key->mark, "unknown key '%s'", page_clip(p, key->text));
		near = nearest(key->text, keys, NKEYS);
		if (near)
			page_hint(p, d, "did you mean '%s'?", near);
		else
			page_hint(
			    p, d, "there are python, build_dependencies, dependencies");
	}
}

static void read_python_env(struct page *p, struct node *root, struct python_env *out)
{
	if (!root || root->kind != NODE_MAP) {
		struct diag *d = page_error(p, root ? root->mark : (struct mark){0, 0},
		    "a python_env file must be a mapping, not %s",
		    root ? node_word(root) : "empty");
		page_hint(
		    p, d, "write python: \"3.11\", and below it dependencies: [...]");
		return;
	}
	check_keys(p, root);
	read_python(p, root, out);
	requirement_list_read(
	    p, "build_dependencies", node_get(root, "build_dependencies"), &out->build);
	requirement_list_read(
	    p, "dependencies", node_get(root, "dependencies"), &out->dependencies);
}

bool python_env_parse(struct arena *a, enum env_key key, const char *file,
    const char *text, size_t n, struct python_env *out, struct diags *ds)
{
	size_t errors = ds->errors;
	struct page *p = arena_new(a, struct page);
	struct node *root;
	*out = (struct python_env){.file = file};
	page_init(p, a, file, text, n, ds);
	if (node_parse(p, &root) == 0) {
		if (key == ENVKEY_CONDA)
			conda_env_read(p, root, out);
		else
			read_python_env(p, root, out);
	}
	page_sort(p);
	return ds->errors == errors;
}

/* The first mistake is the error; the others were only counted. */
static int first_error(const struct diags *ds, size_t from, struct err *err)
{
	for (size_t i = from; i < ds->n; i++) {
		const struct diag *d = &ds->v[i];
		if (d->level != DIAG_ERROR)
			continue;
		err_set(err, ERR_FAIL, "%s: %s", d->file, d->message);
		if (d->line)
			err_set(err, ERR_FAIL, "%s:%d:%d: %s", d->file, d->line,
			    d->column, d->message);
		if (d->hint)
			err_hint(err, "%s", d->hint);
		break;
	}
	return -1;
}

static int read_text(const char *path, struct buf *text, struct err *err)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return err_sys(err, errno, "cannot read '%s'", path);
	if (!S_ISREG(st.st_mode)) /* a pipe could wait for ever */
		return err_set(err, ERR_FAIL, "'%s' is not a regular file", path);
	return file_read(path, MANIFEST_MAX_BYTES, text, err);
}

int python_env_read(struct arena *a, const struct env_plan *plan, const char *project_dir,
    struct python_env *out, struct diags *ds, struct err *err)
{
	size_t n = strlen(project_dir), first = ds->n;
	const char *shown = plan->file;
	auto_buf text = BUF_INIT;
	*out = (struct python_env){.file = NULL};
	if (!plan->file)
		return 0;
	if (strncmp(shown, project_dir, n) == 0 && shown[n] == '/')
		shown += n + 1;
	if (read_text(plan->file, &text, err) < 0)
		return -1;
	if (!python_env_parse(a, plan->file_key, shown,
		arena_strndup(a, text.s, text.len), text.len, out, ds))
		return first_error(ds, first, err);
	return 0;
}
