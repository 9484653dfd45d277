/* SPDX-License-Identifier: MIT */
/*
 * retries.c -- our `retries` of an entry point: a number, or a mapping of `most`, `delay`
 * and `after` (`on` would be true, for YAML).
 */
#include "base/clock.h"
#include "manifest/keys.h"
#include "manifest/model.h"

static void read_most(struct page *p, struct node *n, struct retry_rule *out)
{
	struct err err = ERR_INIT;
	if (n->kind != NODE_SCALAR)
		page_error(p, n->mark, "'most' is %s, not a number", node_word(n));
	else if (retry_most_parse(model_text(p, n), &out->most, &err) < 0)
		page_error(p, n->mark, "retries: %s", err.msg);
	else
		out->given = true;
}

static void read_delay(struct page *p, struct node *n, struct retry_rule *out)
{
	struct err err = ERR_INIT;
	struct diag *d;
	if (n->kind != NODE_SCALAR) {
		page_error(p, n->mark, "'delay' is %s, not a duration", node_word(n));
	} else if (clock_parse_duration(model_text(p, n), &out->delay_ms, &err) < 0) {
		d = page_error(p, n->mark, "delay: %s", err.msg);
		page_hint(p, d, "a number is seconds; units are ms, s, m, h and d");
	}
}

/* `after: 75`, `after: [1, timeout]` or, as the option takes it, `after: 1,timeout`. */
static void read_after(struct page *p, struct node *n, struct retry_rule *out)
{
	struct err err = ERR_INIT;
	auto_buf list = BUF_INIT;
	struct diag *d;
	if (n->kind == NODE_MAP) {
		page_error(p, n->mark, "'after' is %s, not a list", node_word(n));
		return;
	}
	if (n->kind == NODE_SCALAR)
		buf_adds(&list, model_text(p, n));
	for (size_t i = 0; n->kind == NODE_SEQ && i < n->n; i++)
		buf_addf(&list, "%s%s", i ? "," : "", model_text(p, n->items[i]));
	if (retry_on_check(list.s, &err) < 0) {
		d = page_error(p, n->mark, "after: %s", err.msg);
		page_hint(p, d, "%s", err.hint);
		return;
	}
	out->on = arena_strdup(p->a, list.s);
}

void model_retries(struct page *p, const struct node *map, struct retry_rule *out)
{
	struct node *r = node_get(map, "retries"), *n;
	struct diag *d;
	if (!r || node_is_null(r))
		return;
	if (r->kind == NODE_SCALAR) {
		read_most(p, r, out);
		return;
	}
	if (r->kind != NODE_MAP) {
		d = page_error(p, r->mark, "'retries' is %s, not a number", node_word(r));
		page_hint(p, d, "write 'retries: 3'");
		return;
	}
	keys_check(p, r, KEYS_RETRIES);
	if ((n = node_get(r, "most")) && !node_is_null(n))
		read_most(p, n, out);
	if ((n = node_get(r, "delay")) && !node_is_null(n))
		read_delay(p, n, out);
	if ((n = node_get(r, "after")) && !node_is_null(n))
		read_after(p, n, out);
}
