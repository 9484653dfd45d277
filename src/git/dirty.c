/* SPDX-License-Identifier: MIT */
#include "git/dirty.h"

#include <sys/stat.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/strvec.h"
#include "git/configenv.h"

enum { DEPTH_MAX = 64 };

struct search {
	git_repository *repo;
	const char *root;
	const cJSON *ignore;
	struct strvec ours; /* of it, what is below root, as the diff names paths */
	bool dirty;
};

/* path (n bytes, no slash at its end) is one of ours, or below one. */
static bool is_ours(const struct search *s, const char *path, size_t n)
{
	for (size_t i = 0; i < s->ours.n; i++) {
		size_t len = strlen(s->ours.v[i]);
		if (len <= n && strncmp(path, s->ours.v[i], len) == 0 &&
		    (len == n || path[len] == '/'))
			return true;
	}
	return false;
}

static bool has_others(const struct search *s, const char *dir, int depth);

static bool is_other(const struct search *s, const char *path, int depth)
{
	auto_buf full = BUF_INIT;
	struct stat st;
	int ignored = 0;
	buf_addf(&full, "%s/%s", s->root, path);
	if (is_ours(s, path, strlen(path)) || lstat(full.s, &st) < 0 ||
	    (git_ignore_path_is_ignored(&ignored, s->repo, path) == 0 && ignored))
		return false;
	return S_ISDIR(st.st_mode) ? has_others(s, path, depth + 1) : true;
}

/* An untracked directory counts only for what is in it: an empty one is nothing to git.
 */
static bool has_others(const struct search *s, const char *dir, int depth)
{
	auto_buf full = BUF_INIT, path = BUF_INIT;
	auto_dir d = NULL;
	struct dirent *e;
	buf_addf(&full, "%s/%s", s->root, dir);
	d = depth < DEPTH_MAX ? opendir(full.s) : NULL;
	while (d && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		buf_clear(&path);
		buf_addf(&path, "%s/%s", dir, e->d_name);
		if (is_other(s, path.s, depth))
			return true;
	}
	return false;
}

/*
 * A submodule that differs.  Where it is at the commit that it should be at, what differs is
 * in its work tree, and may be ours.
 */
static bool is_clean_submodule(const struct search *s, const git_diff_delta *d)
{
	auto_git(repository) repo = NULL;
	auto_buf root = BUF_INIT;
	struct err ignored = ERR_INIT;
	bool dirty = true;
	git_oid head;
	if (d->status != GIT_DELTA_MODIFIED || d->old_file.mode != GIT_FILEMODE_COMMIT ||
	    d->new_file.mode != GIT_FILEMODE_COMMIT)
		return false;
	buf_addf(&root, "%s/%s", s->root, d->old_file.path);
	if (git_repository_open_ext(&repo, root.s, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) <
	    0)
		return false;
	configenv_apply(repo);
	return git_reference_name_to_id(&head, repo, "HEAD") == 0 &&
	       git_oid_equal(&head, &d->old_file.id) &&
	       dirty_find(repo, root.s, s->ignore, &dirty, &ignored) == 0 && !dirty;
}

/* Negative ends the whole comparison. */
static int on_delta(
    const git_diff *so_far, const git_diff_delta *d, const char *spec, void *arg)
{
	struct search *s = arg;
	const char *path = d->new_file.path ? d->new_file.path : d->old_file.path;
	size_t n = strlen(path);
	(void)so_far;
	(void)spec;
	while (n > 0 && path[n - 1] == '/')
		n--;
	if (is_ours(s, path, n) || is_clean_submodule(s, d))
		return 1;
	if (d->status == GIT_DELTA_UNTRACKED && path[n] == '/') {
		auto_buf dir = BUF_INIT;
		buf_add(&dir, path, n);
		if (!has_others(s, dir.s, 0))
			return 1;
	}
	s->dirty = true;
	return -1;
}

static void options_init(git_diff_options *o, struct search *s)
{
	git_diff_options_init(o, GIT_DIFF_OPTIONS_VERSION);
	o->flags = GIT_DIFF_INCLUDE_UNTRACKED | GIT_DIFF_SKIP_BINARY_CHECK |
		   GIT_DIFF_INCLUDE_TYPECHANGE;
	o->notify_cb = on_delta;
	o->payload = s;
}

static int compare(struct search *s, struct err *err)
{
	auto_git(diff) staged = NULL, changed = NULL;
	auto_git(object) tree = NULL;
	git_diff_options o;
	options_init(&o, s);
	git_revparse_single(&tree, s->repo, "HEAD^{tree}"); /* none: no commit yet */
	if (git_diff_index_to_workdir(&changed, s->repo, NULL, &o) < 0 && !s->dirty)
		return lib_fail(err, "cannot compare the work tree '%s'", s->root);
	if (s->dirty)
		return 0;
	if (git_diff_tree_to_index(&staged, s->repo, (git_tree *)tree, NULL, &o) < 0 &&
	    !s->dirty)
		return lib_fail(err, "cannot compare the index of '%s'", s->root);
	return 0;
}

int dirty_find(git_repository *repo, const char *root, const cJSON *ignore, bool *dirty,
    struct err *err)
{
	struct search s = {
	    .repo = repo, .root = root, .ignore = ignore, .ours = STRVEC_INIT};
	size_t n = strcmp(root, "/") == 0 ? 0 : strlen(root);
	const cJSON *item;
	int rc;
	cJSON_ArrayForEach(item, ignore)
	{
		const char *path = cJSON_GetStringValue(item);
		if (path && strncmp(path, root, n) == 0 && path[n] == '/')
			strvec_push(&s.ours, path + n + 1);
	}
	rc = compare(&s, err);
	strvec_release(&s.ours);
	*dirty = s.dirty;
	return rc;
}
