/* SPDX-License-Identifier: MIT */
/*
 * search.h -- one page of a sorted, filtered list, and where the next one begins.
 *
 * The last terms of an order make it total, so a page is found by the values of the row
 * before it.
 */
#ifndef SEARCH_H
#define SEARCH_H

#include "track/filter.h"
#include "track/page_token.h"
#include "track/record.h"

enum view { VIEW_ACTIVE = 1, VIEW_DELETED = 2, VIEW_ALL = 3 };

/* What every search is asked. */
struct search_query {
	const char *const *experiment_ids; /* of runs and logged models; decimal text */
	size_t nexperiments;
	enum view view; /* of runs and experiments */
	const char *filter;
	const char *const *order_by;
	size_t norder;
	int64_t max_results;
	const char *page_token; /* NULL, "": the first page */
};

/* By what rows are sorted; NULL comes first when ascending and last when descending. */
struct search_term {
	const char *expr;
	bool desc;
};
enum { SEARCH_TERMS_MAX = 100 };

struct search {
	const char *ids; /* the columns that name a row: one or two */
	int nids;
	struct sql body; /* " FROM ... WHERE ..." */
	struct search_term terms[SEARCH_TERMS_MAX];
	size_t nterms;
	bool indexed;	  /* the first term is a column that descends, and has an index */
	uint64_t request; /* the sum over all that was asked, without size and token */
	size_t limit;
	const char *token;
};
#define auto_search __attribute__((cleanup(search_release))) struct search
void search_release(struct search *s);

/* ERR_USAGE when there is no room. */
int search_term_add(struct search *s, const char *expr, bool desc, struct err *err);
/* ERR_USAGE: its order names something twice. */
int search_refuse_twice(const struct search_query *q, struct err *err);
/* Append the query's parts to the sum for the kind of search. */
uint64_t search_sum(const char *kind, const struct search_query *q);
/* "'<column>' is one of these experiments"; ERR_USAGE for what is no number. */
int search_experiments(
    struct sql *body, const char *column, const struct search_query *q, struct err *err);

struct search_page {
	struct sql_value *ids; /* nids for each of n rows */
	size_t n;
	const char *next; /* NULL: this was the last page */
};
/* Inside a transaction. */
int search_page(struct db *db, struct arena *a, struct search *s, struct search_page *out,
    struct err *err);

#endif
