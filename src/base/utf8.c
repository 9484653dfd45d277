/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

size_t utf8_char_len(const char *str, size_t n)
{
	const unsigned char *s = (const unsigned char *)str;
	size_t len;
	if (n == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	len = s[0] >= 0xc2 && s[0] <= 0xdf   ? 2
	      : s[0] >= 0xe0 && s[0] <= 0xef ? 3
	      : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
					     : 0;
	if (len == 0 || n < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

size_t utf8_valid_prefix(const char *s, size_t n)
{
	size_t i = 0, len;
	while (i < n && (len = utf8_char_len(s + i, n - i)) > 0)
		i += len;
	return i;
}

static size_t step(const char *s, size_t left)
{
	size_t len = utf8_char_len(s, left);
	return len ? len : 1;
}

size_t utf8_length(const char *s)
{
	size_t n = strlen(s), chars = 0;
	for (size_t i = 0; i < n; i += step(s + i, n - i))
		chars++;
	return chars;
}

size_t utf8_prefix(const char *s, size_t chars)
{
	size_t n = strlen(s), i = 0;
	for (; i < n && chars > 0; chars--)
		i += step(s + i, n - i);
	return i;
}

uint32_t utf8_decode(const char *str, size_t len)
{
	const unsigned char *s = (const unsigned char *)str;
	uint32_t c = len == 1 ? s[0] : s[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++)
		c = c << 6 | (s[i] & 0x3f);
	return c;
}

static size_t columns_of(uint32_t c)
{
	if ((c >= 0x300 && c <= 0x36f) || (c >= 0x200b && c <= 0x200f) ||
	    (c >= 0xfe00 && c <= 0xfe0f))
		return 0;
	if ((c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
	    (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
	    (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
	    (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd))
		return 2;
	return 1;
}

size_t utf8_columns(const char *s)
{
	size_t n = strlen(s), columns = 0;
	for (size_t i = 0; i < n;) {
		size_t len = step(s + i, n - i);
		columns += columns_of(utf8_decode(s + i, len));
		i += len;
	}
	return columns;
}
