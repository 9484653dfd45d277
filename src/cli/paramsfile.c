/* SPDX-License-Identifier: MIT */
/* paramsfile.c -- --params FILE: a YAML (or JSON, which is YAML) map of parameters. */
#include "base/file.h"
#include "cli/runopts.h"
#include "manifest/node.h"

enum { PARAMS_FILE_MAX = 1 << 20 };

/* The first mistake of the file as an error of the command line. */
static int first_mistake(const struct diags *ds, struct err *err)
{
	for (size_t i = 0; i < ds->n; i++) {
		const struct diag *d = &ds->v[i];
		if (d->level != DIAG_ERROR)
			continue;
		err_set(err, ERR_USAGE, "%s:%d:%d: %s", d->file, d->line, d->column,
		    d->message);
		return d->hint ? err_hint(err, "%s", d->hint) : -1;
	}
	return err_set(err, ERR_USAGE, "the parameters file cannot be read");
}

static int take_pair(struct arena *a, const char *path, const struct pair *pair,
    struct param_input *out, struct err *err)
{
	auto_buf name = BUF_INIT;
	auto_buf value = BUF_INIT;
	if (node_is_null(pair->value)) {
		err_set(err, ERR_USAGE, "%s:%d:%d: parameter '%s' has no value", path,
		    pair->key->mark.line, pair->key->mark.column, pair->key->text);
		return err_hint(
		    err, "write \"\" for an empty text, or leave the line out");
	}
	node_str(&name, pair->key);
	node_str(&value, pair->value);
	out->name = arena_strdup(a, name.s);
	out->value = arena_strdup(a, value.s);
	out->origin = ORIGIN_FILE;
	return 0;
}

int params_file_read(struct arena *a, const char *path, struct param_input **out,
    size_t *n, struct err *err)
{
	auto_buf text = BUF_INIT;
	struct diags ds = {.arena = a};
	struct page page;
	struct node *root;
	if (file_read(path, PARAMS_FILE_MAX, &text, err) < 0) {
		err->code = ERR_USAGE;
		return err_wrap(err, "--params");
	}
	page_init(&page, a, path, text.s, text.len, &ds);
	*n = 0;
	if (node_parse(&page, &root) < 0)
		return first_mistake(&ds, err);
	if (!root)
		return 0;
	if (root->kind != NODE_MAP)
		return err_set(err, ERR_USAGE,
		    "%s:%d:%d: expected a map of parameters "
		    "(name: value), found %s",
		    path, root->mark.line, root->mark.column, node_word(root));
	*out = arena_array(a, root->n + 1, sizeof(**out));
	for (; *n < root->n; (*n)++)
		if (take_pair(a, path, &root->pairs[*n], &(*out)[*n], err) < 0)
			return -1;
	return 0;
}
