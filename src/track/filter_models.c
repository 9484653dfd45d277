/* SPDX-License-Identifier: MIT */
/* What registered models and their versions can be searched by. */
#include "track/filter.h"

#include <errno.h>

static void add_names(struct buf *out, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		buf_addf(out, "%s'%s'", i ? ", " : "", words[i]);
}

static int entity_of(const char *word, enum filter_entity *out, struct err *err)
{
	*out = strcmp(word, "attribute") == 0 ? FILTER_ATTRIBUTE : FILTER_TAG;
	if (*out == FILTER_ATTRIBUTE || strcmp(word, "tag") == 0 ||
	    strcmp(word, "tags") == 0)
		return 0;
	return err_set(err, ERR_USAGE,
	    "Invalid entity type '%s'. Valid entity types are ('attribute', 'tag',"
	    " 'tags')",
	    word);
}

static int identify(const struct filter_dialect *d, struct arena *a, const char *text,
    const char *const *attributes, enum filter_entity *entity, const char **key,
    struct err *err)
{
	const char *dot = strchr(text, '.'), *bare;
	auto_buf names = BUF_INIT;
	(void)d;
	*entity = FILTER_ATTRIBUTE;
	if (dot &&
	    entity_of(arena_strndup(a, text, (size_t)(dot - text)), entity, err) < 0)
		return -1;
	*key = dot ? dot + 1 : text;
	if (*entity == FILTER_TAG || filter_has(attributes, *key)) {
		bare = filter_unquote(a, *key);
		*key = filter_unquote_name(a, bare ? bare : *key);
		return 0;
	}
	add_names(&names, attributes);
	return err_set(err, ERR_USAGE,
	    "Invalid attribute key '%s' specified. Valid keys are '{%s}'", *key, names.s);
}

static int evaluate_number(const struct filter_dialect *d, const struct clause *cl,
    struct comparison *c, struct err *err)
{
	auto_buf names = BUF_INIT;
	if (filter_has(d->numeric, c->key)) {
		filter_number(cl, &c->value);
		return 0;
	}
	add_names(&names, d->numeric);
	return err_set(err, ERR_USAGE,
	    "Only the '{%s}' attributes support comparison with numeric values.",
	    names.s);
}

static int evaluate(const struct filter_dialect *d, struct arena *a,
    const struct clause *cl, struct comparison *c, struct err *err)
{
	if (cl->kind == OPERAND_NONE)
		return err_set(err, ERR_USAGE,
		    "Invalid comparison clause. Expected 3 tokens found 2");
	if (cl->kind == OPERAND_STRING || cl->kind == OPERAND_IDENTIFIER)
		return filter_string(a, cl, &c->value, err);
	if (c->entity == FILTER_TAG)
		return err_set(err, ERR_USAGE,
		    "Expected a quoted string value for tag (e.g. 'my-value'). Got value"
		    " %s",
		    cl->value);
	if (cl->kind == OPERAND_LIST)
		return filter_strings(d, a, cl, c, err);
	if (*d->numeric && (cl->kind == OPERAND_INT || cl->kind == OPERAND_FLOAT))
		return evaluate_number(d, cl, c, err);
	return err_set(err, ERR_USAGE,
	    "Expected a quoted string value or a list of quoted string values for"
	    " attributes. Got value %s",
	    cl->value);
}

static const char *const numeric_ops[] = {">", ">=", "!=", "=", "<", "<=", NULL};
static const char *const string_ops[] = {
    "!=", "=", "LIKE", "ILIKE", "IN", "NOT IN", NULL};
static const char *const tag_ops[] = {"!=", "=", "LIKE", "ILIKE", NULL};

/* A number may be given as text. */
static int check_number(struct comparison *c, struct err *err)
{
	char *end = NULL;
	if (!filter_has(numeric_ops, c->op))
		return err_set(err, ERR_USAGE, "Invalid comparator for attribute %s: %s",
		    c->key, c->op);
	if (c->value.kind == SQL_REAL)
		return err_set(err, ERR_USAGE,
		    "Invalid value for numeric attribute '%s': %g", c->key, c->value.d);
	if (c->value.kind == SQL_INT)
		return 0;
	errno = 0;
	c->value.i = strtoll(c->value.s, &end, 10);
	c->value.kind = SQL_INT;
	if (errno == 0 && end > c->value.s && !*end)
		return 0;
	return err_set(err, ERR_USAGE, "Invalid value for numeric attribute '%s': '%s'",
	    c->key, c->value.s);
}

static int check(const struct filter_dialect *d, struct comparison *c, struct err *err)
{
	if (c->entity == FILTER_TAG && !filter_has(tag_ops, c->op))
		return err_set(err, ERR_USAGE, "Invalid comparator for tag: %s", c->op);
	if (c->entity == FILTER_ATTRIBUTE && filter_has(d->numeric, c->key))
		return check_number(c, err);
	if (!filter_has(string_ops, c->op))
		return err_set(
		    err, ERR_USAGE, "Invalid comparator for attribute: %s", c->op);
	return 0;
}

#define LIST(...)                                                                        \
	(const char *const[])                                                            \
	{                                                                                \
		__VA_ARGS__, NULL                                                        \
	}

const struct filter_dialect filter_registered_models = {
    .style = FILTER_OTHERS,
    .attributes = LIST("name"),
    .ordered = LIST("name", "timestamp", "last_updated_timestamp"),
    .numeric = (const char *const[]){NULL},
    .lists = LIST("name"),
    .identify = identify,
    .evaluate = evaluate,
    .check = check,
};

const struct filter_dialect filter_model_versions = {
    .style = FILTER_OTHERS,
    .attributes = LIST("name", "version_number", "run_id", "source_path"),
    .ordered =
	LIST("name", "version_number", "creation_timestamp", "last_updated_timestamp"),
    .numeric = LIST("version_number", "last_updated_timestamp", "creation_timestamp"),
    .lists = LIST("name", "run_id"),
    .identify = identify,
    .evaluate = evaluate,
    .check = check,
};
