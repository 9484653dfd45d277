/* SPDX-License-Identifier: MIT */
#include "manifest/pytext.h"

#include <stdint.h>

#include "base/pyrepr.h"

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
	quote = pyrepr_quote(data.s, data.len);
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
