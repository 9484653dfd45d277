/* SPDX-License-Identifier: MIT */
#include "api/scan.h"

#include <math.h>

#include "base/buf.h"
#include "base/utf8.h"

static void blanks(struct scan *s)
{
	while (s->p < s->end &&
	       (*s->p == ' ' || *s->p == '\n' || *s->p == '\t' || *s->p == '\r'))
		s->p++;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

enum scan_kind scan_peek(struct scan *s)
{
	blanks(s);
	if (s->p == s->end)
		return SCAN_END;
	switch (*s->p) {
	case '{':
		return SCAN_OBJECT;
	case '[':
		return SCAN_ARRAY;
	case '"':
		return SCAN_STR;
	case 't':
	case 'f':
		return SCAN_BOOL;
	case 'n':
		return SCAN_NULL;
	case '-':
	case 'N':
	case 'I':
		return SCAN_NUMBER;
	default:
		return digit(*s->p) ? SCAN_NUMBER : SCAN_BAD;
	}
}

static bool word(struct scan *s, const char *text)
{
	size_t n = strlen(text);
	if ((size_t)(s->end - s->p) < n || memcmp(s->p, text, n) != 0)
		return false;
	s->p += n;
	return true;
}

int scan_bool(struct scan *s, bool *out)
{
	*out = word(s, "true");
	return *out || word(s, "false") ? 0 : -1;
}

/* Four hex digits at p. */
static int hex4(const char *p, const char *end)
{
	int v = 0;
	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = (char)(p[i] | 0x20);
		if (digit(p[i]))
			v = v * 16 + p[i] - '0';
		else if (c >= 'a' && c <= 'f')
			v = v * 16 + c - 'a' + 10;
		else
			return -1;
	}
	return v;
}

static char *put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return to;
}

/* Behind "\u"; two escapes may make one character. */
static int unicode_escape(const char **p, const char *end, char **to)
{
	int c = hex4(*p, end), low;
	if (c < 0)
		return -1;
	*p += 4;
	if (c >= 0xd800 && c < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' &&
	    (*p)[1] == 'u' && (low = hex4(*p + 2, end)) >= 0xdc00 && low < 0xe000) {
		*p += 6;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	} else if (c == 0 || (c >= 0xd800 && c < 0xe000)) {
		c = 0xfffd;
	}
	*to = put_utf8(*to, (uint32_t)c);
	return 0;
}

/* What stands behind a backslash.  No escape is shorter than what it means. */
static int escape(const char **p, const char *end, char **to)
{
	static const char from[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *at;
	if (*p == end)
		return -1;
	if (**p == 'u') {
		(*p)++;
		return unicode_escape(p, end, to);
	}
	at = **p ? strchr(from, **p) : NULL;
	if (!at)
		return -1;
	*(*to)++ = means[at - from];
	(*p)++;
	return 0;
}

/* From the byte behind the opening quote to the closing one, which is there. */
static int unescape(
    struct scan *s, const char *p, const char *end, const char **out, size_t *n)
{
	char *to = arena_alloc(s->a, (size_t)(end - p) + 1);
	*out = to;
	while (p < end) {
		const char *back = memchr(p, '\\', (size_t)(end - p));
		size_t plain = (size_t)((back ? back : end) - p);
		memcpy(to, p, plain);
		to += plain;
		p += plain;
		if (!back)
			break;
		p++;
		if (escape(&p, end, &to) < 0)
			return -1;
	}
	*to = '\0';
	*n = (size_t)(to - *out);
	return 0;
}

/* The closing quote of the string that begins behind p; NULL: there is none. */
static const char *closing(const char *p, const char *end, bool *escapes, bool *ascii)
{
	*escapes = false;
	*ascii = true;
	for (; p < end && *p != '"'; p++) {
		unsigned char c = (unsigned char)*p;
		if (c < 0x20)
			return NULL;
		if (c >= 0x80)
			*ascii = false;
		if (c == '\\') {
			*escapes = true;
			if (++p == end)
				return NULL;
		}
	}
	return p < end ? p : NULL;
}

int scan_str(struct scan *s, const char **out, size_t *n)
{
	bool escapes, ascii;
	const char *from = s->p + 1, *to;
	if (s->p == s->end || *s->p != '"' ||
	    !(to = closing(from, s->end, &escapes, &ascii)))
		return -1;
	*n = (size_t)(to - from);
	if (!ascii && utf8_valid_prefix(from, *n) < *n)
		return -1;
	s->p = to + 1;
	if (escapes)
		return unescape(s, from, to, out, n);
	*out = arena_strndup(s->a, from, *n);
	return 0;
}

/* Bytes of the JSON number at p, or 0. */
static size_t number_length(const char *p, const char *end, bool *whole)
{
	const char *at = p;
	*whole = true;
	if (at < end && *at == '-')
		at++;
	if (at == end || !digit(*at))
		return 0;
	if (*at++ != '0')
		while (at < end && digit(*at))
			at++;
	if (at + 1 < end && *at == '.' && digit(at[1])) {
		*whole = false;
		for (at++; at < end && digit(*at);)
			at++;
	}
	if (at < end && (*at == 'e' || *at == 'E')) {
		const char *e = at + 1;
		if (e < end && (*e == '+' || *e == '-'))
			e++;
		if (e == end || !digit(*e))
			return (size_t)(at - p);
		*whole = false;
		for (at = e; at < end && digit(*at);)
			at++;
	}
	return (size_t)(at - p);
}

static void whole_number(const char *p, size_t n, struct scan_number *out)
{
	bool minus = *p == '-';
	int64_t v = 0;
	for (size_t i = minus; i < n && !out->range; i++) {
		int d = p[i] - '0';
		out->range =
		    __builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, d, &v);
	}
	if (!minus && !out->range)
		out->range = __builtin_sub_overflow((int64_t)0, v, &v);
	out->i = out->range ? 0 : v;
	out->d = (double)out->i;
}

static double fraction(const char *p, size_t n)
{
	char small[64];
	auto_buf big = BUF_INIT;
	if (n < sizeof(small)) {
		memcpy(small, p, n);
		small[n] = '\0';
		return strtod(small, NULL);
	}
	buf_add(&big, p, n);
	return strtod(big.s, NULL);
}

int scan_number(struct scan *s, struct scan_number *out)
{
	size_t n = number_length(s->p, s->end, &out->whole);
	out->range = false;
	out->i = 0;
	if (n == 0) {
		out->whole = false;
		out->d = word(s, "NaN")		? NAN
			 : word(s, "Infinity")	? INFINITY
			 : word(s, "-Infinity") ? -INFINITY
						: 0;
		return out->d != 0 ? 0 : -1;
	}
	if (out->whole)
		whole_number(s->p, n, out);
	if (!out->whole || out->range)
		out->d = fraction(s->p, n);
	s->p += n;
	return 0;
}

int scan_number_text(const char *text, size_t n, struct scan_number *out)
{
	struct scan s = {.start = text, .p = text, .end = text + n};
	return scan_number(&s, out) == 0 && s.p == s.end ? 0 : -1;
}

int scan_enter(struct scan *s, char open)
{
	blanks(s);
	if (s->p == s->end || *s->p != open)
		return -1;
	s->p++;
	return 0;
}

int scan_more(struct scan *s, char close, bool *first)
{
	blanks(s);
	if (s->p == s->end)
		return -1;
	if (*s->p == close) {
		s->p++;
		return 0;
	}
	if (!*first) {
		if (*s->p != ',')
			return -1;
		s->p++;
		blanks(s);
		if (s->p < s->end && *s->p == close)
			return -1;
	}
	*first = false;
	return 1;
}

int scan_key(struct scan *s, const char **name, size_t *n)
{
	blanks(s);
	if (scan_str(s, name, n) < 0)
		return -1;
	blanks(s);
	if (s->p == s->end || *s->p != ':')
		return -1;
	s->p++;
	return 0;
}

static int skip_string(struct scan *s)
{
	struct arena scratch = ARENA_INIT, *mine = s->a;
	const char *text;
	size_t n;
	int rc;
	s->a = &scratch;
	rc = scan_str(s, &text, &n);
	s->a = mine;
	arena_release(&scratch);
	return rc;
}

static int skip(struct scan *s, int depth);

static int skip_inside(struct scan *s, char open, char close, int depth)
{
	bool first = true;
	int rc;
	if (depth == 0 || scan_enter(s, open) < 0)
		return -1;
	while ((rc = scan_more(s, close, &first)) > 0) {
		if (close == '}') {
			blanks(s);
			if (skip_string(s) < 0)
				return -1;
			blanks(s);
			if (s->p == s->end || *s->p++ != ':')
				return -1;
		}
		if (skip(s, depth - 1) < 0)
			return -1;
	}
	return rc;
}

static int skip(struct scan *s, int depth)
{
	struct scan_number number;
	bool truth;
	switch (scan_peek(s)) {
	case SCAN_OBJECT:
		return skip_inside(s, '{', '}', depth);
	case SCAN_ARRAY:
		return skip_inside(s, '[', ']', depth);
	case SCAN_STR:
		return skip_string(s);
	case SCAN_NUMBER:
		return scan_number(s, &number);
	case SCAN_BOOL:
		return scan_bool(s, &truth);
	case SCAN_NULL:
		return word(s, "null") ? 0 : -1;
	default:
		return -1;
	}
}

int scan_skip(struct scan *s)
{
	return skip(s, SCAN_DEPTH);
}
