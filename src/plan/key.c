/* SPDX-License-Identifier: MIT */
#include "plan/key.h"

#include <stdint.h>

#include "base/buf.h"
#include "base/quote.h"
#include "base/utf8.h"

/*
 * Beyond ASCII, the blocks that hold no letters or digits: punctuation, signs, arrows,
 * pictures, combining marks.  (A few signs among letters pass.)
 */
static bool is_sign(uint32_t c)
{
	static const uint32_t ranges[][2] = {{0x80, 0xa9}, {0xab, 0xb1}, {0xb4, 0xb4},
	    {0xb6, 0xb8}, {0xbb, 0xbb}, {0xbf, 0xbf}, {0xd7, 0xd7}, {0xf7, 0xf7},
	    {0x2c2, 0x2c5}, {0x300, 0x36f}, {0x2000, 0x206f}, {0x20a0, 0x20ff},
	    {0x2190, 0x245f}, {0x249c, 0x24e9}, {0x2500, 0x2775}, {0x2794, 0x2bff},
	    {0x2e00, 0x2e2e}, {0x2e30, 0x3004}, {0x3008, 0x3020}, {0xd800, 0xf8ff},
	    {0xfe00, 0xfe6f}, {0xfeff, 0xff0f}, {0xff1a, 0xff20}, {0xff3b, 0xff40},
	    {0xff5b, 0xff65}, {0xffe0, 0xffff}, {0x1f000, 0x1f0ff}, {0x1f10d, 0x1fbef},
	    {0xe0000, 0x10ffff}};
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return false;
}

/* Bytes of the character at s if a key may have it, or 0. */
static size_t key_char(const char *s, size_t n)
{
	unsigned char c = (unsigned char)*s;
	size_t len;
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		       (c >= '0' && c <= '9') || (c && strchr("/_-. :", c));
	len = utf8_char_len(s, n);
	return len && !is_sign(utf8_decode(s, len)) ? len : 0;
}

static bool has_key_chars(const char *key, size_t n)
{
	size_t len;
	for (size_t i = 0; i < n; i += len)
		if (!(len = key_char(key + i, n - i)))
			return false;
	return true;
}

/* No empty, "." or ".." component: then the text equals its normalised path. */
static bool is_normal(const char *key)
{
	for (const char *s = key;; s++) {
		size_t n = strcspn(s, "/");
		if (n == 0 || (n == 1 && s[0] == '.') ||
		    (n == 2 && s[0] == '.' && s[1] == '.'))
			return false;
		s += n;
		if (!*s)
			return strncmp(key, "..", 2) != 0;
	}
}

enum key_flaw key_flaw(const char *key)
{
	size_t n = strlen(key);
	if (!has_key_chars(key, n))
		return KEY_CHARS;
	if (n == 0)
		return KEY_EMPTY;
	if (!is_normal(key))
		return KEY_PATH;
	return n > KEY_MAX && utf8_length(key) > KEY_MAX ? KEY_LONG : KEY_FINE;
}

static int say_flaw(
    enum key_flaw flaw, const char *what, const char *key, struct err *err)
{
	auto_buf shown = BUF_INIT;
	quote_display(&shown, key, strlen(key));
	if (flaw == KEY_CHARS)
		return err_set(err, ERR_USAGE,
		    "%s name '%s': names may only contain letters, digits, underscores "
		    "(_), dashes (-), periods (.), spaces ( ), colons (:) and slashes "
		    "(/)",
		    what, shown.s);
	if (flaw == KEY_EMPTY)
		return err_set(err, ERR_USAGE, "a %s has no name", what);
	if (flaw == KEY_LONG)
		return err_set(err, ERR_USAGE,
		    "%s name '%.40s...' has %zu characters; %d is the most", what,
		    shown.s, utf8_length(key), KEY_MAX);
	return err_set(err, ERR_USAGE,
	    "%s name '%s': names may be treated as files, so '.', '..' and empty "
	    "parts between slashes are not possible",
	    what, shown.s);
}

int key_check(const char *what, const char *key, struct err *err)
{
	enum key_flaw flaw = key_flaw(key);
	return flaw == KEY_FINE ? 0 : say_flaw(flaw, what, key, err);
}
