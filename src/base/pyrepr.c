/* SPDX-License-Identifier: MIT */
#include "base/pyrepr.h"

#include <stdint.h>

#include "base/utf8.h"

/* The ranges that Python calls not printable, as far as text in projects meets them. */
static bool is_printable(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0xad)
		return false;
	if ((c >= 0x2000 && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f) ||
	    (c >= 0x205f && c <= 0x206f) || c == 0x3000 || c == 0x1680)
		return false;
	return !(c >= 0xe000 && c <= 0xf8ff) && c != 0xfeff &&
	       !(c >= 0xfff0 && c <= 0xfffb) && c < 0xe0000;
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
	char quote = memchr(s, '\'', n) && !memchr(s, '"', n) ? '"' : '\'';
	buf_addc(out, quote);
	for (size_t i = 0; i < n;) {
		size_t len = utf8_char_len(s + i, n - i);
		uint32_t c = len ? utf8_decode(s + i, len) : (unsigned char)s[i];
		if (c == (uint32_t)quote || c == '\\')
			buf_addf(out, "\\%c", (int)c);
		else if (len == 0 || !is_printable(c) || (ascii && c > 0x7e))
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
