/* SPDX-License-Identifier: MIT */
#include "env/conda_env.h"

/* "python >=3.8" as its three parts; the package is one of four. */
struct spec {
	const char *package, *op, *version;
};

static const char *skip_space(const char *s)
{
	return s + strspn(s, " ");
}

static const char *package_of(const char *s, size_t *n)
{
	static const char *const packages[] = {"python", "pip", "setuptools", "wheel"};
	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++) {
		*n = strlen(packages[i]);
		if (strncmp(s, packages[i], *n) == 0)
			return packages[i];
	}
	return NULL;
}

static const char *op_of(const char *s, size_t *n)
{
	static const char *const ops[] = {"<=", ">=", "==", "!=", "<", ">", "="};
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		*n = strlen(ops[i]);
		if (strncmp(s, ops[i], *n) == 0)
			return ops[i];
	}
	*n = 0;
	return NULL;
}

/* False: no dependency that can be had without conda. */
static bool read_spec(struct arena *a, const char *text, struct spec *out)
{
	size_t n;
	const char *s = skip_space(text);
	*out = (struct spec){.package = package_of(s, &n)};
	if (!out->package)
		return false;
	s = skip_space(s + n);
	out->op = op_of(s, &n);
	s = skip_space(s + n);
	n = strspn(s, "0123456789.");
	if (n > 0)
		out->version = arena_strndup(a, s, n);
	s += n;
	if (n > 1 && s[0] == '*' && s[-1] == '.') { /* "3.8.*" */
		out->version = arena_strndup(a, out->version, n - 1);
		s++;
	}
	if (*s == '=' && n > 0) /* a build of conda's */
		s += strcspn(s, " ");
	return *skip_space(s) == '\0' && !out->op == !out->version;
}

static void read_python(
    struct page *p, const struct node *n, const struct spec *spec, struct python_env *out)
{
	const char *op = spec->op;
	if (!op) {
		page_error(p, n->mark,
		    "Invalid dependency for python: %s. It must be pinned "
		    "(e.g. python=3.8.13).",
		    page_clip(p, n->text));
		return;
	}
	if (strcmp(op, "<") == 0 || strcmp(op, ">") == 0 || strcmp(op, "!=") == 0) {
		page_error(p, n->mark,
		    "Invalid version comparator for python: '%s'. Must be one of "
		    "['<=', '>=', '=', '=='].",
		    op);
		return;
	}
	out->python = spec->version;
	out->mark = n->mark;
	if (!python_env_is_version(spec->version))
		page_error(p, n->mark, "'%s' is not a version of Python",
		    page_clip(p, spec->version));
}

static void read_text(struct page *p, const struct node *n, struct python_env *out)
{
	struct spec spec;
	if (!read_spec(p->a, n->text, &spec)) {
		ARENA_GROW(p->a, out->skipped, out->nskipped);
		out->skipped[out->nskipped++] = n->text;
	} else if (strcmp(spec.package, "python") == 0 && !out->python) {
		read_python(p, n, &spec, out);
	} else {
		const char *op = spec.op;
		const char *text = arena_printf(p->a, "%s%s%s", spec.package,
		    !op			   ? ""
		    : strcmp(op, "=") == 0 ? "=="
					   : op,
		    spec.version ? spec.version : "");
		ARENA_GROW(p->a, out->build.v, out->build.n);
		out->build.v[out->build.n++] = (struct requirement){text, n->mark};
	}
}

static void warn_of_skipped(struct page *p, struct mark at, const struct python_env *env)
{
	auto_buf names = BUF_INIT;
	struct diag *d;
	if (env->nskipped == 0)
		return;
	for (size_t i = 0; i < env->nskipped; i++)
		buf_addf(&names, "%s'%s'", i ? ", " : "", page_clip(p, env->skipped[i]));
	d = page_warn(p, at,
	    "The following conda dependencies will not be installed in the resulting "
	    "environment: [%s]",
	    names.s);
	page_hint(p, d, "--env-manager conda installs them");
}

static void read_dependencies(
    struct page *p, const struct node *list, struct python_env *out)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct node *n = list->items[i];
		if (node_is_string(n))
			read_text(p, n, out);
		else if (n->kind == NODE_MAP && n->n == 1 && node_get(n, "pip"))
			requirement_list_read(
			    p, "pip", node_get(n, "pip"), &out->dependencies);
		else
			page_error(p, n->mark,
			    "Invalid conda dependency: this is %s. Must be str or dict "
			    "in "
			    "the form of {\"pip\": [...]}",
			    node_word(n));
	}
	if (!out->python)
		page_warn(p, list->mark,
		    "no python version is asked for: that of python3 is used");
	warn_of_skipped(p, list->mark, out);
}

void conda_env_read(struct page *p, const struct node *root, struct python_env *out)
{
	const struct node *list;
	struct diag *d;
	if (!root || root->kind != NODE_MAP) {
		d = page_error(p, root ? root->mark : (struct mark){0, 0},
		    "a conda file must be a mapping, not %s",
		    root ? node_word(root) : "empty");
		page_hint(p, d, "write dependencies: [python=3.11, ...]");
		return;
	}
	list = node_get(root, "dependencies");
	if (!list || node_is_null(list))
		return;
	if (list->kind != NODE_SEQ) {
		page_error(p, list->mark, "`dependencies` must be a list: this is %s",
		    node_word(list));
		return;
	}
	read_dependencies(p, list, out);
}
