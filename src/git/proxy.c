/* SPDX-License-Identifier: MIT */
#include "git/proxy.h"

#include <ctype.h>

#include "git/config.h"

/*
 * no_proxy, then NO_PROXY; empty counts as unset.  HTTP_PROXY alone does not count, as
 * with curl and git: to a CGI program it is what a stranger has sent.
 */
static const char *either_case(struct arena *a, const char *name)
{
	char *upper = arena_strdup(a, name);
	const char *v = getenv(name);
	if (strcmp(name, "http_proxy") == 0)
		return v && *v ? v : NULL;
	for (char *c = upper; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	if (!v || !*v)
		v = getenv(upper);
	return v && *v ? v : NULL;
}

/* "example.org" and ".example.org" name the host and all below it; ":port" narrows. */
static bool is_named(struct arena *a, const char *item, const struct address *to)
{
	size_t n, m = strlen(to->host);
	const char *colon = strrchr(item, ':');
	if (colon && strchr(item, ':') == colon) {
		if (!to->port || strcmp(colon + 1, to->port) != 0)
			return false;
		item = arena_strndup(a, item, (size_t)(colon - item));
	}
	item += *item == '.';
	n = strlen(item);
	if (n == 0 || n > m || strcasecmp(to->host + m - n, item) != 0)
		return false;
	return n == m || to->host[m - n - 1] == '.';
}

static bool is_exempt(struct arena *a, const struct address *to)
{
	const char *list = either_case(a, "no_proxy");
	while (list && *list) {
		size_t n;
		list += strspn(list, ", ");
		n = strcspn(list, ", ");
		if ((n == 1 && *list == '*') ||
		    (n > 0 && is_named(a, arena_strndup(a, list, n), to)))
			return true;
		list += n;
	}
	return false;
}

const char *proxy_find(struct arena *a, git_repository *repo, const struct address *to)
{
	const char *proxy = config_http(a, repo, to->plain, "proxy");
	if (!proxy && !is_exempt(a, to)) {
		proxy = either_case(
		    a, strcmp(to->scheme, "https") == 0 ? "https_proxy" : "http_proxy");
		if (!proxy)
			proxy = either_case(a, "all_proxy");
	}
	if (!proxy || !*proxy)
		return NULL;
	return strstr(proxy, "://") ? proxy : arena_printf(a, "http://%s", proxy);
}
