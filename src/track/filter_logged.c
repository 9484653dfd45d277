/* SPDX-License-Identifier: MIT */
/* What logged models can be searched by: a language of its own, much like the others. */
#include "track/filter.h"

#include <errno.h>

#include "base/pyrepr.h"

static const char *const entity_names[] = {
    [FILTER_ATTRIBUTE] = "attributes",
    [FILTER_METRIC] = "metrics",
    [FILTER_PARAM] = "params",
    [FILTER_TAG] = "tags",
};

static const char *repr(struct arena *a, const char *s)
{
	auto_buf out = BUF_INIT;
	pyrepr_str(&out, s, strlen(s));
	return arena_strdup(a, out.s);
}

/* Without all of this character at both ends. */
static const char *strip(struct arena *a, const char *s, char c)
{
	size_t n;
	while (*s == c)
		s++;
	n = strlen(s);
	while (n > 0 && s[n - 1] == c)
		n--;
	return arena_strndup(a, s, n);
}

static int entity_of(
    struct arena *a, const char *word, enum filter_entity *out, struct err *err)
{
	for (size_t i = 0; i < sizeof(entity_names) / sizeof(entity_names[0]); i++)
		if (strcmp(entity_names[i], word) == 0) {
			*out = (enum filter_entity)i;
			return 0;
		}
	return err_set(err, ERR_USAGE,
	    "Invalid entity type: %s. Expected one of ['attributes', 'metrics', 'params',"
	    " 'tags'].",
	    repr(a, word));
}

static const char *attribute_of(const char *key)
{
	if (strcmp(key, "creation_time") == 0 || strcmp(key, "creation_timestamp") == 0)
		return "creation_timestamp_ms";
	if (strcmp(key, "last_updated_timestamp") == 0)
		return "last_updated_timestamp_ms";
	return key;
}

static int identify(const struct filter_dialect *d, struct arena *a, const char *text,
    const char *const *attributes, enum filter_entity *entity, const char **key,
    struct err *err)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz");
	(void)d;
	*entity = FILTER_ATTRIBUTE;
	*key = text;
	if (n > 0 && text[n] == '.' && text[n + 1]) {
		if (entity_of(a, arena_strndup(a, text, n), entity, err) < 0)
			return -1;
		*key = text + n + 1;
	}
	*key = strip(a, *key, '`');
	if (*entity != FILTER_ATTRIBUTE)
		return 0;
	*key = attribute_of(*key);
	if (filter_has(attributes, *key))
		return 0;
	return err_set(err, ERR_USAGE, "Invalid attribute name: %s", *key);
}

static bool numeric(const struct filter_dialect *d, const struct comparison *c)
{
	return c->entity == FILTER_METRIC ||
	       (c->entity == FILTER_ATTRIBUTE && filter_has(d->numeric, c->key));
}

static const char *const numeric_ops[] = {"<", "<=", ">", ">=", "=", "!=", NULL};
static const char *const string_ops[] = {
    "=", "!=", "LIKE", "ILIKE", "IN", "NOT IN", NULL};

static int check_op(const struct filter_dialect *d, struct arena *a,
    const struct comparison *c, struct err *err)
{
	const char *const *ops = numeric(d, c) ? numeric_ops : string_ops;
	auto_buf list = BUF_INIT;
	if (filter_has(ops, c->op))
		return 0;
	for (size_t i = 0; ops[i]; i++)
		buf_addf(&list, "%s'%s'", i ? ", " : "", ops[i]);
	return err_set(err, ERR_USAGE,
	    "Invalid comparison operator for %s.%s: %s. Expected one of (%s).",
	    entity_names[c->entity], c->key, repr(a, c->op), list.s);
}

static int evaluate_number(
    struct arena *a, const struct clause *cl, struct comparison *c, struct err *err)
{
	char *end;
	c->value = (struct sql_value){.kind = SQL_REAL, .d = strtod(cl->value, &end)};
	if (end > cl->value && !*end)
		return 0;
	return err_set(
	    err, ERR_USAGE, "could not convert string to float: %s", repr(a, cl->value));
}

static int evaluate(const struct filter_dialect *d, struct arena *a,
    const struct clause *cl, struct comparison *c, struct err *err)
{
	const char *text;
	if (cl->kind == OPERAND_NONE)
		return err_set(err, ERR_USAGE,
		    "Invalid comparison: %s. Expected a comparison with 3 tokens.",
		    cl->text);
	if (check_op(d, a, c, err) < 0)
		return -1;
	if (numeric(d, c))
		return evaluate_number(a, cl, c, err);
	if (cl->kind == OPERAND_LIST) {
		if (strcmp(c->op, "IN") != 0 && strcmp(c->op, "NOT IN") != 0)
			return err_set(err, ERR_USAGE,
			    "Expected a quoted string value for attributes. Got value %s",
			    cl->value);
		return filter_list(a, cl->value, &c->list, &c->nlist, err);
	}
	text = strip(a, cl->value, '\'');
	c->value = (struct sql_value){.kind = SQL_TEXT, .s = text, .n = strlen(text)};
	return 0;
}

static int check(const struct filter_dialect *d, struct comparison *c, struct err *err)
{
	(void)d;
	(void)c;
	(void)err;
	return 0;
}

/* the columns of logged_models */
static const char *const columns[] = {"model_id", "experiment_id", "name",
    "artifact_location", "creation_timestamp_ms", "last_updated_timestamp_ms", "status",
    "lifecycle_stage", "model_type", "source_run_id", "status_message", NULL};

const struct filter_dialect filter_logged_models = {
    .style = FILTER_LOGGED,
    .attributes = columns,
    .ordered = columns,
    .numeric =
	(const char *const[]){"creation_timestamp_ms", "last_updated_timestamp_ms", NULL},
    .lists = columns,
    .identify = identify,
    .evaluate = evaluate,
    .check = check,
};
