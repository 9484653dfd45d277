/* SPDX-License-Identifier: MIT */
/* Any text as a project URI: no crash, no way out of the project, no password shown. */
#include <stdint.h>

#include "base/urltext.h"
#include "source/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

static void check_subdir(const char *s)
{
	check(s[0] != '/');
	while (*s) {
		size_t n = strcspn(s, "/");
		check(n > 0 && !(n == 1 && s[0] == '.') &&
		      !(n == 2 && s[0] == '.' && s[1] == '.'));
		s += n + (s[n] == '/');
	}
}

static void check_remote(struct arena *a, const struct source_uri *u)
{
	check(u->origin && u->host && *u->host && !strchr(u->host, '@'));
	check(strcmp(u->origin, url_without_user(a, u->origin)) == 0);
	check(strcmp(u->shown, url_without_user(a, u->shown)) == 0);
	check(strcmp(u->origin, url_without_user(a, u->url)) == 0);
}

/* A file of this machine or a URL, not both. */
static bool check_archive(struct arena *a, const struct source_uri *u)
{
	check(u->path ? u->path[0] == '/' && !u->url : u->url && u->host);
	check(!u->path || strcmp(u->origin, u->path) == 0);
	check(u->path || strcmp(u->origin, url_public(a, u->url)) == 0);
	check(!u->sha256 || strlen(u->sha256) == 64);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena a = ARENA_INIT;
	const char *uri = arena_strndup(&a, (const char *)data, size);
	bool version = size > 0 && data[size - 1] % 2;
	struct source_uri u;
	struct err err = ERR_INIT;
	url_decode(&a, uri);
	if (source_parse(&a, "/proc/self/task", uri, version, &u, &err) < 0) {
		check(err.code != ERR_NONE && err.msg[0]);
		return 0;
	}
	check(err.code == ERR_NONE && u.shown);
	check_subdir(u.subdir);
	check(u.kind != SOURCE_LOCAL || (u.path && u.path[0] == '/'));
	check(u.kind != SOURCE_GIT || u.url);
	check(u.kind != SOURCE_ARCHIVE || check_archive(&a, &u));
	check(u.kind == SOURCE_ARCHIVE || !u.sha256);
	if (u.kind == SOURCE_GIT && !u.repo)
		check_remote(&a, &u);
	return 0;
}
