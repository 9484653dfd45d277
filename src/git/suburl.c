/* SPDX-License-Identifier: MIT */
#include "git/suburl.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

struct part {
	const char *s;
	size_t n;
};

struct parts {
	struct arena *a;
	struct part *v;
	size_t n;
};

static bool is_relative(const char *url)
{
	size_t dots = strspn(url, ".");
	return (dots == 1 || dots == 2) && (url[dots] == '/' || url[dots] == '\0');
}

/* How much of the base is no path: "https://host", "host:", "". */
static size_t fixed_length(const char *base)
{
	const char *sep = strstr(base, "://");
	size_t n = strcspn(base, "/:[");
	if (sep && strcspn(base, "/") > (size_t)(sep - base))
		return (size_t)(sep + 3 - base) + strcspn(sep + 3, "/");
	if (base[n] == '[') /* an IPv6 address, or host and port, has colons of its own */
		n += strcspn(base + n, "]") + (strchr(base + n, ']') != NULL);
	return base[n] == ':' ? n + 1 : 0;
}

/* false: there is nothing left that ".." could take away. */
static bool apply(struct parts *p, const char *path)
{
	for (const char *s = path; *s;) {
		size_t n = strcspn(s, "/");
		if (n == 2 && strncmp(s, "..", 2) == 0) {
			if (p->n == 0)
				return false;
			p->n--;
		} else if (n > 0 && !(n == 1 && *s == '.')) {
			ARENA_GROW(p->a, p->v, p->n);
			p->v[p->n++] = (struct part){s, n};
		}
		s += n + (s[n] == '/');
	}
	return true;
}

const char *suburl_resolve(
    struct arena *a, const char *base, const char *url, struct err *err)
{
	struct parts p = {.a = a};
	auto_buf out = BUF_INIT;
	size_t fixed = fixed_length(base);
	if (!is_relative(url))
		return arena_strdup(a, url);
	if (!apply(&p, base + fixed) || !apply(&p, url) || p.n == 0) {
		err_set(err, ERR_FAIL,
		    "the URL '%s' leads above the address that it is "
		    "relative to",
		    url);
		return NULL;
	}
	buf_add(&out, base, fixed);
	for (size_t i = 0; i < p.n; i++) {
		if (i > 0 || base[fixed] == '/')
			buf_addc(&out, '/');
		buf_add(&out, p.v[i].s, p.v[i].n);
	}
	return arena_strndup(a, out.s, out.len);
}
