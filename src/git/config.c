/* SPDX-License-Identifier: MIT */
#include "git/config.h"

#include <fnmatch.h>

#include "git/address.h"

const char *config_text(struct arena *a, git_repository *repo, const char *name)
{
	auto_git(config) live = NULL, config = NULL;
	const char *value;
	if (git_repository_config(&live, repo) < 0 ||
	    git_config_snapshot(&config, live) < 0 ||
	    git_config_get_string(&value, config, name) < 0)
		return NULL;
	return arena_strdup(a, value ? value : "true");
}

bool config_is_true(const char *text, bool fallback)
{
	int v;
	return text && git_config_parse_bool(&v, text) == 0 ? v : fallback;
}

static const char *port_of(const struct address *ad)
{
	if (ad->port)
		return ad->port;
	return strcmp(ad->scheme, "https") == 0 ? "443" : "80";
}

/* How well the address of a section fits: 0 not at all; a longer path fits better. */
static size_t fit(struct arena *a, const char *section, const struct address *ad)
{
	struct address of;
	struct err ignored = ERR_INIT;
	size_t n;
	if (address_parse(a, section, &of, &ignored) < 0 || of.kind != ADDRESS_HTTP ||
	    strcmp(of.scheme, ad->scheme) != 0 ||
	    fnmatch(of.host, ad->host, FNM_CASEFOLD) != 0 ||
	    strcmp(port_of(&of), port_of(ad)) != 0 ||
	    (of.user && (!ad->user || strcmp(of.user, ad->user) != 0)))
		return 0;
	n = strlen(of.path);
	while (n > 0 && of.path[n - 1] == '/')
		n--;
	if (strncmp(of.path, ad->path, n) != 0 ||
	    (ad->path[n] != '\0' && ad->path[n] != '/'))
		return 0;
	return 2 + 2 * n + (of.user != NULL);
}

/* "http.<url>.name" or "http.name". */
static size_t entry_fit(
    struct arena *a, const char *entry, const char *name, const struct address *ad)
{
	size_t n = strlen(entry), m = strlen(name);
	if (n < 5 + m || strcmp(entry + n - m, name) != 0)
		return 0;
	if (n == 5 + m)
		return 1;
	return fit(a, arena_strndup(a, entry + 5, n - m - 6), ad);
}

static void collect(struct arena *a, git_config_iterator *it, const char *name,
    const struct address *ad, struct strvec *out)
{
	git_config_entry *e;
	size_t best = 0, fits;
	while (git_config_next(&e, it) == 0) {
		fits = entry_fit(a, e->name, name, ad);
		if (fits == 0 || fits < best)
			continue;
		if (fits > best)
			strvec_release(out);
		best = fits;
		strvec_push(out, e->value ? e->value : "true");
	}
}

void config_http_all(struct arena *a, git_repository *repo, const char *url,
    const char *name, struct strvec *out)
{
	const char *pattern = arena_printf(a, "^http\\.(.*\\.)?%s$", name);
	auto_git(config) live = NULL, config = NULL;
	git_config_iterator *it = NULL;
	struct address ad;
	struct err ignored = ERR_INIT;
	if (address_parse(a, url, &ad, &ignored) < 0 || ad.kind != ADDRESS_HTTP)
		return;
	if (git_repository_config(&live, repo) == 0 &&
	    git_config_snapshot(&config, live) == 0 &&
	    git_config_iterator_glob_new(&it, config, pattern) == 0)
		collect(a, it, name, &ad, out);
	git_config_iterator_free(it);
}

const char *config_http(
    struct arena *a, git_repository *repo, const char *url, const char *name)
{
	auto_strvec all = STRVEC_INIT;
	config_http_all(a, repo, url, name, &all);
	return all.n > 0 ? arena_strdup(a, all.v[all.n - 1]) : NULL;
}
