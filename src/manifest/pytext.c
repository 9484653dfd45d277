/* SPDX-License-Identifier: MIT */
#include "manifest/pytext.h"

#include <stdint.h>

#include "base/utf8.h"

/* Double quotes only where that saves escaping. */
static char choose_quote(const char *s, size_t n)
{
	return memchr(s, '\'', n) && !memchr(s, '"', n) ? '"' : '\'';
}

/* What repr() escapes beyond ASCII: separators, format characters, private use. */
static bool is_hidden(uint32_t c)
{
	static const uint32_t ranges[][2] = {{0x7f, 0xa0}, {0xad, 0xad}, {0x600, 0x605},
	    {0x61c, 0x61c}, {0x6dd, 0x6dd}, {0x70f, 0x70f}, {0x1680, 0x1680},
	    {0x180e, 0x180e}, {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f},
	    {0x3000, 0x3000}, {0xd800, 0xf8ff}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb},
	    {0xfffe, 0xffff}, {0xe0000, 0xe00ff}, {0xe01f0, 0x10ffff}};
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return false;
}

/* An ASCII character; false when it is not one that needs escaping. */
static bool add_escaped(struct buf *out, unsigned char c, char quote)
{
	if (c == '\n')
		buf_adds(out, "\\n");
	else if (c == '\r')
		buf_adds(out, "\\r");
	else if (c == '\t')
		buf_adds(out, "\\t");
	else if (c == '\\' || c == (unsigned char)quote)
		buf_addf(out, "\\%c", c);
	else if (c < 0x20 || c == 0x7f)
		buf_addf(out, "\\x%02x", c);
	else
		return false;
	return true;
}

void pystr_repr(struct buf *out, const char *s)
{
	size_t n = strlen(s), len;
	char quote = choose_quote(s, n);
	buf_addc(out, quote);
	for (size_t i = 0; i < n; i += len) {
		uint32_t c;
		len = utf8_char_len(s + i, n - i);
		if (len == 0)
			len = 1;
		c = utf8_decode(s + i, len);
		if (c < 0x80 && add_escaped(out, (unsigned char)c, quote))
			continue;
		if (!is_hidden(c))
			buf_add(out, s + i, len);
		else if (c < 0x100)
			buf_addf(out, "\\x%02x", c);
		else
			buf_addf(out, c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
	}
	buf_addc(out, quote);
}

static int base64_value(char c)
{
	static const char set[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(set, c) : NULL;
	return at ? (int)(at - set) : -1;
}

/* As Python's binascii: padding ends the data, what is not in the alphabet is skipped. */
static int decode(struct buf *out, const char *s)
{
	uint32_t bits = 0;
	int have = 0, pads = 0;
	for (; *s; s++) {
		int v = base64_value(*s);
		if ((unsigned char)*s >= 0x80)
			return -1;
		if (*s == '=' && have >= 2 && have + ++pads >= 4)
			return 0;
		if (v < 0)
			continue;
		pads = 0;
		bits = bits << 6 | (uint32_t)v;
		if (++have > 1)
			buf_addc(out, (char)(bits >> (8 - 2 * have) & 0xff));
		have &= 3;
	}
	return have == 0 ? 0 : -1;
}

int pybytes_text(struct buf *out, const char *base64, struct err *err)
{
	auto_buf data = BUF_INIT;
	char quote;
	if (decode(&data, base64) < 0)
		return err_set(err, ERR_USAGE, "!!binary data that is not base64");
	quote = choose_quote(data.s, data.len);
	buf_addf(out, "b%c", quote);
	for (size_t i = 0; i < data.len; i++) {
		unsigned char c = (unsigned char)data.s[i];
		if (c >= 0x7f)
			buf_addf(out, "\\x%02x", c);
		else if (!add_escaped(out, c, quote))
			buf_addc(out, (char)c);
	}
	buf_addc(out, quote);
	return 0;
}
