/* SPDX-License-Identifier: MIT */
#include "manifest/merge.h"

struct merge {
	struct page *p;
	struct pair *pairs;
	size_t n;
	size_t *count;
};

static int add_pair(struct merge *m, struct pair pair, bool merged)
{
	if (merged && ++*m->count > NODE_MAX_COUNT) {
		page_error(m->p, pair.key->mark, "more than %d values in one file",
		    NODE_MAX_COUNT);
		return -1;
	}
	pair.merged = merged;
	ARENA_GROW(m->p->a, m->pairs, m->n);
	m->pairs[m->n++] = pair;
	return 0;
}

static int merge_map(struct merge *m, const struct node *from)
{
	if (from->kind != NODE_MAP || from->open) {
		page_error(m->p, from->mark, "the merge key << needs a mapping, not %s",
		    node_word(from));
		return -1;
	}
	for (size_t i = 0; i < from->n; i++)
		if (add_pair(m, from->pairs[i], true) < 0)
			return -1;
	return 0;
}

/* Of several mappings in a list the first wins, so it is added last. */
static int merge_value(struct merge *m, const struct node *value)
{
	if (value->kind != NODE_SEQ)
		return merge_map(m, value);
	for (size_t i = value->n; i-- > 0;)
		if (merge_map(m, value->items[i]) < 0)
			return -1;
	return 0;
}

static int merge_keys(struct page *p, struct node *map, size_t *count)
{
	struct merge m = {.p = p, .count = count};
	bool any = false;
	for (size_t i = 0; i < map->n; i++) {
		if (map->pairs[i].key->scalar != SCALAR_MERGE)
			continue;
		any = true;
		if (merge_value(&m, map->pairs[i].value) < 0)
			return -1;
	}
	for (size_t i = 0; any && i < map->n; i++)
		if (map->pairs[i].key->scalar != SCALAR_MERGE)
			add_pair(&m, map->pairs[i], false);
	if (any) {
		map->pairs = m.pairs;
		map->n = m.n;
	}
	return 0;
}

struct keyed {
	const char *text;
	enum scalar_kind kind;
	size_t i;
};

static int compare_keys(const struct keyed *a, const struct keyed *b)
{
	int order = strcmp(a->text, b->text);
	if (order == 0)
		order = (a->kind > b->kind) - (a->kind < b->kind);
	return order;
}

static int compare_keyed(const void *va, const void *vb)
{
	const struct keyed *a = va, *b = vb;
	int order = compare_keys(a, b);
	return order ? order : (a->i > b->i) - (a->i < b->i);
}

/* Python compares values: yes, 1, 0x1 and 1.0 are one key. */
static struct keyed keyed_of(struct page *p, const struct node *key, size_t i)
{
	struct keyed k = {.text = key->text, .kind = key->scalar, .i = i};
	auto_buf text = BUF_INIT;
	if (key->scalar == SCALAR_STR)
		return k;
	node_str(&text, key);
	if (key->scalar == SCALAR_BOOL) {
		k.text = text.s[0] == 'T' ? "1" : "0";
		k.kind = SCALAR_INT;
		return k;
	}
	if (key->scalar == SCALAR_FLOAT && text.len > 2 &&
	    strcmp(text.s + text.len - 2, ".0") == 0) {
		buf_cut(&text, text.len - 2);
		k.kind = SCALAR_INT;
	}
	k.text = arena_strndup(p->a, text.s, text.len);
	return k;
}

static struct keyed *sorted_keys(struct page *p, const struct node *map)
{
	struct keyed *keys = arena_array(p->a, map->n, sizeof(*keys));
	for (size_t i = 0; i < map->n; i++)
		keys[i] = keyed_of(p, map->pairs[i].key, i);
	qsort(keys, map->n, sizeof(*keys), compare_keyed);
	return keys;
}

/* The same file may repeat a key by mistake; a merge repeats it on purpose. */
static void tell_repeated(
    struct page *p, const struct pair *first, const struct pair *again)
{
	struct diag *d;
	if (first->merged || again->merged)
		return;
	d = page_warn(p, again->key->mark,
	    "'%s' is given twice: the last one counts, the one in line %d is ignored",
	    page_clip(p, again->key->text), first->key->mark.line);
	page_hint(p, d, "remove one of them");
}

static void drop_repeated(struct page *p, struct node *map)
{
	struct keyed *keys = sorted_keys(p, map);
	size_t kept = 0, first = 0;
	for (size_t k = 1; k < map->n; k++) {
		struct pair *to = &map->pairs[keys[first].i];
		struct pair *from = &map->pairs[keys[k].i];
		if (compare_keys(&keys[first], &keys[k]) != 0) {
			first = k;
			continue;
		}
		tell_repeated(p, to, from);
		if (to->key->scalar != from->key->scalar)
			from->key = to->key; /* as a Python dict: 1 stays 1 */
		*to = *from;
		from->key = NULL;
	}
	for (size_t i = 0; i < map->n; i++)
		if (map->pairs[i].key)
			map->pairs[kept++] = map->pairs[i];
	map->n = kept;
}

int map_finish(struct page *p, struct node *map, size_t *count)
{
	if (merge_keys(p, map, count) < 0)
		return -1;
	if (map->n > 1)
		drop_repeated(p, map);
	return 0;
}
