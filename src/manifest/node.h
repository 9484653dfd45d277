/* SPDX-License-Identifier: MIT */
/*
 * node.h -- a YAML text as a tree, every node with its place.
 *
 * What an alias names is shared, never copied, and never contains itself; merge keys (<<)
 * are already merged in; a repeated key has its last value and was warned about.  Every
 * scalar is one that safe_load accepts and holds no NUL.
 */
#ifndef NODE_H
#define NODE_H

#include "manifest/page.h"
#include "manifest/scalar.h"

enum { NODE_MAX_COUNT = 50000, NODE_MAX_ANCHORS = 1000 };

enum node_kind { NODE_SCALAR, NODE_SEQ, NODE_MAP };

struct node;
struct pair {
	struct node *key; /* a scalar */
	struct node *value;
	bool merged; /* came by a merge key */
};

struct node {
	enum node_kind kind;
	struct mark mark;
	int height;    /* of the tree below; 0 for a scalar */
	bool anchored; /* it has a name for aliases */
	bool open;     /* its end has not been read */
	size_t n;      /* items or pairs */
	struct node **items;
	struct pair *pairs;
	/* Scalars only. */
	enum scalar_kind scalar;
	const char *text;	/* as YAML gives it, not yet a value */
	char style;		/* as written: ' " | > or 0 for plain */
	size_t start, end;	/* characters in the page, from tag or anchor on */
	const struct mark *map; /* see place.h */
	/* Any node. */
	const char *str; /* see model_text */
};

/* Half-open, in characters of the page. */
struct span {
	size_t start, end;
};

/*
 * The page's only document.  *root is NULL for an empty one.  -1: what is wrong has been
 * reported.
 */
int node_parse(struct page *p, struct node **root);

/* The value of a string key, or NULL. */
struct node *node_get(const struct node *map, const char *key);
/* Where the key of one of the map's values stands. */
struct mark node_key_mark(const struct node *map, const struct node *value);
bool node_is_null(const struct node *n);
bool node_is_string(const struct node *n);
/* Python's bool(): false for null, false, 0, "", [], {}. */
bool node_is_true(const struct node *n);
/* "a string", "a list", ...: for messages. */
const char *node_word(const struct node *n);
/* Append Python's str() of the value; out->full is set when it passed out->max. */
void node_str(struct buf *out, const struct node *n);

#endif
