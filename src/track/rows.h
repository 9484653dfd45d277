/* SPDX-License-Identifier: MIT */
/* rows.h -- reading rows into the structs of record.h, and what an older store lacks. */
#ifndef ROWS_H
#define ROWS_H

#include "track/db.h"
#include "track/record.h"

/* A column's text, copied into the arena; NULL for NULL. */
const char *column_text_or_null(struct arena *a, sqlite3_stmt *st, int i);
/* A metric's value as it was logged: is_nan's column may be -1. */
double column_value(sqlite3_stmt *st, int value, int is_nan);
/* What a column of values holds for v: SQLite has no NaN and JSON no infinity. */
double value_stored(double v);

/* The first two columns of all rows of a statement that is bound. */
int rows_to_kvs(
    struct db *db, struct arena *a, sqlite3_stmt *st, struct kvs *out, struct err *err);
/* The first column of all rows. */
int rows_to_list(struct db *db, struct arena *a, sqlite3_stmt *st, const char ***out,
    size_t *n, struct err *err);
/*
 * Hand out the tags of many: `which` gives the row numbers (column 0) and what owner() needs
 * to say whose list it is (NULL: nobody's); `what` gives key and value for a row number.
 * Tables of tags have keys that begin with the tag's own: they are read through once, and
 * by the index alone, so that long values of others are not.
 */
int rows_deal(struct db *db, struct arena *a, sqlite3_stmt *which, sqlite3_stmt *what,
    struct kvs *(*owner)(void *arg, sqlite3_stmt *which), void *arg, struct err *err);

/* A database of an older MLflow may lack it; a column is there in a fresh one. */
bool db_has_column(struct db *db, const char *table, const char *column);
/* Logged models came with MLflow 3: ERR_UNSUPPORTED where the store is older. */
int db_need_logged_models(struct db *db, struct err *err);

#endif
