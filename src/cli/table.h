/* SPDX-License-Identifier: MIT */
/* table.h -- text in aligned columns, for people. */
#ifndef TABLE_H
#define TABLE_H

#include "base/strvec.h"
#include "base/buf.h"

enum { TABLE_CELL_MAX = 40 }; /* columns; longer text is cut with ".." */

struct table {
	size_t columns;
	struct strvec cells; /* row by row, the head first */
};

#define TABLE_INIT                                                                       \
	{                                                                                \
		.columns = 0                                                             \
	}

/* One cell; control characters are made visible. */
void table_add(struct table *t, const char *text);
/* Print all rows; bold head where `colour` is set. */
void table_print(struct buf *out, const struct table *t, bool colour);
void table_release(struct table *t);

#endif
