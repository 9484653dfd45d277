/* SPDX-License-Identifier: MIT */
#include "manifest/manifest.h"

#include "base/utf8.h"
#include "manifest/keys.h"
#include "manifest/model.h"

const char *model_text(struct page *p, struct node *n)
{
	auto_buf text = BUF_MAX(TEXT_MAX);
	/* Aliases may ask for one big value thousands of times. */
	if (n->str)
		return n->str;
	node_str(&text, n);
	if (text.full)
		page_error(p, n->mark, "a value of more than %d bytes", TEXT_MAX);
	n->str = text.full ? "" : arena_strndup(p->a, text.s, text.len);
	return n->str;
}

const char *model_name(
    struct page *p, const struct node *key, const char *what, const char *option)
{
	struct diag *d;
	if (key->scalar == SCALAR_STR)
		return key->text;
	d = page_warn(p, key->mark,
	    "YAML reads the name '%s' as %s: mlflow cannot find "
	    "this %s",
	    page_clip(p, key->text), scalar_word(key->scalar), what);
	page_hint(
	    p, d, "put it in quotes (%s %s works here)", option, page_clip(p, key->text));
	return key->text;
}

static void build_entries(struct page *p, const struct node *node, struct manifest *m)
{
	struct diag *d;
	if (node->kind != NODE_MAP) {
		d = page_error(p, node->mark, "'entry_points' is %s, not a mapping",
		    node_word(node));
		page_hint(p, d, "write 'main:' below it, and 'command: ...' below that");
		return;
	}
	m->entries = arena_array(p->a, node->n, sizeof(*m->entries));
	m->nentries = node->n;
	for (size_t i = 0; i < node->n; i++)
		model_entry(p, &node->pairs[i], &m->entries[i]);
}

static void warn_databricks(struct page *p, const struct node *root)
{
	const struct node *job = node_get(root, "databricks_spark_job");
	if (job && !node_is_null(job))
		page_warn(p, node_key_mark(root, job),
		    "'databricks_spark_job' is not supported: only the "
		    "entry points can be run");
}

struct manifest *model_build(struct page *p, struct node *root)
{
	struct manifest *m = arena_new(p->a, struct manifest);
	struct node *name, *entries;
	m->file = p->file;
	m->page = p;
	if (!root || root->kind != NODE_MAP) {
		bool empty = !root || node_is_null(root);
		struct diag *d = page_error(p, empty ? (struct mark){0, 0} : root->mark,
		    empty ? "the file is empty" : "the file is %s, not a mapping of keys",
		    empty ? "" : node_word(root));
		page_hint(
		    p, d, "an MLproject has at least a line like 'name: my-project'");
		return NULL;
	}
	keys_check(p, root, KEYS_TOP);
	name = node_get(root, "name");
	if (name && !node_is_null(name))
		m->name = model_text(p, name);
	if (name && name->kind != NODE_SCALAR)
		page_warn(p, name->mark, "'name' is %s, not text", node_word(name));
	model_env(p, root, m);
	model_resources(p, root, &m->resources);
	warn_databricks(p, root);
	entries = node_get(root, "entry_points");
	if (entries)
		build_entries(p, entries, m);
	return m;
}

/* Is the character at s one that YAML forbids? */
static bool is_control(const char *s)
{
	unsigned char c = (unsigned char)s[0];
	return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
}

static int check_bytes(struct page *p)
{
	size_t valid = utf8_valid_prefix(p->text, p->n), i = 0;
	struct diag *d;
	while (i < valid && !is_control(p->text + i))
		i++;
	if (i == p->n)
		return 0;
	if (i < valid && p->text[i] == '\0')
		d = page_error(p, page_mark(p, i), "a NUL byte: this is not a text file");
	else if (i < valid)
		d = page_error(p, page_mark(p, i), "a control character (0x%02x)",
		    (unsigned char)p->text[i]);
	else
		d = page_error(p, page_mark(p, i), "invalid UTF-8 (byte 0x%02x)",
		    (unsigned char)p->text[i]);
	page_hint(p, d, "save the file as UTF-8 text");
	return -1;
}

struct manifest *manifest_read(struct page *p)
{
	struct node *root;
	struct diag *d;
	if (p->n > MANIFEST_MAX_BYTES) {
		page_error(p, (struct mark){0, 0}, "the file is larger than %d bytes",
		    MANIFEST_MAX_BYTES);
		return NULL;
	}
	if (p->n >= 2 && (memcmp(p->text, "\xff\xfe", 2) == 0 ||
			     memcmp(p->text, "\xfe\xff", 2) == 0)) {
		d = page_error(p, (struct mark){0, 0}, "the file is UTF-16 text");
		page_hint(p, d, "save the file as UTF-8 text");
		return NULL;
	}
	if (check_bytes(p) < 0 || node_parse(p, &root) < 0)
		return NULL;
	return model_build(p, root);
}

struct manifest *manifest_parse(
    struct arena *a, const char *file, const char *text, size_t n, struct diags *ds)
{
	size_t errors = ds->errors;
	struct page *p = arena_new(a, struct page);
	struct manifest *m;
	page_init(p, a, file, arena_strndup(a, text, n), n, ds);
	m = manifest_read(p);
	page_sort(p);
	return ds->errors == errors ? m : NULL;
}

struct diag *manifest_report(const struct manifest *m, struct diags *ds,
    enum diag_level level, struct mark at, const char *fmt, ...)
{
	auto_buf text = BUF_INIT;
	struct diag *d;
	va_list ap;
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	d = diag_add(ds, level, m->file, at.line, at.column, "%s", text.s);
	if (m->page)
		d->source = page_line(m->page, at.line);
	return d;
}

const struct entry_point *manifest_entry(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->nentries; i++)
		if (strcmp(m->entries[i].name, name) == 0)
			return &m->entries[i];
	return NULL;
}
