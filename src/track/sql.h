/* SPDX-License-Identifier: MIT */
/*
 * sql.h -- a statement that is put together at run time.  Its text comes from constants of
 * the program only; what comes from outside is bound.
 */
#ifndef SQL_H
#define SQL_H

#include "base/buf.h"
#include "track/db.h"

/* More is refused before SQLite does, which has 32,766. */
enum { SQL_VALUES_MAX = 32000 };

struct sql_value {
	enum { SQL_NULL, SQL_INT, SQL_REAL, SQL_TEXT } kind;
	int64_t i;
	double d;
	const char *s;
	size_t n; /* bytes of s */
};

struct sql {
	struct arena *a;
	struct buf text;
	struct sql_value *v;
	size_t n;
};
#define SQL_INIT(arena)                                                                  \
	{                                                                                \
		.a = (arena), .text = BUF_INIT                                           \
	}
#define auto_sql __attribute__((cleanup(sql_release))) struct sql
void sql_release(struct sql *q);

void sql_add(struct sql *q, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Append a placeholder and remember its value, which must live as long as the statement.
 */
void sql_value(struct sql *q, const struct sql_value *v);
void sql_text(struct sql *q, const char *s);
void sql_int(struct sql *q, int64_t i);

/* Prepared and bound; NULL on failure, ERR_USAGE when it is too large. */
sqlite3_stmt *sql_query(struct db *db, const struct sql *q, struct err *err);
/* A column as it is stored, copied into the arena. */
struct sql_value sql_column(struct arena *a, sqlite3_stmt *st, int i);

#endif
