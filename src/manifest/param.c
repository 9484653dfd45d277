/* SPDX-License-Identifier: MIT */
/* param.c -- the declared parameters of an entry point. */
#include "base/nearest.h"
#include "manifest/keys.h"
#include "manifest/model.h"

static const struct {
	const char *word;
	enum param_kind kind;
} types[] = {{"string", PARAM_STRING}, {"str", PARAM_STRING}, {"int", PARAM_INT},
    {"integer", PARAM_INT}, {"float", PARAM_FLOAT}, {"number", PARAM_FLOAT},
    {"bool", PARAM_BOOL}, {"boolean", PARAM_BOOL}, {"path", PARAM_PATH},
    {"uri", PARAM_URI}};

enum { NTYPES = sizeof(types) / sizeof(types[0]) };

static bool find_type(const char *word, enum param_kind *kind)
{
	for (size_t i = 0; i < NTYPES; i++)
		if (strcmp(types[i].word, word) == 0) {
			*kind = types[i].kind;
			return true;
		}
	return false;
}

enum param_kind param_kind_of(const char *type_word)
{
	enum param_kind kind = PARAM_STRING;
	find_type(type_word, &kind);
	return kind;
}

/* Any word is a type to MLflow; say so where it looks like a mistake. */
static void check_type(
    struct page *p, const struct node *type, struct param_decl *decl, bool short_form)
{
	const char *words[NTYPES], *near;
	enum param_kind kind;
	struct diag *d;
	if (find_type(decl->type_word, &decl->kind))
		return;
	for (size_t i = 0; i < NTYPES; i++)
		words[i] = types[i].word;
	near = nearest(decl->type_word, words, NTYPES);
	if (near && find_type(near, &kind) && kind == PARAM_STRING)
		return;
	if (!near && !short_form && node_is_string(type))
		return;
	d = page_warn(p, type->mark, "'%s' is not a known type: taken as 'string'",
	    page_clip(p, decl->type_word));
	if (near)
		page_hint(p, d, "did you mean '%s'?", near);
	else if (short_form)
		page_hint(p, d, "if it is the default, write '%s: {default: ...}'",
		    page_clip(p, decl->name));
}

static void read_long_form(struct page *p, struct node *map, struct param_decl *decl)
{
	struct node *type = node_get(map, "type"), *value = node_get(map, "default");
	struct node *words = node_get(map, "description");
	keys_check(p, map, KEYS_PARAM);
	if (type && node_is_null(type)) {
		page_warn(p, type->mark, "'type' is empty: taken as 'string'");
	} else if (type) {
		decl->type_word = model_text(p, type);
		check_type(p, type, decl, false);
	}
	if (value && !node_is_null(value)) {
		decl->default_text = model_text(p, value);
		decl->default_mark = value->mark;
	}
	if (!words || node_is_null(words))
		words = node_get(map, "help");
	if (words && !node_is_null(words))
		decl->description = model_text(p, words);
}

static void refuse_value(struct page *p, const struct pair *pair)
{
	const char *name = page_clip(p, pair->key->text), *colon = strchr(name, ':');
	const struct node *v = pair->value;
	struct diag *d;
	if (!node_is_null(v)) {
		d = page_error(p, v->mark, "the parameter '%s' is %s, not a type", name,
		    node_word(v));
		page_hint(p, d, "to give a default, write '%s: {default: ...}'", name);
		return;
	}
	d = page_error(p, pair->key->mark, "the parameter '%s' has no type", name);
	if (colon && colon[1])
		page_hint(p, d, "'%s' needs a space after the colon: '%.*s: %s'", name,
		    (int)(colon - name), name, colon + 1);
	else
		page_hint(p, d, "write '%s: string'", name);
}

static void read_param(struct page *p, const struct pair *pair, struct param_decl *decl)
{
	decl->name = model_name(p, pair->key, "parameter", "-P");
	decl->mark = pair->key->mark;
	decl->type_word = "string";
	if (pair->value->kind == NODE_MAP) {
		read_long_form(p, pair->value, decl);
	} else if (node_is_string(pair->value)) {
		decl->type_word = pair->value->text;
		check_type(p, pair->value, decl, true);
	} else {
		refuse_value(p, pair);
	}
}

void model_params(struct page *p, struct node *node, struct entry_point *ep)
{
	struct diag *d;
	if (node->kind != NODE_MAP) {
		d = page_error(
		    p, node->mark, "'parameters' is %s, not a mapping", node_word(node));
		if (node_is_null(node))
			page_hint(
			    p, d, "indent the parameters below it, or remove the line");
		else
			page_hint(p, d, "write one 'name: type' for each");
		return;
	}
	ep->params = arena_array(p->a, node->n, sizeof(*ep->params));
	ep->nparams = node->n;
	for (size_t i = 0; i < node->n; i++)
		read_param(p, &node->pairs[i], &ep->params[i]);
}
