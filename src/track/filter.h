/* SPDX-License-Identifier: MIT */
/*
 * filter.h -- MLflow's filters, read and checked: "metrics.loss < 0.1 AND tags.team = 'x'".
 * What can be searched, and by what, is in a dialect for each search.  Refusals are
 * ERR_USAGE with MLflow's texts.
 */
#ifndef FILTER_H
#define FILTER_H

#include "track/filter_parse.h"
#include "track/sql.h"

enum filter_entity {
	FILTER_ATTRIBUTE,
	FILTER_METRIC,
	FILTER_PARAM,
	FILTER_TAG,
	FILTER_DATASET,
};

struct comparison {
	enum filter_entity entity;
	const char *key; /* unquoted; of attributes one that the dialect has */
	const char *op;	 /* = != < <= > >= LIKE ILIKE IN NOT IN IS NULL IS NOT NULL */
	struct sql_value value; /* unless IN, NOT IN: the list */
	const char **list;
	size_t nlist;
};

struct filter {
	struct comparison *v;
	size_t n;
};

struct filter_dialect {
	enum filter_style style;
	/* NULL-terminated lists of attributes */
	const char *const *attributes; /* in filters */
	const char *const *ordered;    /* in orders */
	const char *const *numeric;
	const char *const *lists; /* that IN works with, sorted */
	/* Split "entity.key" and see whether there is such a thing. */
	int (*identify)(const struct filter_dialect *d, struct arena *a, const char *text,
	    const char *const *attributes, enum filter_entity *entity, const char **key,
	    struct err *err);
	/* The value of the clause as *c needs it. */
	int (*evaluate)(const struct filter_dialect *d, struct arena *a,
	    const struct clause *cl, struct comparison *c, struct err *err);
	/* May that be compared so? */
	int (*check)(
	    const struct filter_dialect *d, struct comparison *c, struct err *err);
};
extern const struct filter_dialect filter_runs, filter_experiments,
    filter_registered_models, filter_model_versions, filter_logged_models;

/* More comparisons, or longer patterns (bytes), are refused. */
enum { FILTER_MAX = 400, FILTER_PATTERN_MAX = 16000 };

int filter_read(const struct filter_dialect *d, struct arena *a, const char *text,
    struct filter *out, struct err *err);

struct order_key {
	enum filter_entity entity;
	const char *key;
	bool desc;
};
/* One entry of an order_by. */
int order_read(const struct filter_dialect *d, struct arena *a, const char *text,
    struct order_key *out, struct err *err);

/* "column op value", as SQL; LIKE minds case, ILIKE does not for A to Z. */
void filter_sql(struct sql *q, const char *column, const struct comparison *c);

/* The word is in the NULL-terminated list. */
bool filter_has(const char *const *list, const char *word);

/* filter_value.c: what several dialects share */
/* Without the quotes ' or " around it; NULL where there are none. */
const char *filter_unquote(struct arena *a, const char *s);
/* Without the ` around it, if there are. */
const char *filter_unquote_name(struct arena *a, const char *s);
void filter_number(const struct clause *cl, struct sql_value *out);
int filter_string(
    struct arena *a, const struct clause *cl, struct sql_value *out, struct err *err);
int filter_strings(const struct filter_dialect *d, struct arena *a,
    const struct clause *cl, struct comparison *c, struct err *err);

#endif
