/* SPDX-License-Identifier: MIT */
#include "fetch/member.h"

#include <limits.h>

#include "base/quote.h"
#include "base/utf8.h"

static bool is_word(const char *s, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(s, word, n) == 0;
}

static int refuse(const char *name, const char *why, struct err *err)
{
	auto_buf shown = BUF_INIT;
	quote_display(&shown, name, strlen(name));
	return err_set(err, ERR_FAIL, "member '%.300s' %s", shown.s, why);
}

int member_path(const char *name, size_t max, struct buf *out, struct err *err)
{
	size_t len = strlen(name);
	buf_clear(out);
	if (name[0] == '/')
		return refuse(name, "has an absolute path", err);
	if (utf8_valid_prefix(name, len) < len)
		return refuse(name, "has a name that is not UTF-8", err);
	for (const char *s = name; *s;) {
		size_t n = strcspn(s, "/");
		if (is_word(s, n, ".."))
			return refuse(name, "leads out of the archive", err);
		if (n > NAME_MAX)
			return refuse(name, "has a name of more than 255 bytes", err);
		if (n > 0 && !is_word(s, n, ".")) {
			if (out->len)
				buf_addc(out, '/');
			buf_add(out, s, n);
		}
		s += n + (s[n] == '/');
	}
	if (out->len > max)
		return refuse(name, "has a path that is too long", err);
	return 0;
}

int member_check_target(const char *path, const char *target, struct err *err)
{
	size_t depth = 0, up = 0;
	bool down = false;
	for (const char *s = path; *s; s++)
		depth += *s == '/';
	if (!*target || strlen(target) >= PATH_MAX)
		return refuse(path, "is a link with an impossible target", err);
	if (target[0] == '/')
		return refuse(path, "is a link to an absolute path", err);
	for (const char *s = target; *s;) {
		size_t n = strcspn(s, "/");
		bool dots = is_word(s, n, "..");
		if (dots && (down || ++up > depth))
			return refuse(
			    path, "is a link that leads out of the archive", err);
		down |= !dots && n > 0 && !is_word(s, n, ".");
		s += n + (s[n] == '/');
	}
	return 0;
}
