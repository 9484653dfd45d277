/* SPDX-License-Identifier: MIT */
#include "manifest/node.h"

static const char *const empty_texts[] = {"", "0", "0.0", "-0.0", "False", "b''"};

struct node *node_get(const struct node *map, const char *key)
{
	if (!map || map->kind != NODE_MAP)
		return NULL;
	for (size_t i = 0; i < map->n; i++) {
		const struct node *k = map->pairs[i].key;
		if (k->scalar == SCALAR_STR && strcmp(k->text, key) == 0)
			return map->pairs[i].value;
	}
	return NULL;
}

struct mark node_key_mark(const struct node *map, const struct node *value)
{
	for (size_t i = 0; i < map->n; i++)
		if (map->pairs[i].value == value)
			return map->pairs[i].key->mark;
	return value->mark;
}

bool node_is_null(const struct node *n)
{
	return n->kind == NODE_SCALAR && n->scalar == SCALAR_NULL;
}

bool node_is_string(const struct node *n)
{
	return n->kind == NODE_SCALAR && n->scalar == SCALAR_STR;
}

bool node_is_true(const struct node *n)
{
	auto_buf text = BUF_INIT;
	if (n->kind != NODE_SCALAR)
		return n->n > 0;
	if (n->scalar == SCALAR_NULL)
		return false;
	node_str(&text, n);
	if (n->scalar == SCALAR_STR)
		return text.len > 0;
	for (size_t i = 0; i < sizeof(empty_texts) / sizeof(empty_texts[0]); i++)
		if (strcmp(text.s, empty_texts[i]) == 0)
			return false;
	return true;
}

const char *node_word(const struct node *n)
{
	if (n->kind == NODE_SEQ)
		return "a list";
	if (n->kind == NODE_MAP)
		return "a mapping";
	return scalar_word(n->scalar);
}

static void add_repr(struct buf *out, const struct node *n);

static void add_seq(struct buf *out, const struct node *n)
{
	buf_addc(out, '[');
	for (size_t i = 0; i < n->n && !out->full; i++) {
		if (i)
			buf_adds(out, ", ");
		add_repr(out, n->items[i]);
	}
	buf_addc(out, ']');
}

static void add_map(struct buf *out, const struct node *n)
{
	buf_addc(out, '{');
	for (size_t i = 0; i < n->n && !out->full; i++) {
		if (i)
			buf_adds(out, ", ");
		add_repr(out, n->pairs[i].key);
		buf_adds(out, ": ");
		add_repr(out, n->pairs[i].value);
	}
	buf_addc(out, '}');
}

/* Aliases make a short text a huge value: stops soon after the buffer's maximum. */
static void add_repr(struct buf *out, const struct node *n)
{
	struct err ignored = ERR_INIT;
	if (n->kind == NODE_SEQ)
		add_seq(out, n);
	else if (n->kind == NODE_MAP)
		add_map(out, n);
	else
		scalar_repr(out, n->scalar, n->text, &ignored);
}

void node_str(struct buf *out, const struct node *n)
{
	struct err ignored = ERR_INIT;
	if (n->kind == NODE_SCALAR)
		scalar_str(out, n->scalar, n->text, &ignored);
	else
		add_repr(out, n);
}
