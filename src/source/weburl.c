/* SPDX-License-Identifier: MIT */
#include "source/weburl.h"

#include "base/urltext.h"

/* What stands behind "tree/" or "blob/" where `s` begins so, else NULL. */
static const char *behind_view(const char *s, bool *is_file)
{
	*is_file = strncmp(s, "blob/", 5) == 0;
	return *is_file || strncmp(s, "tree/", 5) == 0 ? s + 5 : NULL;
}

/* GitLab: *cut is the slash before "-/tree/". */
static const char *find_dashed(const char *path, const char **cut, bool *is_file)
{
	for (const char *s = path; (s = strstr(s, "/-/")); s += 3) {
		const char *tree = behind_view(s + 3, is_file);
		*cut = s;
		if (tree && s > path)
			return tree;
	}
	return NULL;
}

/* GitHub: exactly an owner and a repository before it. */
static const char *find_plain(const char *path, const char **cut, bool *is_file)
{
	const char *s = path;
	for (int i = 0; i < 2; i++) {
		if (*s != '/' || s[1] == '/' || s[1] == '\0')
			return NULL;
		s += 1 + strcspn(s + 1, "/");
	}
	*cut = s;
	return *s == '/' ? behind_view(s + 1, is_file) : NULL;
}

static const char *single_slashes(struct arena *a, const char *s, size_t n)
{
	char *start = arena_alloc(a, n + 1), *out = start;
	for (size_t i = 0; i < n; i++)
		if (s[i] != '/' || (out > start && out[-1] != '/'))
			*out++ = s[i];
	*out = '\0';
	return start;
}

bool weburl_split(struct arena *a, const char *url, struct weburl *out)
{
	const char *host = strstr(url, "://"), *path, *cut = NULL, *tree;
	bool is_file = false;
	size_t n;
	if (!host)
		return false;
	path = host + 3 + strcspn(host + 3, "/?#");
	path = arena_strndup(a, path, strcspn(path, "?"));
	tree = find_dashed(path, &cut, &is_file);
	if (!tree)
		tree = find_plain(path, &cut, &is_file);
	tree = tree ? url_decode(a, tree) : NULL;
	n = tree ? strlen(tree) : 0;
	while (n > 0 && tree[n - 1] == '/')
		n--;
	if (n == 0)
		return false;
	out->repo = arena_printf(a, "%.*s%.*s",
	    (int)(host + 3 - url + (long)strcspn(host + 3, "/?#")), url,
	    (int)(cut - path), path);
	out->tree = single_slashes(a, tree, n);
	out->is_file = is_file;
	return true;
}
