/* SPDX-License-Identifier: MIT */
/* Any text as a .gitmodules: no crash, and no name or path passes that leads elsewhere. */
#include "git/gitmodules.c"
#include "git/suburl.c"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

static void check_path(const char *s)
{
	check(*s != '/' && *s != '\0');
	for (;; s++) {
		size_t n = strcspn(s, "/");
		check(n > 0 && !(n <= 2 && strspn(s, ".") == n));
		check(!(n == 4 && strncasecmp(s, ".git", 4) == 0));
		s += n;
		if (!*s)
			return;
	}
}

/* A relative URL stays on its host. */
static void check_url(struct arena *a, const char *url)
{
	static const char *const bases[] = {
	    "https://h/a/b.git", "git@h:a/b", "ssh://h/b"};
	static const char *const hosts[] = {"https://h/", "git@h:", "ssh://h/"};
	struct err err = ERR_INIT;
	for (size_t i = 0; i < 3; i++) {
		const char *whole = suburl_resolve(a, bases[i], url, &err);
		check(!whole || !is_relative(url) ||
		      strncmp(whole, hosts[i], strlen(hosts[i])) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena a = ARENA_INIT;
	struct gitmodules all;
	struct err err = ERR_INIT;
	if (gitmodules_parse(&a, (const char *)data, size, &all, &err) < 0) {
		check(err.code != ERR_NONE && err.msg[0]);
		return 0;
	}
	for (size_t i = 0; i < all.n; i++) {
		if (all.v[i].url)
			check_url(&a, all.v[i].url);
		if (gitmodules_check(&all.v[i], &err) < 0)
			continue;
		check_path(all.v[i].name);
		if (all.v[i].path)
			check_path(all.v[i].path);
	}
	return 0;
}
