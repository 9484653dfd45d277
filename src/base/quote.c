/* SPDX-License-Identifier: MIT */
#include "base/quote.h"

#include "base/utf8.h"

static bool is_safe(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("_@%+=:,./-", c));
}

void quote_shell(struct buf *out, const char *s)
{
	const char *p = s;
	while (*p && is_safe((unsigned char)*p))
		p++;
	if (*p == '\0' && p != s) {
		buf_adds(out, s);
		return;
	}
	buf_addc(out, '\'');
	for (p = s; *p; p++) {
		if (*p == '\'')
			buf_adds(out, "'\"'\"'");
		else
			buf_addc(out, *p);
	}
	buf_addc(out, '\'');
}

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

void quote_shell_line(struct buf *out, const char *s)
{
	if (!has_control(s)) {
		quote_shell(out, s);
		return;
	}
	buf_adds(out, "$'");
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '\n')
			buf_adds(out, "\\n");
		else if (c < 0x20 || c == 0x7f)
			buf_addf(out, "\\%03o", c);
		else if (c == '\'' || c == '\\')
			buf_addf(out, "\\%c", c);
		else
			buf_addc(out, *s);
	}
	buf_addc(out, '\'');
}

void quote_argv(struct buf *out, char *const *argv)
{
	for (size_t i = 0; argv[i]; i++) {
		if (i)
			buf_addc(out, ' ');
		quote_shell(out, argv[i]);
	}
}

void quote_display(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		unsigned char c = (unsigned char)s[i];
		size_t len = utf8_char_len(s + i, n - i);
		if (c == '\n')
			buf_adds(out, "\\n");
		else if (c == '\t')
			buf_adds(out, "\\t");
		else if (len == 0 || c < 0x20 || c == 0x7f)
			buf_addf(out, "\\x%02x", c);
		else if (c == 0xc2 && (unsigned char)s[i + 1] < 0xa0)
			buf_addf(out, "\\x%02x", (unsigned char)s[i + 1]);
		else
			buf_add(out, s + i, len);
		i += len ? len : 1;
	}
}

void quote_display_str(struct buf *out, const char *s)
{
	quote_display(out, s, strlen(s));
}
