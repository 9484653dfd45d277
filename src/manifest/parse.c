/* SPDX-License-Identifier: MIT */
/* parse.c -- libyaml's events into a tree of nodes, limits checked at each event. */
#include <yaml.h>

#include "manifest/explain.h"
#include "manifest/manifest.h"
#include "manifest/merge.h"
#include "manifest/node.h"
#include "manifest/tabs.h"

struct anchor {
	const char *name;
	struct node *node;
};

struct parse {
	struct page *p;
	struct node *root;
	struct node *stack[MANIFEST_MAX_DEPTH];
	struct node *key[MANIFEST_MAX_DEPTH]; /* of the pair being read, in maps */
	int depth;
	size_t count, documents;
	struct anchor *anchors;
	size_t nanchors;
	struct span *quoted; /* scalars in quotes and blocks, in file order */
	size_t nquoted;
};

static struct mark mark_of(const yaml_mark_t *m)
{
	return (struct mark){(int)m->line + 1, (int)m->column + 1};
}

/* YAML allows it, and the later one counts; PyYAML does not. */
static void warn_anchor_again(struct parse *ps, const char *name, const struct node *n)
{
	for (size_t i = 0; i < ps->nanchors; i++) {
		if (strcmp(ps->anchors[i].name, name) != 0)
			continue;
		page_warn(ps->p, n->mark,
		    "the anchor '&%s' of line %d is defined again: mlflow refuses that",
		    page_clip(ps->p, name), ps->anchors[i].node->mark.line);
		return;
	}
}

static int remember_anchor(struct parse *ps, const yaml_char_t *name, struct node *n)
{
	if (!name)
		return 0;
	if (ps->nanchors == NODE_MAX_ANCHORS) {
		page_error(ps->p, n->mark, "more than %d anchors", NODE_MAX_ANCHORS);
		return -1;
	}
	warn_anchor_again(ps, (const char *)name, n);
	n->anchored = true;
	ARENA_GROW(ps->p->a, ps->anchors, ps->nanchors);
	ps->anchors[ps->nanchors++] =
	    (struct anchor){arena_strdup(ps->p->a, (const char *)name), n};
	return 0;
}

static struct node *node_new(struct parse *ps, enum node_kind kind, struct mark at)
{
	struct node *n;
	if (++ps->count > NODE_MAX_COUNT) {
		page_error(ps->p, at, "more than %d values in one file", NODE_MAX_COUNT);
		return NULL;
	}
	n = arena_new(ps->p->a, struct node);
	n->kind = kind;
	n->mark = at;
	return n;
}

static bool key_is_next(const struct parse *ps)
{
	return ps->depth > 0 && ps->stack[ps->depth - 1]->kind == NODE_MAP &&
	       !ps->key[ps->depth - 1];
}

static bool is_template(struct page *p, struct mark at)
{
	const char *line = page_line(p, at.line);
	return line && strstr(line, "{{");
}

static int refuse_key(struct parse *ps, const struct node *key)
{
	struct diag *d =
	    page_error(ps->p, key->mark, "%s cannot be a key", node_word(key));
	if (key->kind == NODE_MAP)
		page_hint(ps->p, d, "%s",
		    is_template(ps->p, key->mark)
			? "this looks like a template that was never filled in"
			: "text that begins with '{' needs quotes");
	return -1;
}

static int too_deep(struct parse *ps, struct mark at)
{
	page_error(ps->p, at, "nested more than %d levels deep", MANIFEST_MAX_DEPTH);
	return -1;
}

/* Put a node where it belongs: the innermost open list or mapping, or the root. */
static int attach(struct parse *ps, struct node *n)
{
	struct node *up = ps->depth ? ps->stack[ps->depth - 1] : NULL;
	struct node **key = &ps->key[ps->depth ? ps->depth - 1 : 0];
	if (!up) {
		ps->root = n;
		return 0;
	}
	if (up->height <= n->height)
		up->height = n->height + 1;
	if (up->kind == NODE_SEQ) {
		ARENA_GROW(ps->p->a, up->items, up->n);
		up->items[up->n++] = n;
		return 0;
	}
	if (!*key) {
		*key = n;
		return n->kind == NODE_SCALAR ? 0 : refuse_key(ps, n);
	}
	if (n->kind == NODE_SCALAR && n->start == n->end)
		n->mark = (*key)->mark; /* nothing is written there */
	ARENA_GROW(ps->p->a, up->pairs, up->n);
	up->pairs[up->n++] = (struct pair){.key = *key, .value = n};
	*key = NULL;
	return 0;
}

static int open_collection(struct parse *ps, const yaml_event_t *e, enum node_kind kind,
    const yaml_char_t *anchor, const char *tag)
{
	static const char *const own[] = {
	    [NODE_SEQ] = YAML_SEQ_TAG, [NODE_MAP] = YAML_MAP_TAG};
	struct mark at = mark_of(&e->start_mark);
	struct node *n;
	if (ps->depth == MANIFEST_MAX_DEPTH)
		return too_deep(ps, at);
	if (tag && strcmp(tag, "!") != 0 && strcmp(tag, own[kind]) != 0) {
		page_error(ps->p, at, "the tag '%s' is not supported here",
		    page_clip(ps->p, tag));
		return -1;
	}
	n = node_new(ps, kind, at);
	if (!n || remember_anchor(ps, anchor, n) < 0)
		return -1;
	n->open = true;
	if (key_is_next(ps))
		return refuse_key(ps, n);
	ps->stack[ps->depth] = n;
	ps->key[ps->depth++] = NULL;
	return 0;
}

static int close_collection(struct parse *ps)
{
	struct node *n = ps->stack[--ps->depth];
	n->open = false;
	if (n->kind == NODE_MAP && map_finish(ps->p, n, &ps->count) < 0)
		return -1;
	if (n->height > MANIFEST_MAX_DEPTH)
		return too_deep(ps, n->mark);
	return attach(ps, n);
}

static int add_alias(struct parse *ps, const yaml_event_t *e)
{
	const char *name = (const char *)e->data.alias.anchor;
	struct mark at = mark_of(&e->start_mark);
	struct diag *d;
	/* The latest anchor of a name counts. */
	for (size_t i = ps->nanchors; i-- > 0;) {
		struct node *n = ps->anchors[i].node;
		if (strcmp(ps->anchors[i].name, name) != 0)
			continue;
		if (++ps->count > NODE_MAX_COUNT) {
			page_error(
			    ps->p, at, "more than %d values in one file", NODE_MAX_COUNT);
			return -1;
		}
		if (!n->open)
			return attach(ps, n);
		page_error(ps->p, at, "'*%s' stands inside what it names",
		    page_clip(ps->p, name));
		return -1;
	}
	d = page_error(ps->p, at, "'*%s' names an anchor that is not defined above",
	    page_clip(ps->p, name));
	page_hint(ps->p, d, "text that begins with '*' needs quotes");
	return -1;
}

static int scalar_kind_of(struct parse *ps, const yaml_event_t *e, struct node *n)
{
	const char *tag = (const char *)e->data.scalar.tag;
	if (e->data.scalar.plain_implicit)
		n->scalar = scalar_resolve(n->text);
	else if (e->data.scalar.quoted_implicit)
		n->scalar = SCALAR_STR;
	else if (!tag || !scalar_from_tag(tag, &n->scalar)) {
		struct diag *d =
		    page_error(ps->p, n->mark, "the tag '%s' is not supported here",
			page_clip(ps->p, tag ? tag : "!"));
		page_hint(ps->p, d, "text that begins with '!' needs quotes");
		return -1;
	}
	return 0;
}

/* Refuse what safe_load would raise an exception for. */
static int scalar_verify(struct parse *ps, struct node *n, bool is_key)
{
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;
	struct diag *d;
	if (is_key && n->scalar == SCALAR_VALUE)
		n->scalar = SCALAR_STR;
	if (n->scalar == SCALAR_STR || (is_key && n->scalar == SCALAR_MERGE))
		return 0;
	if (scalar_str(&text, n->scalar, n->text, &err) == 0)
		return 0;
	d = page_error(ps->p, n->mark, "%s", err.msg);
	page_hint(ps->p, d, "put it in quotes if it is meant as text");
	return -1;
}

static char style_of(yaml_scalar_style_t style)
{
	switch (style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		return '\'';
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return '"';
	case YAML_LITERAL_SCALAR_STYLE:
		return '|';
	case YAML_FOLDED_SCALAR_STYLE:
		return '>';
	default:
		return 0;
	}
}

static int add_scalar(struct parse *ps, const yaml_event_t *e)
{
	struct mark at = mark_of(&e->start_mark);
	struct node *n = node_new(ps, NODE_SCALAR, at);
	bool is_key = key_is_next(ps);
	const char *text = (const char *)e->data.scalar.value;
	if (!n)
		return -1;
	if (strlen(text) != e->data.scalar.length) {
		page_error(ps->p, at, "a NUL character cannot be part of a value");
		return -1;
	}
	n->text = arena_strndup(ps->p->a, text, e->data.scalar.length);
	n->style = style_of(e->data.scalar.style);
	n->start = e->start_mark.index;
	n->end = e->end_mark.index;
	if (n->style) {
		ARENA_GROW(ps->p->a, ps->quoted, ps->nquoted);
		ps->quoted[ps->nquoted++] = (struct span){n->start, n->end};
	}
	if (scalar_kind_of(ps, e, n) < 0 || scalar_verify(ps, n, is_key) < 0 ||
	    remember_anchor(ps, e->data.scalar.anchor, n) < 0)
		return -1;
	return attach(ps, n);
}

static int start_document(struct parse *ps, const yaml_event_t *e)
{
	struct diag *d;
	if (ps->documents++ == 0)
		return 0;
	d = page_error(ps->p, mark_of(&e->start_mark),
	    "a second YAML document begins here, and an MLproject is one document");
	page_hint(ps->p, d, "remove the line '---'");
	return -1;
}

static int add_event(struct parse *ps, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return start_document(ps, e);
	case YAML_ALIAS_EVENT:
		return add_alias(ps, e);
	case YAML_SCALAR_EVENT:
		return add_scalar(ps, e);
	case YAML_SEQUENCE_START_EVENT:
		return open_collection(ps, e, NODE_SEQ, e->data.sequence_start.anchor,
		    (const char *)e->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return open_collection(ps, e, NODE_MAP, e->data.mapping_start.anchor,
		    (const char *)e->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_collection(ps);
	default:
		return 0;
	}
}

static int parse_events(struct parse *ps, yaml_parser_t *parser)
{
	yaml_event_type_t type;
	do {
		yaml_event_t e;
		int rc;
		if (!yaml_parser_parse(parser, &e)) {
			explain_yaml_error(ps->p, parser);
			return -1;
		}
		type = e.type;
		rc = add_event(ps, &e);
		yaml_event_delete(&e);
		if (rc < 0)
			return -1;
	} while (type != YAML_STREAM_END_EVENT);
	return 0;
}

int node_parse(struct page *p, struct node **root)
{
	struct parse ps = {.p = p};
	yaml_parser_t parser;
	int rc;
	*root = NULL;
	if (!yaml_parser_initialize(&parser)) {
		page_error(p, (struct mark){0, 0}, "out of memory");
		return -1;
	}
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)p->text, p->n);
	rc = parse_events(&ps, &parser);
	yaml_parser_delete(&parser);
	if (rc == 0)
		tabs_warn(p, ps.quoted, ps.nquoted);
	*root = ps.root;
	return rc;
}
