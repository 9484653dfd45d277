/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>

#include "api/message.h"
#include "base/pyrepr.h"
#include "base/utf8.h"

static void escape(struct buf *out, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *at = strchr(from, c);
	if (at)
		buf_addf(out, "\\%c", to[at - from]);
	else
		buf_addf(out, "\\u%04x", c);
}

/* Bytes at p that stand for themselves. */
static size_t plain(const char *p, size_t n)
{
	size_t i = 0;
	while (i < n) {
		unsigned char c = (unsigned char)p[i];
		size_t len = 1;
		if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
			break;
		if (c >= 0x80 && !(len = utf8_char_len(p + i, n - i)))
			break;
		i += len;
	}
	return i;
}

static void write_str(struct buf *out, const char *s)
{
	size_t n = strlen(s);
	buf_addc(out, '"');
	while (n > 0) {
		size_t ok = plain(s, n);
		buf_add(out, s, ok);
		s += ok;
		n -= ok;
		if (n == 0)
			break;
		if ((unsigned char)*s >= 0x80)
			buf_adds(out, "\xef\xbf\xbd");
		else
			escape(out, (unsigned char)*s);
		s++;
		n--;
	}
	buf_addc(out, '"');
}

/* JSON has no word for what is no number. */
static void write_double(struct buf *out, double v)
{
	if (isnan(v))
		buf_adds(out, "\"NaN\"");
	else if (isinf(v))
		buf_adds(out, v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
	else
		pyrepr_double(out, v);
}

static bool left_out(const struct field *f, const void *at)
{
	/* a list that must be there is there, also when it is empty */
	bool omit = f->flags & FIELD_OMIT,
	     keep = f->flags & (FIELD_KEEP | FIELD_REQUIRED);
	if (f->flags & FIELD_ALIAS)
		return true;
	switch (f->kind) {
	case FIELD_STR:
	case FIELD_MSG:
		return *(void *const *)at == NULL;
	case FIELD_STRS:
		return !keep && ((const struct strs *)at)->n == 0;
	case FIELD_MSGS:
		return !keep && ((const struct msgs *)at)->n == 0;
	case FIELD_INT:
		return omit && *(const int64_t *)at == f->dflt;
	case FIELD_ENUM:
		return !f->names[*(const int *)at][0] ||
		       (omit && *(const int *)at == f->dflt);
	case FIELD_DOUBLE:
		return omit && *(const double *)at == 0;
	case FIELD_BOOL:
		return omit && !*(const bool *)at;
	}
	return true;
}

static void write_strs(struct buf *out, const struct strs *list)
{
	buf_addc(out, '[');
	for (size_t i = 0; i < list->n; i++) {
		if (i)
			buf_addc(out, ',');
		write_str(out, list->v[i]);
	}
	buf_addc(out, ']');
}

static void write_msgs(struct buf *out, const struct message *m, const struct msgs *list)
{
	buf_addc(out, '[');
	for (size_t i = 0; i < list->n; i++) {
		if (i)
			buf_addc(out, ',');
		message_write(m, (const char *)list->v + i * m->size, out);
	}
	buf_addc(out, ']');
}

static void write_value(struct buf *out, const struct field *f, const void *at)
{
	switch (f->kind) {
	case FIELD_STR:
		write_str(out, *(const char *const *)at);
		break;
	case FIELD_INT:
		buf_addf(out, "%" PRId64, *(const int64_t *)at);
		break;
	case FIELD_DOUBLE:
		write_double(out, *(const double *)at);
		break;
	case FIELD_BOOL:
		buf_adds(out, *(const bool *)at ? "true" : "false");
		break;
	case FIELD_ENUM:
		write_str(out, f->names[*(const int *)at]);
		break;
	case FIELD_MSG:
		message_write(f->sub, *(void *const *)at, out);
		break;
	case FIELD_STRS:
		write_strs(out, (const struct strs *)at);
		break;
	case FIELD_MSGS:
		write_msgs(out, f->sub, (const struct msgs *)at);
		break;
	}
}

void message_write(const struct message *m, const void *in, struct buf *out)
{
	bool first = true;
	for (const struct field *f = m->fields; f->name; f++) {
		const void *at = (const char *)in + f->offset;
		if (left_out(f, at))
			continue;
		buf_addf(out, "%s\"%s\":", first ? "{" : ",", f->name);
		write_value(out, f, at);
		first = false;
	}
	buf_adds(out, first ? "{}" : "}");
}
