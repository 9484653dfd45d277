/* SPDX-License-Identifier: MIT */
#include "track/source_uri.h"

#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/urltext.h"

enum { DECODE_MAX = 16 }; /* times; nobody encodes that often for a good reason */

static char *lower(struct arena *a, const char *s, size_t n)
{
	char *out = arena_strndup(a, s, n);
	for (char *p = out; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return out;
}

static size_t scheme_length(const char *s)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "0123456789+-.");
	return strspn(s, letters) > 0 && s[n] == ':' ? n : 0;
}

void source_uri_split(struct arena *a, const char *text, struct source_uri *out)
{
	size_t n = scheme_length(text);
	out->scheme = lower(a, text, n);
	text += n ? n + 1 : 0;
	n = strncmp(text, "//", 2) == 0 ? strcspn(text + 2, "/?#") : 0;
	out->host = lower(a, n ? text + 2 : "", n);
	text += strncmp(text, "//", 2) == 0 ? n + 2 : 0;
	out->path = arena_strndup(a, text, strcspn(text, "?#"));
}

/* The host without user and port names this machine. */
static bool is_this_host(const char *host)
{
	const char *at = strrchr(host, '@');
	host = at ? at + 1 : host;
	return !*host || strcmp(host, ".") == 0 || strncmp(host, "localhost", 9) == 0 ||
	       strncmp(host, "127.0.0.1", 9) == 0;
}

bool source_uri_is_local(const struct source_uri *u)
{
	return !*u->scheme || (strcmp(u->scheme, "file") == 0 && is_this_host(u->host));
}

/* NULL: it never ends. */
static const char *decode_all(struct arena *a, const char *s)
{
	for (int i = 0; i < DECODE_MAX; i++) {
		const char *t = url_decode_any(a, s);
		if (strcmp(t, s) == 0)
			return s;
		s = t;
	}
	return NULL;
}

/* Whether a component between slashes is that one. */
static bool has_component(const char *path, const char *one)
{
	size_t len = strlen(one);
	for (const char *s = path;; s++) {
		size_t n = strcspn(s, "/");
		if (n == len && strncmp(s, one, n) == 0)
			return true;
		s += n;
		if (!*s)
			return false;
	}
}

bool source_uri_is_plain(struct arena *a, const char *text)
{
	const char *s = decode_all(a, text);
	struct source_uri u;
	if (!s || strstr(s, "%00") || has_component(s, ".."))
		return false;
	source_uri_split(a, s, &u);
	return u.path[0] == '/' && u.path[strspn(u.path, "/")] != '\0' &&
	       !has_component(u.path, ".");
}

/* The path's next component that is not empty, decoded; NULL: no more. */
static const char *next_part(struct arena *a, const char **path)
{
	const char *s = *path + strspn(*path, "/");
	size_t n = strcspn(s, "/");
	*path = s + n;
	if (n == 0)
		return NULL;
	s = arena_strndup(a, s, n);
	return decode_all(a, s) ? decode_all(a, s) : s;
}

bool source_uri_is_within(
    struct arena *a, const struct source_uri *u, const struct source_uri *root)
{
	const char *path = u->path, *below = root->path;
	const char *want = next_part(a, &below);
	if (strcmp(u->scheme, root->scheme) != 0 || strcmp(u->host, root->host) != 0 ||
	    !want)
		return false;
	for (; want; want = next_part(a, &below)) {
		const char *got = next_part(a, &path);
		if (!got || strcmp(got, want) != 0)
			return false;
	}
	return true;
}

bool source_uri_is_proxied(struct arena *a, const struct source_uri *u)
{
	static const char *const route[] = {
	    "api", "2.0", "mlflow-artifacts", "artifacts"};
	const char *part, *path = u->path;
	size_t seen = 0;
	if (strcmp(u->scheme, "mlflow-artifacts") == 0)
		return true;
	if (strcmp(u->scheme, "http") != 0 && strcmp(u->scheme, "https") != 0)
		return false;
	while (seen < 4 && (part = next_part(a, &path)))
		seen = strcmp(part, route[seen]) == 0 ? seen + 1
		       : strcmp(part, route[0]) == 0  ? 1
						      : 0;
	return seen == 4;
}

/*
 * Links followed in what exists; the rest has no ".." and cannot leave it.  A link that
 * leads nowhere may lead anywhere tomorrow.
 */
static const char *follow(struct arena *a, const char *path)
{
	const char *tail = "";
	for (char *head = arena_strdup(a, path);; head = path_dir(a, head)) {
		auto_free char *real = realpath(head, NULL);
		struct stat st;
		if (real)
			return arena_printf(
			    a, "%s%s", strcmp(real, "/") == 0 && *tail ? "" : real, tail);
		if (lstat(head, &st) == 0 || strcmp(head, "/") == 0)
			return NULL;
		tail = arena_printf(a, "/%s%s", path_base(head), tail);
	}
}

const char *source_uri_real_path(
    struct arena *a, const char *cwd, const char *text, const struct source_uri *u)
{
	const char *path = url_decode(a, *u->scheme ? u->path : text);
	if (!path || !*path || has_component(path, "..") || (*path != '/' && !cwd))
		return NULL;
	return follow(a, path_abs(a, cwd ? cwd : "/", path));
}

bool path_is_within(const char *path, const char *dir)
{
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);
	return strncmp(path, dir, n) == 0 && (path[n] == '\0' || path[n] == '/');
}
