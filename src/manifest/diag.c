/* SPDX-License-Identifier: MIT */
#include "manifest/diag.h"

#include <stdarg.h>

#include "base/quote.h"
#include "base/utf8.h"

enum { SHOWN_CHARS = 100, SHOWN_BEFORE = 60 };

static char *format(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static char *format(struct arena *a, const char *fmt, va_list ap)
{
	auto_buf text = BUF_INIT;
	buf_addv(&text, fmt, ap);
	return arena_strndup(a, text.s, text.len);
}

struct diag *diag_add(struct diags *ds, enum diag_level level, const char *file, int line,
    int column, const char *fmt, ...)
{
	struct diag *d;
	va_list ap;
	ARENA_GROW(ds->arena, ds->v, ds->n);
	d = &ds->v[ds->n++];
	*d = (struct diag){.level = level, .line = line, .column = column};
	d->file = arena_strdup(ds->arena, file);
	va_start(ap, fmt);
	d->message = format(ds->arena, fmt, ap);
	va_end(ap);
	if (level == DIAG_ERROR)
		ds->errors++;
	return d;
}

void diag_set_hint(struct diags *ds, struct diag *d, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	d->hint = format(ds->arena, fmt, ap);
	va_end(ap);
}

/* The part of the line around the column, and a caret below that column. */
static void print_source(struct buf *out, const struct diag *d, bool colour)
{
	size_t column = d->column > 0 ? (size_t)d->column - 1 : 0;
	size_t first = column > SHOWN_BEFORE ? column - SHOWN_BEFORE : 0;
	const char *s = d->source + utf8_prefix(d->source, first);
	size_t shown = utf8_prefix(s, SHOWN_CHARS);
	auto_buf before = BUF_INIT;
	if (first > 0)
		buf_adds(&before, "...");
	quote_display(&before, s, utf8_prefix(s, column - first));
	buf_addf(out, "    %s", first > 0 ? "..." : "");
	quote_display(out, s, shown);
	buf_addf(out, "%s\n", s[shown] ? "..." : "");
	if (d->column <= 0)
		return;
	buf_addf(out, "    %*s%s^%s\n", (int)utf8_columns(before.s), "",
	    colour ? "\x1b[1;32m" : "", colour ? "\x1b[0m" : "");
}

void diag_print(struct buf *out, const struct diag *d, bool colour)
{
	const char *level = d->level == DIAG_ERROR ? "error" : "warning";
	const char *on = d->level == DIAG_ERROR ? "\x1b[1;31m" : "\x1b[1;35m";
	const char *bold = colour ? "\x1b[1m" : "", *off = colour ? "\x1b[0m" : "";
	buf_adds(out, bold);
	quote_display(out, d->file, strlen(d->file));
	if (d->line > 0)
		buf_addf(out, ":%d", d->line);
	if (d->line > 0 && d->column > 0)
		buf_addf(out, ":%d", d->column);
	buf_addf(out, ":%s %s%s:%s ", off, colour ? on : "", level, off);
	quote_display(out, d->message, strlen(d->message));
	buf_addc(out, '\n');
	if (d->source && d->source[0])
		print_source(out, d, colour);
	if (d->hint) {
		buf_adds(out, "  hint: ");
		quote_display(out, d->hint, strlen(d->hint));
		buf_addc(out, '\n');
	}
}

static void put_place(cJSON *o, const char *name, int value)
{
	if (value > 0)
		json_put_int(o, name, value);
	else
		json_put_null(o, name);
}

void diag_text(struct buf *out, const struct diag *d)
{
	buf_adds(out, d->file);
	if (d->line > 0)
		buf_addf(out, ":%d:%d", d->line, d->column);
	buf_addf(out, ": %s", d->message);
	if (d->hint)
		buf_addf(out, " (%s)", d->hint);
}

cJSON *diags_to_json(const struct diags *ds)
{
	cJSON *top = cJSON_CreateObject(), *errors, *warnings;
	json_put_bool(top, "ok", ds->errors == 0);
	errors = json_put_array(top, "errors");
	warnings = json_put_array(top, "warnings");
	for (size_t i = 0; i < ds->n; i++) {
		const struct diag *d = &ds->v[i];
		cJSON *o =
		    json_put_object(d->level == DIAG_ERROR ? errors : warnings, NULL);
		json_put_str(o, "file", *d->file ? d->file : NULL);
		put_place(o, "line", d->line);
		put_place(o, "column", d->column);
		json_put_str(o, "message", d->message);
		json_put_str(o, "hint", d->hint);
	}
	return top;
}
