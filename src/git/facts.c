/* SPDX-License-Identifier: MIT */
#include "git/facts.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/urltext.h"
#include "git/configenv.h"
#include "git/dirty.h"

const char *facts_remote_url(struct arena *a, git_repository *repo)
{
	auto_git(remote) remote = NULL;
	git_strarray names = {NULL, 0};
	const char *url = NULL;
	if (git_remote_lookup(&remote, repo, "origin") < 0 &&
	    git_remote_list(&names, repo) == 0 && names.count > 0)
		git_remote_lookup(&remote, repo, names.strings[0]);
	git_strarray_dispose(&names);
	if (remote)
		url = git_remote_url(remote);
	return url ? url_public(a, url) : NULL;
}

/* The directory below the work tree, "" for its root; NULL: it is elsewhere. */
static const char *below(const char *root, const char *dir)
{
	size_t n = strlen(root);
	while (n > 0 && root[n - 1] == '/')
		n--;
	if (strncmp(root, dir, n) != 0 || (dir[n] != '/' && dir[n] != '\0'))
		return NULL;
	return dir + n + (dir[n] == '/');
}

/* Ignored by its repository and nothing in it tracked: then it does not belong to it. */
static bool is_foreign(git_repository *repo, const char *rel)
{
	auto_git(index) index = NULL;
	auto_buf prefix = BUF_INIT;
	int ignored = 0;
	if (!*rel || git_ignore_path_is_ignored(&ignored, repo, rel) < 0 || !ignored)
		return false;
	buf_addf(&prefix, "%s/", rel);
	return git_repository_index(&index, repo) < 0 ||
	       git_index_find_prefix(NULL, index, prefix.s) < 0;
}

static void put_head(git_repository *repo, cJSON *answer)
{
	char hex[GIT_OID_HEXSZ + 1];
	auto_git(reference) head = NULL;
	const char *target = NULL;
	git_oid id;
	bool has = git_reference_name_to_id(&id, repo, "HEAD") == 0;
	if (git_reference_lookup(&head, repo, "HEAD") == 0)
		target = git_reference_symbolic_target(head);
	if (target && strncmp(target, "refs/heads/", 11) == 0)
		target += 11;
	json_put_str(answer, "commit", has ? git_oid_tostr(hex, sizeof(hex), &id) : NULL);
	json_put_str(answer, "branch", target);
}

int facts_find(const struct request *rq, cJSON *answer, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_git(repository) repo = NULL;
	auto_free char *dir = realpath(rq->dir, NULL);
	const char *root = NULL, *rel = NULL;
	bool dirty = false;
	int rc;
	if (!dir)
		return err_sys(err, errno, "cannot enter '%s'", rq->dir);
	rc = git_repository_open_ext(&repo, dir, 0, NULL);
	if (rc < 0 && rc != GIT_ENOTFOUND)
		return lib_fail(err, "cannot read the repository of '%s'", rq->dir);
	if (rc == 0)
		configenv_apply(repo);
	root = rc == 0 ? git_repository_workdir(repo) : NULL;
	rel = root ? below(root, dir) : NULL;
	if (!rel || is_foreign(repo, rel)) {
		json_put_str(answer, "root", NULL);
		return 0;
	}
	json_put_str(answer, "root", path_abs(&a, "/", root));
	put_head(repo, answer);
	json_put_str(answer, "repo_url", facts_remote_url(&a, repo));
	if (dirty_find(repo, path_abs(&a, "/", root), rq->ignore, &dirty, err) < 0)
		return -1;
	json_put_bool(answer, "dirty", dirty);
	return 0;
}
