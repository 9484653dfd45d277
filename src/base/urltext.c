/* SPDX-License-Identifier: MIT */
#include "base/urltext.h"

#include <ctype.h>
#include <strings.h>

#include "base/sha1.h"

enum { SLUG_MAX = 60 };

/* Where the host begins and ends; false: not "scheme://host". */
static bool find_host(const char *url, const char **host, const char **end)
{
	const char *s = strstr(url, "://");
	if (!s || strcspn(url, "/?#") < (size_t)(s - url))
		return false;
	s += 3;
	*end = s + strcspn(s, "/?#");
	*host = s;
	for (; s < *end; s++)
		if (*s == '@')
			*host = s + 1;
	return true;
}

bool url_is_ssh(const char *url)
{
	return strncasecmp(url, "ssh://", 6) == 0 ||
	       strncasecmp(url, "git+ssh://", 10) == 0 ||
	       strncasecmp(url, "ssh+git://", 10) == 0;
}

char *url_without_user(struct arena *a, const char *url)
{
	const char *host, *end, *start = strstr(url, "://");
	size_t kept = 0;
	if (!find_host(url, &host, &end))
		return arena_strdup(a, url);
	start += 3;
	if (host > start && url_is_ssh(url))
		kept = strcspn(start, ":@");
	return arena_printf(
	    a, "%.*s%s%s", (int)(start + kept - url), url, kept > 0 ? "@" : "", host);
}

/* By the name alone; rather one too many than one too few. */
static bool is_secret_name(const char *name, size_t n)
{
	static const char *const parts[] = {"token", "secret", "passw", "signature",
	    "credential", "apikey", "api_key", "api-key", "access_key", "accesskey",
	    "private_key", "session"};
	static const char *const words[] = {"sig", "key", "auth", "authorization", "pwd"};
	for (size_t k = 0; k < sizeof(parts) / sizeof(parts[0]); k++)
		for (size_t i = 0, len = strlen(parts[k]); i + len <= n; i++)
			if (strncasecmp(name + i, parts[k], len) == 0)
				return true;
	for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
		if (strlen(words[k]) == n && strncasecmp(name, words[k], n) == 0)
			return true;
	return false;
}

char *url_public(struct arena *a, const char *url)
{
	const char *s = url_without_user(a, url), *query = strstr(s, "://");
	char *out = arena_alloc(a, 3 * strlen(s) + 1), *w;
	query = query ? query + strcspn(query, "?#") : s + strlen(s);
	w = mempcpy(out, s, (size_t)(query - s));
	while (*query == '?' || *query == '&') {
		size_t n = 1 + strcspn(query + 1, "&#"),
		       eq = 1 + strcspn(query + 1, "=&#");
		bool hide =
		    eq < n && query[eq] == '=' && is_secret_name(query + 1, eq - 1);
		w = mempcpy(w, query, hide ? eq + 1 : n);
		if (hide)
			w = mempcpy(w, "***", 3);
		query += n;
	}
	memcpy(w, query, strlen(query) + 1);
	return out;
}

bool url_ends_host(char c)
{
	return strchr("/?# \t\r\n\"'<>|;&()", c);
}

void url_mask(struct buf *out, const char *text)
{
	const char *sep;
	while ((sep = strstr(text, "://"))) {
		const char *user = sep + 3, *at = NULL;
		size_t n = 0;
		while (!url_ends_host(user[n]))
			n++;
		for (size_t i = 0; i < n; i++)
			if (user[i] == '@')
				at = user + i;
		buf_add(out, text, (size_t)(user - text));
		if (at)
			buf_adds(out, "***");
		text = at ? at : user;
	}
	buf_adds(out, text);
}

char *url_host(struct arena *a, const char *url)
{
	const char *host, *end;
	if (!find_host(url, &host, &end) || host == end)
		return NULL;
	return arena_strndup(a, host, (size_t)(end - host));
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that %XX at s stands for; -1: none. */
static int escaped_byte(const char *s)
{
	int hi = s[0] == '%' ? hex_value(s[1]) : -1;
	int lo = hi < 0 ? -1 : hex_value(s[2]);
	return lo < 0 || hi * 16 + lo == 0 ? -1 : hi * 16 + lo;
}

char *url_decode(struct arena *a, const char *text)
{
	for (const char *s = text; *s; s++)
		if (*s == '%' && escaped_byte(s) < 0)
			return NULL;
	return url_decode_any(a, text);
}

char *url_decode_any(struct arena *a, const char *text)
{
	char *start = arena_alloc(a, strlen(text) + 1), *out = start;
	while (*text) {
		int c = escaped_byte(text);
		*out++ = c < 0 ? *text : (char)c;
		text += c < 0 ? 1 : 3;
	}
	*out = '\0';
	return start;
}

char *url_encode_percent(struct arena *a, const char *text)
{
	auto_buf out = BUF_INIT;
	for (; *text; text++) {
		buf_addc(&out, *text);
		if (escaped_byte(text) >= 0)
			buf_adds(&out, "25");
	}
	return arena_strndup(a, out.s, out.len);
}

char *url_encode_path(struct arena *a, const char *path)
{
	auto_buf b = BUF_INIT;
	for (; *path; path++) {
		if (*path == '%' || *path == '#')
			buf_addf(&b, "%%%02X", (unsigned char)*path);
		else
			buf_addc(&b, *path);
	}
	return arena_strdup(a, b.s ? b.s : "");
}

char *url_before_fragment(struct arena *a, const char *path)
{
	if (!strchr(path, '#'))
		return arena_strdup(a, path);
	return arena_printf(a, "file://%s", url_encode_path(a, path));
}

char *url_file_name(struct arena *a, const char *url)
{
	const char *s = strstr(url, "://");
	char hex[SHA1_HEX + 1], slug[SLUG_MAX + 1];
	size_t n = 0;
	sha1_of_blob(url, strlen(url), hex);
	for (s = s ? s + 3 : url; *s && n < SLUG_MAX; s++, n++)
		slug[n] = isalnum((unsigned char)*s) || (n > 0 && *s == '.') ? *s : '-';
	slug[n] = '\0';
	return arena_printf(a, "%s-%s", slug, hex);
}

const char *url_file_hash(struct arena *a, const char *url)
{
	return strrchr(url_file_name(a, url), '-') + 1;
}
