/* SPDX-License-Identifier: MIT */
#include "track/filter_parse.h"

#include "base/buf.h"
#include "base/utf8.h"

static int refuse(struct err *err)
{
	return err_set(err, ERR_USAGE,
	    "While parsing a list in the query, expected a non-empty list of string"
	    " values, but got ill-formed list.");
}

/* As Python shows the list: one of a single value has a comma. */
static int refuse_type(const char *text, struct err *err)
{
	return err_set(err, ERR_USAGE,
	    "While parsing a list in the query, expected string value, punctuation, or"
	    " whitespace, but got different type in list: %.*s%s",
	    (int)strlen(text) - 1, text, strchr(text, ',') ? ")" : ",)");
}

static const char *skip_blank(const char *s)
{
	return s + strspn(s, " \t\r\n\f");
}

static void add_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_addc(out, (char)c);
	} else if (c < 0x800) {
		buf_addc(out, (char)(0xC0 | c >> 6));
		buf_addc(out, (char)(0x80 | (c & 63)));
	} else if (c < 0x10000) {
		buf_addc(out, (char)(0xE0 | c >> 12));
		buf_addc(out, (char)(0x80 | (c >> 6 & 63)));
		buf_addc(out, (char)(0x80 | (c & 63)));
	} else {
		buf_addc(out, (char)(0xF0 | c >> 18));
		buf_addc(out, (char)(0x80 | (c >> 12 & 63)));
		buf_addc(out, (char)(0x80 | (c >> 6 & 63)));
		buf_addc(out, (char)(0x80 | (c & 63)));
	}
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* Up to n digits of the base; behind them, or NULL when fewer than `least` are there. */
static const char *add_code(const char *s, int base, int least, int n, struct buf *out)
{
	uint32_t c = 0;
	int i = 0;
	for (; i < n && digit_value(s[i]) < base; i++)
		c = c * (uint32_t)base + (uint32_t)digit_value(s[i]);
	if (i < least || c == 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return NULL;
	add_utf8(out, c);
	return s + i;
}

/* What follows a backslash; behind it, or NULL. */
static const char *add_escape(const char *s, struct buf *out)
{
	static const char names[] = "abfnrtv\\'\"", means[] = "\a\b\f\n\r\t\v\\'\"";
	const char *p = *s ? strchr(names, *s) : NULL;
	if (p) {
		buf_addc(out, means[p - names]);
		return s + 1;
	}
	switch (*s) {
	case 'x':
		return add_code(s + 1, 16, 2, 2, out);
	case 'u':
		return add_code(s + 1, 16, 4, 4, out);
	case 'U':
		return add_code(s + 1, 16, 8, 8, out);
	case '\n':
		return s + 1;
	default:
		if (*s >= '0' && *s <= '7')
			return add_code(s, 8, 1, 3, out);
		buf_addc(out, '\\');
		return s;
	}
}

/* One string with its quotes; behind it, or NULL. */
static const char *add_string(const char *s, struct buf *out)
{
	char quote = *s++;
	while (*s && *s != quote && *s != '\n') {
		if (*s != '\\') {
			buf_addc(out, *s++);
			continue;
		}
		s = add_escape(s + 1, out);
		if (!s)
			return NULL;
	}
	return *s == quote ? s + 1 : NULL;
}

/* Strings side by side are one value. */
static const char *add_value(const char *s, struct buf *out)
{
	while (s && (*s == '\'' || *s == '"')) {
		s = add_string(s, out);
		if (s)
			s = skip_blank(s);
	}
	return s;
}

int filter_list(
    struct arena *a, const char *text, const char ***v, size_t *n, struct err *err)
{
	const char *s = skip_blank(text + 1);
	auto_buf value = BUF_INIT;
	*v = NULL;
	*n = 0;
	if (*s == ')')
		return err_set(err, ERR_USAGE,
		    "While parsing a list in the query, expected a non-empty list of"
		    " string values, but got empty list");
	while (*s != ')') {
		if (digit_value(*s) < 10 || *s == '-' || *s == '.')
			return refuse_type(text, err);
		if (*s != '\'' && *s != '"')
			return refuse(err);
		buf_clear(&value);
		s = add_value(s, &value);
		if (!s || (*s != ',' && *s != ')'))
			return refuse(err);
		ARENA_GROW(a, *v, *n);
		(*v)[(*n)++] = arena_strndup(a, value.s, value.len);
		if (*s == ',')
			s = skip_blank(s + 1);
	}
	return 0;
}
