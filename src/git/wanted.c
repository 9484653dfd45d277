/* SPDX-License-Identifier: MIT */
#include "git/wanted.h"

#include "base/path.h"

enum { ABBREV_MIN = 4 };

static size_t hex_length(const char *s)
{
	size_t n = strspn(s, "0123456789abcdefABCDEF");
	return s[n] == '\0' || s[n] == '/' ? n : 0;
}

const char *wanted_commit(struct arena *a, const struct request *rq)
{
	const char *text = rq->tree ? rq->tree : rq->version;
	if (!text || hex_length(text) != GIT_OID_HEXSZ)
		return NULL;
	return arena_strndup(a, text, GIT_OID_HEXSZ);
}

/* The name of a file is no part of REF. */
static size_t ref_length_max(const struct request *rq)
{
	const char *slash = strrchr(rq->tree, '/');
	return rq->tree_is_file && slash ? (size_t)(slash - rq->tree) : strlen(rq->tree);
}

/* "refs/heads/main": a full name, which pages have where a short one would not do. */
static bool is_full_name(struct arena *a, git_repository *repo, const char *name)
{
	struct revision rev;
	return (strncmp(name, "refs/heads/", 11) == 0 ||
		   strncmp(name, "refs/tags/", 10) == 0) &&
	       revision_look(a, repo, name, &rev) == 0;
}

/* The longest beginning of the page's path that is a name; 0: none is. */
static size_t longest(struct arena *a, git_repository *repo, const struct request *rq,
    bool (*is_name)(struct arena *a, git_repository *repo, const char *name))
{
	size_t n = ref_length_max(rq);
	while (n > 0) {
		if (is_name(a, repo, arena_strndup(a, rq->tree, n)))
			return n;
		do
			n--;
		while (n > 0 && rq->tree[n] != '/');
	}
	return 0;
}

/* How much of "REF/dir" is REF; 0: the repository has none that fits. */
static size_t ref_length(struct arena *a, git_repository *repo, const struct request *rq)
{
	size_t n = longest(a, repo, rq, revision_is_name);
	size_t first = strcspn(rq->tree, "/"), hex;
	struct revision rev;
	if (n == 0)
		n = longest(a, repo, rq, is_full_name);
	if (n > 0)
		return n;
	hex = hex_length(rq->tree);
	if ((first == 4 && strncmp(rq->tree, "HEAD", 4) == 0) ||
	    (hex >= ABBREV_MIN && hex <= GIT_OID_HEXSZ &&
		revision_look(a, repo, arena_strndup(a, rq->tree, hex), &rev) == 0))
		return first;
	return 0;
}

/* What stands behind REF: the directory, or the one that the file is in. */
static const char *dir_behind(struct arena *a, const struct request *rq, size_t ref)
{
	const char *dir = rq->tree + ref + (rq->tree[ref] == '/'), *slash;
	if (!rq->tree_is_file)
		return dir;
	slash = strrchr(dir, '/');
	return slash ? arena_strndup(a, dir, (size_t)(slash - dir)) : "";
}

static int take_version(struct arena *a, git_repository *repo, const struct request *rq,
    const char *ref, struct wanted *out, struct err *err)
{
	struct revision page;
	out->version = rq->version ? rq->version : ref;
	if (revision_find(a, repo, out->version, rq->origin, &out->rev, err) < 0)
		return -1;
	if (!rq->version || (revision_look(a, repo, ref, &page) == 0 &&
				git_oid_equal(&page.id, &out->rev.id)))
		return 0;
	err_set(err, ERR_USAGE,
	    "the version '%s' is not the '%s' of the page that the address of '%s' names",
	    rq->version, ref, rq->origin);
	return err_hint(err, "leave out one of the two");
}

static int take_subdir(
    const struct request *rq, const char *dir, struct wanted *out, struct err *err)
{
	const char *given = rq->subdir ? rq->subdir : "";
	out->subdir = *dir ? dir : given;
	if (!*given || strcmp(given, dir) == 0 || (!*dir && !rq->tree_is_file))
		return 0;
	err_set(err, ERR_USAGE,
	    "the subdirectory '%s' is not the %s%s%s of the page that the address of "
	    "'%s' names",
	    given, *dir ? "'" : "", *dir ? dir : "top", *dir ? "'" : "", rq->origin);
	return err_hint(err, "leave out one of the two");
}

static int take_page(struct arena *a, git_repository *repo, const struct request *rq,
    struct wanted *out, struct err *err)
{
	size_t n = ref_length(a, repo, rq);
	if (n == 0) {
		err_set(err, ERR_NOTFOUND,
		    "'%s' has no branch, tag or commit that '%s' begins with", rq->origin,
		    rq->tree);
		return revision_hint(repo, rq->tree, err);
	}
	if (take_version(a, repo, rq, arena_strndup(a, rq->tree, n), out, err) < 0)
		return -1;
	return take_subdir(rq, dir_behind(a, rq, n), out, err);
}

int wanted_find(struct arena *a, git_repository *repo, const struct request *rq,
    struct wanted *out, struct err *err)
{
	if (rq->tree)
		return take_page(a, repo, rq, out, err);
	out->version = rq->version;
	out->subdir = rq->subdir ? rq->subdir : "";
	return revision_find(a, repo, rq->version, rq->origin, &out->rev, err);
}
