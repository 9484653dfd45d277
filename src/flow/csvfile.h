/* SPDX-License-Identifier: MIT */
/*
 * csvfile.h -- a table in a CSV file: a header of names, then rows.  As RFC 4180 has it:
 * commas, fields in "..." with "" for a quote; lines that are empty are skipped.
 */
#ifndef CSVFILE_H
#define CSVFILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { CSV_BYTES_MAX = 64 << 20 };

struct csv {
	const char *file; /* as it was named */
	const char **names;
	size_t columns;
	const char ***rows; /* of `columns` fields each */
	size_t n;
};

/* Strings live in the arena.  Errors name file and line. */
int csv_read(struct arena *a, const char *path, struct csv *out, struct err *err);
/* The pure part. */
int csv_parse(struct arena *a, const char *file, const char *text, size_t n,
    struct csv *out, struct err *err);
/* The column of that name, or -1. */
long csv_column(const struct csv *csv, const char *name);

/* One field as it stands in such a file. */
void csv_put(struct buf *out, const char *text);

#endif
