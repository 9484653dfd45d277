/* SPDX-License-Identifier: MIT */
/* entry.c -- entry points: command, and our `timeout`, `env` and `resources`. */
#include "base/clock.h"
#include "manifest/keys.h"
#include "manifest/model.h"
#include "manifest/place.h"

static void refuse_entry(struct page *p, const struct pair *pair)
{
	const char *name = page_clip(p, pair->key->text);
	bool is_command = strcmp(name, "command") == 0 || strcmp(name, "parameters") == 0;
	struct diag *d = page_error(p, pair->key->mark,
	    "the entry point '%s' is %s, not a mapping", name, node_word(pair->value));
	if (is_command)
		page_hint(p, d, "'%s' belongs to the entry point above: indent it deeper",
		    name);
	else if (node_is_string(pair->value))
		page_hint(p, d, "write 'command: ...' below '%s:'", name);
	else
		page_hint(p, d, "give it a 'command'");
}

static void read_command(struct page *p, const struct pair *pair, struct entry_point *ep)
{
	struct node *c = node_get(pair->value, "command");
	struct diag *d;
	if (c && node_is_string(c)) {
		ep->command = c->text;
		ep->command_mark = c->mark;
		ep->command_map = place_map(p, c);
		return;
	}
	ep->command = "";
	if (!c || node_is_null(c)) {
		d = page_error(p, c ? c->mark : pair->key->mark,
		    "the entry point '%s' has no command", page_clip(p, ep->name));
		page_hint(
		    p, d, "add a line like 'command: \"python train.py\"' below it");
		return;
	}
	d = page_error(p, c->mark, "'command' is %s, not a string", node_word(c));
	if (c->kind == NODE_SEQ)
		page_hint(
		    p, d, "join the steps with ' && ', or put the command in quotes");
	else
		page_hint(p, d, "put the command in quotes");
}

static void read_timeout(struct page *p, const struct node *map, struct entry_point *ep)
{
	struct node *t = node_get(map, "timeout");
	struct err err = ERR_INIT;
	struct diag *d;
	if (!t || node_is_null(t))
		return;
	if (t->kind != NODE_SCALAR)
		page_error(p, t->mark, "'timeout' is %s, not a duration", node_word(t));
	else if (clock_parse_duration(model_text(p, t), &ep->timeout_ms, &err) < 0) {
		d = page_error(p, t->mark, "timeout: %s", err.msg);
		page_hint(p, d, "a number is seconds; units are ms, s, m, h and d");
	}
}

static bool is_variable_name(const char *s)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	static const char more[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
	return *s && strchr(letters, *s) && s[strspn(s, more)] == '\0';
}

static void read_variable(struct page *p, const struct pair *pair, struct env_var *var)
{
	var->name = pair->key->text;
	if (!is_variable_name(var->name))
		page_error(p, pair->key->mark, "'%s' is not a name for a variable",
		    page_clip(p, var->name));
	if (pair->value->kind != NODE_SCALAR)
		page_error(p, pair->value->mark, "the variable '%s' is %s, not text",
		    page_clip(p, var->name), node_word(pair->value));
	else if (!node_is_null(pair->value))
		/* As written: `MODE: 0755` and `DEBUG: yes` mean these letters. */
		var->value = pair->value->text;
}

static void read_env(struct page *p, const struct node *map, struct entry_point *ep)
{
	const struct node *env = node_get(map, "env");
	if (!env || node_is_null(env))
		return;
	if (env->kind != NODE_MAP) {
		struct diag *d = page_error(
		    p, env->mark, "'env' is %s, not a mapping", node_word(env));
		page_hint(
		    p, d, "write 'NAME: value', or 'NAME:' to copy it from the host");
		return;
	}
	ep->env = arena_array(p->a, env->n, sizeof(*ep->env));
	ep->nenv = env->n;
	for (size_t i = 0; i < env->n; i++)
		read_variable(p, &env->pairs[i], &ep->env[i]);
}

void model_entry(struct page *p, const struct pair *pair, struct entry_point *ep)
{
	struct node *params;
	ep->name = model_name(p, pair->key, "entry point", "-e");
	ep->mark = pair->key->mark;
	ep->command = "";
	if (pair->value->kind != NODE_MAP) {
		refuse_entry(p, pair);
		return;
	}
	keys_check(p, pair->value, KEYS_ENTRY);
	read_command(p, pair, ep);
	read_timeout(p, pair->value, ep);
	model_retries(p, pair->value, &ep->retries);
	read_env(p, pair->value, ep);
	model_resources(p, pair->value, &ep->resources);
	params = node_get(pair->value, "parameters");
	if (params)
		model_params(p, params, ep);
}
