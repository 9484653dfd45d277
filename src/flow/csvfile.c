/* SPDX-License-Identifier: MIT */
#include "flow/csvfile.h"

#include "base/file.h"
#include "base/utf8.h"

struct reader {
	struct arena *a;
	const char *p, *end;
	struct csv *csv;
	long line; /* of p, from 1 */
	struct err *err;
};

static int wrong(struct reader *r, long line, const char *what)
{
	return err_set(r->err, ERR_USAGE, "%s:%ld: %s", r->csv->file, line, what);
}

static bool at_line_end(const struct reader *r)
{
	return r->p == r->end || *r->p == '\n' ||
	       (*r->p == '\r' && (r->p + 1 == r->end || r->p[1] == '\n'));
}

static void skip_line_end(struct reader *r)
{
	r->p += r->p < r->end && *r->p == '\r';
	r->p += r->p < r->end;
	r->line++;
}

static int read_quoted(struct reader *r, const char **out)
{
	auto_buf b = BUF_INIT;
	long line = r->line;
	for (r->p++; r->p < r->end; r->p++) {
		if (*r->p == '"' && (r->p + 1 == r->end || r->p[1] != '"'))
			break;
		r->p += *r->p == '"';
		r->line += *r->p == '\n';
		buf_addc(&b, *r->p);
	}
	if (r->p == r->end)
		return wrong(r, line, "the quote is not closed");
	r->p++;
	if (!at_line_end(r) && *r->p != ',')
		return wrong(r, r->line, "a comma is expected behind a quoted field");
	*out = arena_strndup(r->a, b.s, b.len);
	return 0;
}

static int read_field(struct reader *r, const char **out)
{
	const char *start = r->p;
	if (r->p < r->end && *r->p == '"')
		return read_quoted(r, out);
	while (!at_line_end(r) && *r->p != ',')
		r->p++;
	*out = arena_strndup(r->a, start, (size_t)(r->p - start));
	return 0;
}

static int read_row(struct reader *r, const char ***fields, size_t *n)
{
	*fields = NULL;
	*n = 0;
	for (;;) {
		ARENA_GROW(r->a, *fields, *n);
		if (read_field(r, &(*fields)[(*n)++]) < 0)
			return -1;
		if (at_line_end(r))
			break;
		r->p++;
	}
	skip_line_end(r);
	return 0;
}

static int check_names(struct reader *r, long line)
{
	const struct csv *csv = r->csv;
	for (size_t i = 0; i < csv->columns; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(csv->names[i], csv->names[k]) == 0)
				return err_set(r->err, ERR_USAGE,
				    "%s:%ld: two columns are called '%s'", csv->file,
				    line, csv->names[i]);
	return 0;
}

static int take_row(struct reader *r)
{
	struct csv *csv = r->csv;
	long line = r->line;
	const char **fields;
	size_t n;
	if (read_row(r, &fields, &n) < 0)
		return -1;
	if (!csv->names) {
		csv->names = fields;
		csv->columns = n;
		return check_names(r, line);
	}
	if (n != csv->columns)
		return err_set(r->err, ERR_USAGE,
		    "%s:%ld: %zu field%s, but the header names %zu", csv->file, line, n,
		    n == 1 ? "" : "s", csv->columns);
	ARENA_GROW(r->a, csv->rows, csv->n);
	csv->rows[csv->n++] = fields;
	return 0;
}

int csv_parse(struct arena *a, const char *file, const char *text, size_t n,
    struct csv *out, struct err *err)
{
	struct reader r = {a, text, text + n, out, 1, err};
	*out = (struct csv){.file = file};
	if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		r.p += 3;
	if (utf8_valid_prefix(text, n) < n || memchr(text, '\0', n))
		return err_set(err, ERR_USAGE, "%s is not a text in UTF-8", file);
	while (r.p < r.end) {
		if (at_line_end(&r))
			skip_line_end(&r);
		else if (take_row(&r) < 0)
			return -1;
	}
	if (!out->names)
		return err_set(err, ERR_USAGE, "%s is empty", file);
	if (out->n == 0)
		return err_set(err, ERR_USAGE, "%s has a header, but no rows", file);
	return 0;
}

int csv_read(struct arena *a, const char *path, struct csv *out, struct err *err)
{
	auto_buf text = BUF_INIT;
	if (file_read(path, CSV_BYTES_MAX, &text, err) < 0)
		return -1;
	return csv_parse(a, arena_strdup(a, path), text.s, text.len, out, err);
}

long csv_column(const struct csv *csv, const char *name)
{
	for (size_t i = 0; i < csv->columns; i++)
		if (strcmp(csv->names[i], name) == 0)
			return (long)i;
	return -1;
}

void csv_put(struct buf *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		buf_adds(out, text);
		return;
	}
	buf_addc(out, '"');
	for (; *text; text++) {
		if (*text == '"')
			buf_addc(out, '"');
		buf_addc(out, *text);
	}
	buf_addc(out, '"');
}
