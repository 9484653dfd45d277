/* SPDX-License-Identifier: MIT */
#include "base/pyrepr.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

#include "base/utf8.h"

/* What repr() escapes: controls, separators, format characters, private use. */
static bool is_hidden(uint32_t c)
{
	static const uint32_t ranges[][2] = {{0, 0x1f}, {0x7f, 0xa0}, {0xad, 0xad},
	    {0x600, 0x605}, {0x61c, 0x61c}, {0x6dd, 0x6dd}, {0x70f, 0x70f},
	    {0x1680, 0x1680}, {0x180e, 0x180e}, {0x2000, 0x200f}, {0x2028, 0x202f},
	    {0x205f, 0x206f}, {0x3000, 0x3000}, {0xd800, 0xf8ff}, {0xfeff, 0xfeff},
	    {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe00ff}, {0xe01f0, 0x10ffff}};
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return false;
}

char pyrepr_quote(const char *s, size_t n)
{
	return memchr(s, '\'', n) && !memchr(s, '"', n) ? '"' : '\'';
}

static void put_escaped(struct buf *out, uint32_t c)
{
	if (c == '\n' || c == '\r' || c == '\t')
		buf_addf(out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
	else if (c < 0x100)
		buf_addf(out, "\\x%02x", c);
	else if (c < 0x10000)
		buf_addf(out, "\\u%04x", c);
	else
		buf_addf(out, "\\U%08x", c);
}

static void put_repr(struct buf *out, const char *s, size_t n, bool ascii)
{
	char quote = pyrepr_quote(s, n);
	buf_addc(out, quote);
	for (size_t i = 0; i < n;) {
		size_t len = utf8_char_len(s + i, n - i);
		uint32_t c = len ? utf8_decode(s + i, len) : (unsigned char)s[i];
		if (c == (uint32_t)quote || c == '\\')
			buf_addf(out, "\\%c", (int)c);
		else if (len == 0 || is_hidden(c) || (ascii && c > 0x7e))
			put_escaped(out, c);
		else
			buf_add(out, s + i, len);
		i += len ? len : 1;
	}
	buf_addc(out, quote);
}

void pyrepr_str(struct buf *out, const char *s, size_t n)
{
	put_repr(out, s, n, false);
}

void pyrepr_ascii(struct buf *out, const char *s, size_t n)
{
	put_repr(out, s, n, true);
}

static void put_json(struct buf *out, uint32_t c)
{
	static const char named[] = "\bb\ff\nn\rr\tt\"\"\\\\";
	for (const char *p = named; *p; p += 2)
		if (c == (uint32_t)(unsigned char)*p) {
			buf_addf(out, "\\%c", p[1]);
			return;
		}
	if (c >= 0x10000)
		buf_addf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
		    0xdc00 + ((c - 0x10000) & 0x3ff));
	else if (c < 0x20 || c > 0x7e)
		buf_addf(out, "\\u%04x", c);
	else
		buf_addc(out, (char)c);
}

void pyrepr_json(struct buf *out, const char *s, size_t n)
{
	buf_addc(out, '"');
	for (size_t i = 0; i < n;) {
		size_t len = utf8_char_len(s + i, n - i);
		put_json(out, len ? utf8_decode(s + i, len) : 0xfffd);
		i += len ? len : 1;
	}
	buf_addc(out, '"');
}

void pyrepr_double(struct buf *out, double v)
{
	char text[40];
	if (isnan(v) || isinf(v)) {
		buf_adds(out, isnan(v) ? "nan" : v > 0 ? "inf" : "-inf");
		return;
	}
	if (v == floor(v) && fabs(v) < 1e16) {
		buf_addf(out, "%.1f", v);
		return;
	}
	/* 15 are always exact, but next to zero they say more than there is */
	for (int digits = fabs(v) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	buf_adds(out, text);
}
