/* SPDX-License-Identifier: MIT */
/*
 * filter_lex.h -- the words of MLflow's filter and order language.  MLflow reads it with a
 * parser for SQL, whose rules for what is a word are kept where they decide whether a
 * filter is taken: "metrics.1a" is a name, "metrics.12" is a name and a number.
 */
#ifndef FILTER_LEX_H
#define FILTER_LEX_H

#include <stdbool.h>

#include "base/arena.h"

enum token_kind {
	TOKEN_NAME,	/* loss, `a b` */
	TOKEN_SYMBOL,	/* "a b" */
	TOKEN_STRING,	/* 'a b' */
	TOKEN_INT,	/* -12 */
	TOKEN_FLOAT,	/* .5, 1e5 */
	TOKEN_COMPARE,	/* =, !=, LIKE, NOT LIKE, what looks like them */
	TOKEN_KEYWORD,	/* AND, IN, IS, NOT, NULL, NOT NULL, OR, ... */
	TOKEN_ORDER,	/* ASC, DESC, also with NULLS FIRST */
	TOKEN_OPERATOR, /* +, -, /, ... */
	TOKEN_DOT,
	TOKEN_COMMA,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_OTHER, /* what has no place in a filter */
};

struct token {
	enum token_kind kind;
	const char *s; /* in the text */
	size_t n;
	bool blank; /* white space stands before it */
};

/* MLflow's parser takes as many. */
enum { TOKENS_MAX = 10000 };

struct tokens {
	struct token *v;
	size_t n;
};

/* 0, or -1 when there are more than TOKENS_MAX. */
int filter_lex(struct arena *a, const char *text, struct tokens *out);

#endif
