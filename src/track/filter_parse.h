/* SPDX-License-Identifier: MIT */
/*
 * filter_parse.h -- a filter's text as clauses: comparisons joined by AND, not yet looked
 * up in what can be searched.  Refusals are MLflow's, as each of its searches words them.
 */
#ifndef FILTER_PARSE_H
#define FILTER_PARSE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

enum filter_style {
	FILTER_RUNS,   /* what has no place is told in quotes */
	FILTER_OTHERS, /* ... without */
	FILTER_LOGGED, /* logged models: with the whole filter */
};

enum operand_kind {
	OPERAND_NONE, /* IS NULL has no value */
	OPERAND_IDENTIFIER,
	OPERAND_STRING,
	OPERAND_INT,
	OPERAND_FLOAT,
	OPERAND_LIST, /* in parentheses */
	OPERAND_OTHER,
};

struct clause {
	const char *text; /* all of it */
	const char *left; /* as written */
	bool named;	  /* left is an identifier */
	const char *op;	  /* in capitals, one blank between words */
	enum operand_kind kind;
	const char *value; /* as written, with quotes */
};

struct clauses {
	struct clause *v;
	size_t n;
};

/* NULL and "": no clauses. */
int filter_parse(struct arena *a, const char *text, enum filter_style style,
    struct clauses *out, struct err *err);

/*
 * order_parse.c.  One entry of an order: "<identifier> [ASC|DESC]".  *key is the
 * identifier, unquoted where a direction follows; ERR_USAGE as MLflow says it.
 */
int order_parse(
    struct arena *a, const char *text, const char **key, bool *desc, struct err *err);

/* filter_list.c.  The strings of a list as Python writes one: ('a', "b\n"). */
int filter_list(
    struct arena *a, const char *text, const char ***v, size_t *n, struct err *err);

#endif
