/* SPDX-License-Identifier: MIT */
#include "track/filter.h"

bool filter_has(const char *const *list, const char *word)
{
	for (; *list; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

static int read_one(const struct filter_dialect *d, struct arena *a,
    const struct clause *cl, struct comparison *c, struct err *err)
{
	*c = (struct comparison){.op = cl->op};
	if (d->style != FILTER_LOGGED && !cl->named)
		return err_set(err, ERR_USAGE,
		    "Invalid comparison clause. Expected 'Identifier' found '%s'",
		    cl->left);
	if (d->identify(d, a, cl->left, d->attributes, &c->entity, &c->key, err) < 0 ||
	    d->evaluate(d, a, cl, c, err) < 0)
		return -1;
	if (strstr(c->op, "LIKE") && c->value.n > FILTER_PATTERN_MAX)
		return err_set(err, ERR_USAGE,
		    "The pattern of %s has %zu bytes; it may have %d", c->op, c->value.n,
		    FILTER_PATTERN_MAX);
	return 0;
}

int filter_read(const struct filter_dialect *d, struct arena *a, const char *text,
    struct filter *out, struct err *err)
{
	struct clauses clauses;
	*out = (struct filter){0};
	if (filter_parse(a, text, d->style, &clauses, err) < 0)
		return -1;
	if (clauses.n > FILTER_MAX)
		return err_set(err, ERR_USAGE,
		    "The filter has %zu comparisons; there may be %d", clauses.n,
		    FILTER_MAX);
	out->v = arena_array(a, clauses.n + 1, sizeof(*out->v));
	for (; out->n < clauses.n; out->n++)
		if (read_one(d, a, &clauses.v[out->n], &out->v[out->n], err) < 0)
			return -1;
	/* MLflow reads all before it looks at operators: the same mistake is told first */
	for (size_t i = 0; i < out->n; i++)
		if (d->check(d, &out->v[i], err) < 0)
			return -1;
	return 0;
}

int order_read(const struct filter_dialect *d, struct arena *a, const char *text,
    struct order_key *out, struct err *err)
{
	const char *name;
	if (order_parse(a, text, &name, &out->desc, err) < 0)
		return -1;
	return d->identify(d, a, name, d->ordered, &out->entity, &out->key, err);
}

/*
 * LIKE's pattern as GLOB has it, whose comparison minds case and needs no setting of the
 * connection.  Both take one character for one, whatever its bytes.
 */
static const char *glob_of(struct arena *a, const char *like)
{
	auto_buf out = BUF_INIT;
	for (; *like; like++)
		if (*like == '%')
			buf_addc(&out, '*');
		else if (*like == '_')
			buf_addc(&out, '?');
		else if (strchr("*?[", *like))
			buf_addf(&out, "[%c]", *like);
		else
			buf_addc(&out, *like);
	return arena_strndup(a, out.s, out.len);
}

static const char *lower(struct arena *a, const char *s)
{
	char *out = arena_strdup(a, s);
	for (char *p = out; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p |= 32;
	return out;
}

static void add_list(struct sql *q, const struct comparison *c)
{
	for (size_t i = 0; i < c->nlist; i++) {
		sql_add(q, i ? ", " : " (");
		sql_text(q, c->list[i]);
	}
	sql_add(q, ")");
}

void filter_sql(struct sql *q, const char *column, const struct comparison *c)
{
	if (strcmp(c->op, "LIKE") == 0) {
		sql_add(q, "%s GLOB ", column);
		sql_text(q, glob_of(q->a, c->value.s));
	} else if (strcmp(c->op, "ILIKE") == 0) {
		sql_add(q, "lower(%s) GLOB ", column);
		sql_text(q, glob_of(q->a, lower(q->a, c->value.s)));
	} else {
		/* one of the constants that the dialect's check has let through */
		sql_add(q, "%s %s ", column, c->op);
		if (c->list)
			add_list(q, c);
		else
			sql_value(q, &c->value);
	}
}
