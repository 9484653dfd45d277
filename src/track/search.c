/* SPDX-License-Identifier: MIT */
#include "track/search.h"

#include <errno.h>

void search_release(struct search *s)
{
	sql_release(&s->body);
}

int search_term_add(struct search *s, const char *expr, bool desc, struct err *err)
{
	if (s->nterms == SEARCH_TERMS_MAX)
		return err_set(err, ERR_USAGE, "The order has too many entries");
	s->terms[s->nterms++] = (struct search_term){.expr = expr, .desc = desc};
	return 0;
}

int search_refuse_twice(const struct search_query *q, struct err *err)
{
	auto_buf list = BUF_INIT;
	for (size_t i = 0; i < q->norder; i++)
		buf_addf(&list, "%s'%s'", i ? ", " : "", q->order_by[i]);
	return err_set(
	    err, ERR_USAGE, "`order_by` contains duplicate fields: [%s]", list.s);
}

uint64_t search_sum(const char *kind, const struct search_query *q)
{
	uint64_t sum = page_sum_str(PAGE_SUM, kind);
	sum = page_sum(sum, &q->view, sizeof(q->view));
	sum = page_sum_strs(sum, q->experiment_ids, q->nexperiments);
	sum = page_sum_str(sum, q->filter);
	return page_sum_strs(sum, q->order_by, q->norder);
}

int search_experiments(
    struct sql *body, const char *column, const struct search_query *q, struct err *err)
{
	sql_add(body, " %s IN (", column);
	for (size_t i = 0; i < q->nexperiments; i++) {
		const char *text = q->experiment_ids[i];
		char *end;
		errno = 0;
		int64_t id = strtoll(text, &end, 10);
		if (errno || end == text || *end)
			return err_set(err, ERR_USAGE,
			    "Invalid experiment ID '%s'. Experiment ID must be a valid"
			    " integer.",
			    text);
		sql_add(body, i ? ", " : "");
		sql_int(body, id);
	}
	sql_add(body, ")");
	return 0;
}

/* The row is behind `last` in the direction of term t. */
static void add_behind(
    struct sql *q, const struct search_term *t, const struct sql_value *last)
{
	if (last->kind == SQL_NULL) {
		sql_add(q, "%s IS NOT NULL AND %d", t->expr, !t->desc);
		return;
	}
	sql_add(q, "(%s %c ", t->expr, t->desc ? '<' : '>');
	sql_value(q, last);
	if (t->desc)
		sql_add(q, " OR %s IS NULL", t->expr);
	sql_add(q, ")");
}

/* Behind it by the first term, or equal there and behind by the second, ... */
static void add_keyset(
    struct sql *q, const struct search *s, const struct sql_value *last)
{
	sql_add(q, " AND (");
	for (size_t i = 0; i < s->nterms; i++) {
		if (i > 0) {
			sql_add(q, " OR (%s IS ", s->terms[i - 1].expr);
			sql_value(q, &last[i - 1]);
			sql_add(q, " AND (");
		}
		add_behind(q, &s->terms[i], &last[i]);
	}
	for (size_t i = 1; i < s->nterms; i++)
		sql_add(q, "))");
	sql_add(q, ")");
}

/*
 * An index serves a bound on the first term only where it stands alone, and no bound
 * reaches the rows that have none: these come last, by a statement of their own.
 */
enum part { PART_ALL, PART_VALUES, PART_NULLS };

static void add_page(struct sql *q, const struct search *s, enum part part,
    const struct sql_value *last, size_t limit)
{
	if (part == PART_NULLS)
		sql_add(q, " AND %s IS NULL", s->terms[0].expr);
	if (part == PART_VALUES && last) {
		sql_add(q, " AND %s <= ", s->terms[0].expr);
		sql_value(q, &last[0]);
	}
	if (last)
		add_keyset(q, s, last);
	for (size_t i = 0; i < s->nterms; i++)
		sql_add(q, "%s%s%s", i ? ", " : " ORDER BY ", s->terms[i].expr,
		    s->terms[i].desc ? " DESC" : "");
	sql_add(q, " LIMIT ");
	sql_int(q, (int64_t)limit);
}

static void add_columns(struct sql *q, const struct search *s)
{
	sql_add(q, "SELECT %s", s->ids);
	for (size_t i = 0; i < s->nterms; i++)
		sql_add(q, ", %s", s->terms[i].expr);
}

static void keep_row(struct arena *a, const struct search *s, sqlite3_stmt *st,
    struct search_page *out, struct sql_value *end)
{
	int nids = s->nids;
	if (out->n + 1 == s->limit)
		for (size_t i = 0; i < s->nterms; i++)
			end[i] = sql_column(a, st, nids + (int)i);
	for (int i = 0; out->n < s->limit && i < nids; i++)
		out->ids[out->n * (size_t)nids + (size_t)i] = sql_column(a, st, i);
	out->n++;
}

static int read_part(struct db *db, struct arena *a, const struct search *s,
    enum part part, const struct sql_value *last, struct search_page *out,
    struct sql_value *end, struct err *err)
{
	auto_sql q = SQL_INIT(a);
	auto_stmt st = NULL;
	int rc;
	add_columns(&q, s);
	buf_adds(&q.text, s->body.text.s);
	for (size_t i = 0; i < s->body.n; i++) {
		ARENA_GROW(a, q.v, q.n);
		q.v[q.n++] = s->body.v[i];
	}
	add_page(&q, s, part, last, s->limit + 1 - out->n);
	st = sql_query(db, &q, err);
	if (!st)
		return -1;
	while ((rc = stmt_step(db, st, err)) > 0)
		keep_row(a, s, st, out, end);
	return rc;
}

int search_page(struct db *db, struct arena *a, struct search *s, struct search_page *out,
    struct err *err)
{
	struct sql_value *last = NULL;
	struct sql_value *end = arena_array(a, s->nterms, sizeof(*end));
	bool halves;
	*out = (struct search_page){0};
	out->ids = arena_array(a, s->limit * (size_t)s->nids, sizeof(*out->ids));
	if (s->token && *s->token) {
		last = arena_array(a, s->nterms, sizeof(*last));
		if (page_token_read(a, s->token, s->request, last, s->nterms, err) < 0)
			return -1;
	}
	halves = s->indexed && last && last[0].kind != SQL_NULL;
	if (read_part(db, a, s, halves ? PART_VALUES : PART_ALL, last, out, end, err) < 0)
		return -1;
	if (halves && out->n <= s->limit &&
	    read_part(db, a, s, PART_NULLS, NULL, out, end, err) < 0)
		return -1;
	if (out->n > s->limit) {
		out->n = s->limit;
		out->next = page_token_make(a, s->request, end, s->nterms);
	}
	return 0;
}
