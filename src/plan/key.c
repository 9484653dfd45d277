/* SPDX-License-Identifier: MIT */
#include "plan/key.h"

#include "base/buf.h"
#include "base/quote.h"
#include "base/utf8.h"

static bool is_key_char(unsigned char c)
{
	return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("/_-. :", c));
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

int key_check(const char *what, const char *key, struct err *err)
{
	auto_buf shown = BUF_INIT;
	const char *s = key;
	quote_display(&shown, key, strlen(key));
	while (is_key_char((unsigned char)*s))
		s++;
	if (*s || utf8_valid_prefix(key, strlen(key)) < strlen(key)) {
		err_set(err, ERR_USAGE,
		    "%s name '%s': names may only contain letters, digits, underscores "
		    "(_), "
		    "dashes (-), periods (.), spaces ( ), colons (:) and slashes (/)",
		    what, shown.s);
		return -1;
	}
	if (!*key)
		return err_set(err, ERR_USAGE, "a %s has no name", what);
	if (utf8_length(key) > KEY_MAX)
		return err_set(err, ERR_USAGE,
		    "%s name '%.40s...' has %zu characters; %d is the most", what,
		    shown.s, utf8_length(key), KEY_MAX);
	if (!is_normal(key))
		return err_set(err, ERR_USAGE,
		    "%s name '%s': names may be treated as files, so '.', '..' and empty "
		    "parts between slashes are not possible",
		    what, shown.s);
	return 0;
}
