/* SPDX-License-Identifier: MIT */
#include "track/sql.h"

#include <stdarg.h>

void sql_release(struct sql *q)
{
	buf_release(&q->text);
}

void sql_add(struct sql *q, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	buf_addv(&q->text, fmt, ap);
	va_end(ap);
}

void sql_value(struct sql *q, const struct sql_value *v)
{
	buf_addc(&q->text, '?');
	ARENA_GROW(q->a, q->v, q->n);
	q->v[q->n++] = *v;
}

void sql_text(struct sql *q, const char *s)
{
	sql_value(
	    q, &(struct sql_value){.kind = SQL_TEXT, .s = s, .n = s ? strlen(s) : 0});
}

void sql_int(struct sql *q, int64_t i)
{
	sql_value(q, &(struct sql_value){.kind = SQL_INT, .i = i});
}

static int bind(sqlite3_stmt *st, int at, const struct sql_value *v)
{
	switch (v->kind) {
	case SQL_NULL:
		return sqlite3_bind_null(st, at);
	case SQL_INT:
		return sqlite3_bind_int64(st, at, v->i);
	case SQL_REAL:
		return sqlite3_bind_double(st, at, v->d);
	case SQL_TEXT:
		return sqlite3_bind_text64(
		    st, at, v->s, v->n, SQLITE_STATIC, SQLITE_UTF8);
	}
	return SQLITE_MISUSE;
}

sqlite3_stmt *sql_query(struct db *db, const struct sql *q, struct err *err)
{
	sqlite3_stmt *st;
	if (q->n > SQL_VALUES_MAX) {
		err_set(err, ERR_USAGE,
		    "The request has too many values (%zu; at most %d)", q->n,
		    SQL_VALUES_MAX);
		return NULL;
	}
	st = db_query(db, err, q->text.s, "");
	for (size_t i = 0; st && i < q->n; i++) {
		if (bind(st, (int)i + 1, &q->v[i]) == SQLITE_OK)
			continue;
		db_error(db, err);
		sqlite3_finalize(st);
		return NULL;
	}
	return st;
}

struct sql_value sql_column(struct arena *a, sqlite3_stmt *st, int i)
{
	struct sql_value v = {.kind = SQL_NULL};
	switch (sqlite3_column_type(st, i)) {
	case SQLITE_NULL:
		break;
	case SQLITE_INTEGER:
		v.kind = SQL_INT;
		v.i = sqlite3_column_int64(st, i);
		break;
	case SQLITE_FLOAT:
		v.kind = SQL_REAL;
		v.d = sqlite3_column_double(st, i);
		break;
	default:
		v.kind = SQL_TEXT;
		v.s = (const char *)sqlite3_column_text(st, i);
		v.n = (size_t)sqlite3_column_bytes(st, i);
		v.s = arena_strndup(a, v.s ? v.s : "", v.n);
	}
	return v;
}
