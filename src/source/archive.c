/* SPDX-License-Identifier: MIT */
#include "source/archive.h"

#include <ctype.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "manifest/manifest.h"
#include "source/fetcher.h"

enum { SHA256_HEX = 64 };

#define SHA256_IS "sha256="

bool archive_has_name(const char *uri)
{
	static const char *const ends[] = {".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2",
	    ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst"};
	size_t n = strcspn(uri, "?");
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t len = strlen(ends[i]);
		if (n > len && strncasecmp(uri + n - len, ends[i], len) == 0)
			return true;
	}
	return false;
}

static int take_sha256(
    struct arena *a, const char *s, size_t n, const char **sha256, struct err *err)
{
	char *hex = arena_strndup(a, s, n);
	for (char *c = hex; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (n != SHA256_HEX || strspn(hex, "0123456789abcdef") != n)
		return err_set(err, ERR_USAGE,
		    "'" SHA256_IS "%s': a sha256 is 64 hexadecimal digits", hex);
	if (*sha256)
		return err_set(err, ERR_USAGE, "there is more than one " SHA256_IS);
	*sha256 = hex;
	return 0;
}

int archive_split_fragment(struct arena *a, const char *fragment, const char **subdir,
    const char **sha256, struct err *err)
{
	const size_t len = strlen(SHA256_IS);
	auto_buf rest = BUF_INIT;
	*sha256 = NULL;
	for (const char *s = fragment; *s;) {
		size_t n = strcspn(s, "&");
		if (strncasecmp(s, SHA256_IS, len) == 0) {
			if (take_sha256(a, s + len, n - len, sha256, err) < 0)
				return -1;
		} else {
			if (rest.len)
				buf_addc(&rest, '&');
			buf_add(&rest, s, n);
		}
		s += n + (s[n] == '&');
	}
	*subdir = *sha256 ? arena_strdup(a, rest.s) : fragment;
	return 0;
}

int archive_ask(const struct ctx *ctx, const struct source_uri *u, const char *op,
    const char *dest, bool sniff, cJSON **done, struct err *err)
{
	struct fetcher_ask q = {.op = op,
	    .url = u->path ? NULL : u->url,
	    .path = u->path,
	    .shown = u->origin,
	    .host = u->host,
	    .sha256 = u->sha256,
	    .dest = dest,
	    .subdir = u->subdir,
	    .sniff = sniff};
	if (fetcher_ask(ctx, &q, done, err) == 0)
		return 0;
	if (err->code == ERR_NOTFOUND && u->url && strchr(u->url, '?') &&
	    !archive_has_name(u->url))
		err_hint(err,
		    "a URL with '?' is taken for an archive; for a repository, write a "
		    "token in front of the host: https://user:TOKEN@host/...");
	return -1;
}

static bool has_manifest(struct arena *a, const char *dir, const char *subdir)
{
	return manifest_exists(*subdir ? path_join(a, dir, subdir) : dir);
}

const char *archive_top(struct arena *a, const char *root, const char *subdir)
{
	auto_dir d = opendir(root);
	const char *only = NULL;
	struct dirent *e;
	if (!d || has_manifest(a, root, subdir))
		return root;
	while ((e = readdir(d))) {
		const char *dir;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		dir = path_join(a, root, e->d_name);
		if (!path_is_dir(dir) || !has_manifest(a, dir, subdir))
			continue;
		if (only)
			return root;
		only = dir;
	}
	return only ? only : root;
}
