/* SPDX-License-Identifier: MIT */
#include "plan/strformat.h"

#include "base/pyrepr.h"
#include "base/utf8.h"

enum { WIDTH_MAX = 1 << 20 };

struct spec {
	char fill[8]; /* one character, UTF-8 */
	char align;   /* < > ^ */
	size_t width, precision;
	bool has_precision;
};

void strformat_convert(char conversion, struct buf *value)
{
	struct buf out = BUF_INIT;
	if (conversion != 'r' && conversion != 'a')
		return;
	if (conversion == 'r')
		pyrepr_str(&out, value->s, value->len);
	else
		pyrepr_ascii(&out, value->s, value->len);
	buf_release(value);
	*value = out;
}

static int bad(char *why, size_t size, const char *text)
{
	snprintf(why, size, "%s", text);
	return -1;
}

static void parse_align(const char **s, struct spec *sp)
{
	size_t n = utf8_char_len(*s, strlen(*s));
	if (n > 0 && (*s)[n] && strchr("<>^=", (*s)[n])) {
		snprintf(sp->fill, sizeof(sp->fill), "%.*s", (int)n, *s);
		sp->align = (*s)[n];
		*s += n + 1;
	} else if (**s && strchr("<>^=", **s)) {
		sp->align = *(*s)++;
	}
}

static int parse_number(const char **s, size_t *v)
{
	for (*v = 0; **s >= '0' && **s <= '9'; (*s)++) {
		*v = *v * 10 + (size_t)(**s - '0');
		if (*v > WIDTH_MAX)
			return -1;
	}
	return 0;
}

static int parse_sizes(const char **s, struct spec *sp, char *why, size_t size)
{
	if (**s == '0') {
		if (!sp->fill[0])
			snprintf(sp->fill, sizeof(sp->fill), "0");
		(*s)++;
	}
	if (parse_number(s, &sp->width) < 0)
		return bad(why, size, "the width in a format specification is too large");
	if (**s == ',' || **s == '_')
		return bad(why, size,
		    "',' and '_' in a format specification are for numbers; "
		    "a parameter is text");
	if (**s != '.')
		return 0;
	(*s)++;
	if (**s < '0' || **s > '9')
		return bad(why, size, "a format specification lacks its precision");
	sp->has_precision = true;
	if (parse_number(s, &sp->precision) < 0)
		return bad(
		    why, size, "the precision in a format specification is too large");
	return 0;
}

static int parse_spec(const char *s, struct spec *sp, char *why, size_t size)
{
	memset(sp, 0, sizeof(*sp));
	parse_align(&s, sp);
	if (sp->align == '=')
		return bad(
		    why, size, "'=' alignment is for numbers; a parameter is text");
	if (*s && strchr("+- ", *s))
		return bad(why, size,
		    "a sign in a format specification is for numbers; a "
		    "parameter is text");
	if (*s == '#' || *s == 'z')
		return bad(why, size,
		    "'#' and 'z' in a format specification are for numbers; "
		    "a parameter is text");
	if (parse_sizes(&s, sp, why, size) < 0)
		return -1;
	if (*s == 's')
		s++;
	if (*s) {
		snprintf(why, size, "format specification '%s' does not fit text", s);
		return -1;
	}
	return 0;
}

static void pad(struct buf *out, const char *fill, size_t n)
{
	while (n-- > 0)
		buf_adds(out, fill[0] ? fill : " ");
}

int strformat_apply(
    const char *spec, const char *value, struct buf *out, char *why, size_t size)
{
	struct spec sp;
	size_t chars = utf8_length(value), bytes = strlen(value), missing, left;
	if (parse_spec(spec, &sp, why, size) < 0)
		return -1;
	if (sp.has_precision && sp.precision < chars) {
		chars = sp.precision;
		bytes = utf8_prefix(value, chars);
	}
	missing = sp.width > chars ? sp.width - chars : 0;
	left = sp.align == '>' ? missing : sp.align == '^' ? missing / 2 : 0;
	pad(out, sp.fill, left);
	buf_add(out, value, bytes);
	pad(out, sp.fill, missing - left);
	return 0;
}
