/* SPDX-License-Identifier: MIT */
#include "cli/table.h"

#include "base/alloc.h"
#include "base/quote.h"
#include "base/utf8.h"

void table_add(struct table *t, const char *text)
{
	auto_buf b = BUF_INIT;
	quote_display(&b, text, strlen(text));
	if (utf8_columns(b.s) > TABLE_CELL_MAX) {
		size_t n = utf8_prefix(b.s, TABLE_CELL_MAX - 2);
		while (n > 0 && utf8_columns(b.s) > TABLE_CELL_MAX - 2) {
			buf_cut(&b, n);
			n = utf8_prefix(b.s, utf8_length(b.s) - 1);
		}
		buf_adds(&b, "..");
	}
	strvec_push(&t->cells, b.s);
}

static size_t column_width(const struct table *t, size_t column)
{
	size_t widest = 0;
	for (size_t i = column; i < t->cells.n; i += t->columns) {
		size_t n = utf8_columns(t->cells.v[i]);
		widest = n > widest ? n : widest;
	}
	return widest;
}

void table_print(struct buf *out, const struct table *t, bool colour)
{
	size_t *width = xcalloc(t->columns, sizeof(*width));
	for (size_t c = 0; c < t->columns; c++)
		width[c] = column_width(t, c);
	for (size_t i = 0; i < t->cells.n; i++) {
		size_t c = i % t->columns, pad = width[c] - utf8_columns(t->cells.v[i]);
		bool last = c + 1 == t->columns;
		if (colour && i == 0)
			buf_adds(out, "\033[1m");
		buf_adds(out, t->cells.v[i]);
		if (!last)
			buf_addf(out, "%*s", (int)pad + 2, "");
		else if (colour && i + 1 == t->columns)
			buf_adds(out, "\033[0m");
		if (last)
			buf_addc(out, '\n');
	}
	free(width);
}

void table_release(struct table *t)
{
	strvec_release(&t->cells);
}
