/* SPDX-License-Identifier: MIT */
#include "base/urltext.h"

#include <ctype.h>
#include <strings.h>

#include "base/secret.h"
#include "base/sha1.h"
#include "base/urlmask.h"

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

static bool is_masked(const char *name, size_t n)
{
	return secret_in_query(name, n) != SECRET_NOT;
}

static bool is_sure(const char *name, size_t n)
{
	return secret_in_query(name, n) == SECRET_SURE;
}

static bool is_sure_or_signing(const char *name, size_t n)
{
	return is_sure(name, n) || secret_is_signing(name, n);
}

/*
 * The next parameter of a query that has a value, where `*s` is at its "?", "&" or ";"
 * (which is taken for both, a separator and part of a value): *name with `n` bytes, and
 * *value up to *s.  False: there is none.
 */
static bool next_param(const char **s, const char **name, size_t *n, const char **value)
{
	while (**s == '?' || **s == '&' || **s == ';') {
		*name = *s + 1;
		*n = strcspn(*name, "=&;#");
		*s = *name + *n;
		if (**s != '=')
			continue;
		*value = *s + 1;
		*s = *value + strcspn(*value, "&;#");
		return true;
	}
	return false;
}

/* The text with *** for the values of those that `hide` names; *hidden: there are some. */
static char *hide_values(struct arena *a, const char *text,
    bool (*hide)(const char *name, size_t n), bool *hidden)
{
	const char *s = text + strcspn(text, "?#"), *from = text, *name, *value;
	auto_buf out = BUF_INIT;
	size_t n;
	*hidden = false;
	while (next_param(&s, &name, &n, &value)) {
		if (!hide(name, n))
			continue;
		s = value + strcspn(value, "&#");
		buf_add(&out, from, (size_t)(value - from));
		buf_adds(&out, "***");
		from = s;
		*hidden = true;
	}
	buf_adds(&out, from);
	return arena_strndup(a, out.s, out.len);
}

char *url_hide_query(struct arena *a, const char *text)
{
	bool hidden;
	return hide_values(a, text, is_masked, &hidden);
}

char *url_public(struct arena *a, const char *url)
{
	char *s = url_without_user(a, url);
	return strstr(s, "://") ? url_hide_query(a, s) : s;
}

char *url_key(struct arena *a, const char *url, bool *partly)
{
	char *s = url_without_user(a, url), *known = hide_values(a, s, is_sure, partly);
	bool more;
	return *partly ? hide_values(a, s, is_sure_or_signing, &more) : known;
}

bool url_is_hidden(const char *url)
{
	const char *s = url + strcspn(url, "?#"), *name, *value;
	size_t n;
	while (next_param(&s, &name, &n, &value))
		if (s - value == 3 && memcmp(value, "***", 3) == 0 && is_masked(name, n))
			return true;
	return false;
}

bool url_ends_host(char c)
{
	return strchr("/?# \t\r\n\"'<>|;&()", c);
}

static void add_masked(void *arg, const char *data, size_t n)
{
	buf_add(arg, data, n);
}

void url_mask(struct buf *out, const char *text)
{
	struct urlmask u = URLMASK_INIT;
	urlmask_pass(&u, text, strlen(text), add_masked, out);
	urlmask_end(&u, add_masked, out);
	urlmask_release(&u);
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
