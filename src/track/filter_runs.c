/* SPDX-License-Identifier: MIT */
/* What runs and experiments can be searched by. */
#include "track/filter.h"

#include <errno.h>

static const struct entity_word {
	const char *word;
	enum filter_entity entity;
} entity_words[] = {
    {"metric", FILTER_METRIC},
    {"metrics", FILTER_METRIC},
    {"parameter", FILTER_PARAM},
    {"parameters", FILTER_PARAM},
    {"param", FILTER_PARAM},
    {"params", FILTER_PARAM},
    {"tag", FILTER_TAG},
    {"tags", FILTER_TAG},
    {"attribute", FILTER_ATTRIBUTE},
    {"attributes", FILTER_ATTRIBUTE},
    {"attr", FILTER_ATTRIBUTE},
    {"run", FILTER_ATTRIBUTE},
    {"dataset", FILTER_DATASET},
    {"datasets", FILTER_DATASET},
};
static const char *const entity_names[] = {
    "attribute", "metric", "parameter", "tag", "dataset"};

/* "{'a', 'b'}", as Python shows a set. */
static void add_set(struct buf *out, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		buf_addf(out, "%s'%s'", i ? ", " : "{", words[i]);
	buf_addc(out, '}');
}

/* The key without its quotes. */
static const char *bare_key(struct arena *a, const char *s)
{
	const char *bare = filter_unquote(a, s);
	return filter_unquote_name(a, bare ? bare : s);
}

static int check_attribute(
    const char *key, const char *const *attributes, struct err *err)
{
	auto_buf set = BUF_INIT;
	if (filter_has(attributes, key))
		return 0;
	add_set(&set, attributes);
	return err_set(err, ERR_USAGE,
	    "Invalid attribute key '%s' specified. Valid keys are '%s'", key, set.s);
}

/* Other names of an attribute; they are told apart only where they are written. */
static const char *attribute_of(const char *key)
{
	if (strcmp(key, "created") == 0 || strcmp(key, "Created") == 0)
		return "start_time";
	if (strcmp(key, "run name") == 0 || strcmp(key, "Run name") == 0 ||
	    strcmp(key, "Run Name") == 0)
		return "run_name";
	return key;
}

static int entity_of(const char *word, enum filter_entity *out, struct err *err)
{
	for (size_t i = 0; i < sizeof(entity_words) / sizeof(entity_words[0]); i++)
		if (strcmp(entity_words[i].word, word) == 0) {
			*out = entity_words[i].entity;
			return 0;
		}
	return err_set(err, ERR_USAGE,
	    "Invalid entity type '%s'. Valid values are ['metric', 'parameter', 'tag',"
	    " 'attribute', 'dataset']",
	    word);
}

static const char *const dataset_keys[] = {"name", "digest", "context", NULL};

static int identify_run(const struct filter_dialect *d, struct arena *a, const char *text,
    const char *const *attributes, enum filter_entity *entity, const char **key,
    struct err *err)
{
	const char *dot = strchr(text, '.');
	(void)d;
	*entity = FILTER_ATTRIBUTE;
	if (dot) {
		const char *word = arena_strndup(a, text, (size_t)(dot - text));
		if (entity_of(filter_unquote_name(a, word), entity, err) < 0)
			return -1;
	}
	*key = bare_key(a, dot ? dot + 1 : text);
	if (*entity == FILTER_ATTRIBUTE && check_attribute(*key, attributes, err) < 0)
		return -1;
	if (*entity == FILTER_DATASET && !filter_has(dataset_keys, *key))
		return err_set(err, ERR_USAGE,
		    "Invalid dataset key '%s' specified. Valid keys are '{'name',"
		    " 'digest', 'context'}'",
		    *key);
	if (*entity == FILTER_ATTRIBUTE)
		*key = attribute_of(*key);
	return 0;
}

static int identify_experiment(const struct filter_dialect *d, struct arena *a,
    const char *text, const char *const *attributes, enum filter_entity *entity,
    const char **key, struct err *err)
{
	const char *dot = strchr(text, '.');
	(void)d;
	*entity = FILTER_ATTRIBUTE;
	if (dot) {
		const char *word = arena_strndup(a, text, (size_t)(dot - text));
		if (strcmp(word, "tag") == 0 || strcmp(word, "tags") == 0)
			*entity = FILTER_TAG;
		else if (strcmp(word, "attribute") != 0)
			return err_set(err, ERR_USAGE,
			    "Invalid entity type '%s'. Valid entity types are"
			    " ('attribute', 'tag', 'tags')",
			    word);
	}
	*key = bare_key(a, dot ? dot + 1 : text);
	return *entity == FILTER_ATTRIBUTE ? check_attribute(*key, attributes, err) : 0;
}

static bool number(const struct clause *cl)
{
	return cl->kind == OPERAND_INT || cl->kind == OPERAND_FLOAT;
}

static bool string(const struct clause *cl)
{
	return cl->kind == OPERAND_STRING || cl->kind == OPERAND_IDENTIFIER;
}

static int evaluate_attribute(const struct filter_dialect *d, struct arena *a,
    const struct clause *cl, struct comparison *c, struct err *err)
{
	if (filter_has(d->numeric, c->key)) {
		if (!number(cl))
			return err_set(err, ERR_USAGE,
			    "Expected numeric value type for numeric attribute: %s. Found"
			    " %s",
			    c->key, cl->value);
		filter_number(cl, &c->value);
		return 0;
	}
	if (string(cl))
		return filter_string(a, cl, &c->value, err);
	if (cl->kind == OPERAND_LIST)
		return filter_strings(d, a, cl, c, err);
	return err_set(err, ERR_USAGE,
	    "Expected a quoted string value for attributes. Got value %s", cl->value);
}

static int evaluate_presence(
    const struct filter_dialect *d, const struct comparison *c, struct err *err)
{
	if (c->entity == FILTER_TAG ||
	    (c->entity == FILTER_PARAM && d->style == FILTER_RUNS))
		return 0;
	if (d->style == FILTER_RUNS)
		return err_set(err, ERR_USAGE,
		    "IS NULL / IS NOT NULL is only supported for tags and params, not for"
		    " '%s' '%s'",
		    entity_names[c->entity], c->key);
	return err_set(err, ERR_USAGE,
	    "IS NULL / IS NOT NULL is only supported for tags, not for attribute '%s'",
	    c->key);
}

static int evaluate(const struct filter_dialect *d, struct arena *a,
    const struct clause *cl, struct comparison *c, struct err *err)
{
	if (cl->kind == OPERAND_NONE)
		return evaluate_presence(d, c, err);
	switch (c->entity) {
	case FILTER_ATTRIBUTE:
		return evaluate_attribute(d, a, cl, c, err);
	case FILTER_METRIC:
		if (!number(cl))
			return err_set(err, ERR_USAGE,
			    "Expected numeric value type for metric. Found %s",
			    cl->value);
		c->value =
		    (struct sql_value){.kind = SQL_REAL, .d = strtod(cl->value, NULL)};
		return 0;
	case FILTER_PARAM:
	case FILTER_TAG:
		if (string(cl))
			return filter_string(a, cl, &c->value, err);
		return err_set(err, ERR_USAGE,
		    "Expected a quoted string value for %s (e.g. 'my-value'). Got value"
		    " %s",
		    entity_names[c->entity], cl->value);
	case FILTER_DATASET:
		if (string(cl))
			return filter_string(a, cl, &c->value, err);
		if (cl->kind == OPERAND_LIST)
			return filter_strings(d, a, cl, c, err);
	}
	return err_set(err, ERR_USAGE,
	    "Expected a quoted string value for dataset attributes. Got value %s",
	    cl->value);
}

static const char *const numeric_ops[] = {">", ">=", "!=", "=", "<", "<=", NULL};
static const char *const string_ops[] = {
    "!=", "=", "LIKE", "ILIKE", "IN", "NOT IN", NULL};
static const char *const keyed_ops[] = {
    "!=", "=", "LIKE", "ILIKE", "IS NULL", "IS NOT NULL", NULL};

/* `shown` are named in the message, whatever is allowed: as MLflow says it. */
static int check_op(const char *op, const char *const *allowed, const char *const *shown,
    const char *quote, struct err *err)
{
	auto_buf set = BUF_INIT;
	if (filter_has(allowed, op))
		return 0;
	add_set(&set, shown);
	return err_set(
	    err, ERR_USAGE, "Invalid comparator '%s' not one of '%s%s", op, set.s, quote);
}

static int check_run(
    const struct filter_dialect *d, struct comparison *c, struct err *err)
{
	switch (c->entity) {
	case FILTER_METRIC:
		return check_op(c->op, numeric_ops, numeric_ops, "", err);
	case FILTER_PARAM:
		return check_op(c->op, keyed_ops, keyed_ops, "'", err);
	case FILTER_TAG:
		return check_op(c->op, keyed_ops, keyed_ops, "", err);
	case FILTER_DATASET:
		return check_op(c->op, string_ops, string_ops, "", err);
	case FILTER_ATTRIBUTE:
		break;
	}
	if (filter_has(d->numeric, c->key))
		return check_op(c->op, numeric_ops, string_ops, "", err);
	return check_op(c->op, string_ops, string_ops, "'", err);
}

static int experiment_id(const char *text, struct err *err)
{
	char *end;
	errno = 0;
	strtoll(text, &end, 10);
	if (errno == 0 && end > text && !*end)
		return 0;
	return err_set(err, ERR_USAGE,
	    "Invalid experiment ID '%s'. Experiment ID must be a valid integer.", text);
}

static int check_experiment_id(const struct comparison *c, struct err *err)
{
	static const char *const ops[] = {"=", "!=", "IN", "NOT IN", NULL};
	if (!filter_has(ops, c->op))
		return err_set(
		    err, ERR_USAGE, "Invalid comparator for experiment_id: %s", c->op);
	for (size_t i = 0; i < c->nlist; i++)
		if (experiment_id(c->list[i], err) < 0)
			return -1;
	return c->list ? 0 : experiment_id(c->value.s, err);
}

static int check_experiment(
    const struct filter_dialect *d, struct comparison *c, struct err *err)
{
	static const char *const ops[] = {"=", "!=", "LIKE", "ILIKE", NULL};
	if (c->entity == FILTER_TAG)
		return filter_has(keyed_ops, c->op)
			   ? 0
			   : err_set(
				 err, ERR_USAGE, "Invalid comparator for tag: %s", c->op);
	if (strcmp(c->key, "experiment_id") == 0)
		return check_experiment_id(c, err);
	if (!filter_has(d->numeric, c->key)) {
		if (check_op(c->op, string_ops, string_ops, "'", err) < 0)
			return -1;
		return filter_has(ops, c->op)
			   ? 0
			   : err_set(err, ERR_USAGE,
				 "Invalid comparator for string attribute: %s", c->op);
	}
	if (check_op(c->op, numeric_ops, string_ops, "", err) < 0)
		return -1;
	/* a whole number that is too large for one is a double, too */
	if (c->value.kind == SQL_REAL)
		return err_set(err, ERR_USAGE,
		    "Invalid value for numeric attribute '%s': '%g'", c->key, c->value.d);
	return 0;
}

#define NONE                                                                             \
	(const char *const[])                                                            \
	{                                                                                \
		NULL                                                                     \
	}
#define LIST(...)                                                                        \
	(const char *const[])                                                            \
	{                                                                                \
		__VA_ARGS__, NULL                                                        \
	}

const struct filter_dialect filter_runs = {
    .style = FILTER_RUNS,
    .attributes = LIST("artifact_uri", "end_time", "run_id", "run_name", "start_time",
	"status", "user_id", "created", "Created", "run name", "Run name", "Run Name"),
    .ordered = LIST("artifact_uri", "end_time", "run_id", "run_name", "start_time",
	"status", "user_id", "created", "Created"),
    .numeric = LIST("start_time", "end_time"),
    .lists = LIST("run_id"),
    .identify = identify_run,
    .evaluate = evaluate,
    .check = check_run,
};

const struct filter_dialect filter_experiments = {
    .style = FILTER_OTHERS,
    .attributes = LIST("name", "experiment_id", "creation_time", "last_update_time"),
    .ordered = LIST("name", "experiment_id", "creation_time", "last_update_time"),
    .numeric = LIST("creation_time", "last_update_time"),
    .lists = LIST("experiment_id"),
    .identify = identify_experiment,
    .evaluate = evaluate,
    .check = check_experiment,
};
