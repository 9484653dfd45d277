/* SPDX-License-Identifier: MIT */
#include "git/revision.h"

#include "base/buf.h"
#include "base/nearest.h"
#include "base/strvec.h"
#include "base/event.h"

enum { NAMES_SHOWN = 8, NAMES_READ = 10000 };

const char *revision_default_branch(struct arena *a, git_repository *repo)
{
	auto_git(reference) head = NULL;
	const char *target;
	if (git_reference_lookup(&head, repo, "HEAD") < 0)
		return NULL;
	target = git_reference_symbolic_target(head);
	if (!target || strncmp(target, "refs/heads/", 11) != 0 ||
	    strcmp(target, "refs/heads/.invalid") == 0)
		return NULL;
	return arena_strdup(a, target + 11);
}

static int add_name(const char *name, void *arg)
{
	struct strvec *names = arg;
	if (strncmp(name, "refs/heads/", 11) == 0)
		strvec_push(names, name + 11);
	else if (strncmp(name, "refs/tags/", 10) == 0)
		strvec_push(names, name + 10);
	return names->n < NAMES_READ ? 0 : 1;
}

int revision_hint(git_repository *repo, const char *version, struct err *err)
{
	auto_strvec names = STRVEC_INIT;
	auto_buf list = BUF_INIT;
	const char *near = NULL;
	git_reference_foreach_name(repo, add_name, &names);
	if (names.n == 0)
		return -1;
	if (version)
		near = nearest(version, (const char *const *)names.v, names.n);
	for (size_t i = 0; i < names.n && i < NAMES_SHOWN; i++)
		buf_addf(&list, "%s%s", i ? ", " : "", names.v[i]);
	if (names.n > NAMES_SHOWN)
		buf_addf(&list, " and %zu more", names.n - NAMES_SHOWN);
	if (near)
		return err_hint(err, "did you mean '%s'? there are %s", near, list.s);
	return err_hint(
	    err, "%s%s", version ? "there are " : "name one with -v: ", list.s);
}

static int stop_at_first(const char *name, void *arg)
{
	(void)name;
	*(bool *)arg = true;
	return 1;
}

static bool is_empty(git_repository *repo)
{
	bool any = false;
	git_reference_foreach_name(repo, stop_at_first, &any);
	return !any && git_repository_head_detached(repo) != 1;
}

static int no_default(git_repository *repo, const char *shown, struct err *err)
{
	if (is_empty(repo)) {
		err_set(err, ERR_NOTFOUND,
		    "'%s' is an empty repository: it has no commits", shown);
		return err_hint(err, "commit something and push it first");
	}
	err_set(err, ERR_NOTFOUND, "'%s' has no default branch", shown);
	return revision_hint(repo, NULL, err);
}

static bool peel(git_repository *repo, const git_oid *id, git_oid *commit)
{
	auto_git(object) any = NULL, peeled = NULL;
	if (git_object_lookup(&any, repo, id, GIT_OBJECT_ANY) < 0 ||
	    git_object_peel(&peeled, any, GIT_OBJECT_COMMIT) < 0)
		return false;
	*commit = *git_object_id(peeled);
	return true;
}

/* The reference <prefix><name>, peeled to its commit. */
static bool find_ref(struct arena *a, git_repository *repo, const char *prefix,
    const char *name, git_oid *commit)
{
	const char *full = arena_printf(a, "%s%s", prefix, name);
	git_oid id;
	int ok = 0;
	return git_reference_name_is_valid(&ok, full) == 0 && ok &&
	       git_reference_name_to_id(&id, repo, full) == 0 && peel(repo, &id, commit);
}

/* "main" for main, heads/main, refs/heads/main, and for origin/main where that is all. */
static const char *branch_part(const char *version)
{
	static const char *const prefixes[] = {"refs/heads/", "heads/",
	    "refs/remotes/origin/", "remotes/origin/", "origin/"};
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t n = strlen(prefixes[i]);
		if (strncmp(version, prefixes[i], n) == 0)
			return version + n;
	}
	return NULL;
}

/* As `git checkout` does: a branch of some remote, where nothing else has the name. */
static bool find_remote_branch(
    struct arena *a, git_repository *repo, const char *name, git_oid *commit)
{
	git_strarray remotes = {NULL, 0};
	bool found = find_ref(a, repo, "refs/remotes/origin/", name, commit);
	if (!found && git_remote_list(&remotes, repo) == 0)
		for (size_t i = 0; i < remotes.count && !found; i++)
			found = find_ref(a, repo,
			    arena_printf(a, "refs/remotes/%s/", remotes.strings[i]), name,
			    commit);
	git_strarray_dispose(&remotes);
	return found;
}

/* libgit2 has no code of its own for what is whole, and not what was asked for. */
static int peel_code(int rc)
{
	return rc == GIT_EINVALIDSPEC || rc == GIT_EPEEL || !lib_is_damage() ? GIT_EPEEL
									     : GIT_ERROR;
}

/* GIT_ERROR: the repository is damaged. */
static int find_expression(git_repository *repo, const char *version, git_oid *commit)
{
	auto_git(object) any = NULL, peeled = NULL;
	int rc = git_revparse_single(&any, repo, version);
	if (rc < 0)
		return rc == GIT_ERROR && !lib_is_damage() ? GIT_ENOTFOUND : rc;
	git_error_clear();
	rc = git_object_peel(&peeled, any, GIT_OBJECT_COMMIT);
	if (rc < 0)
		return peel_code(rc);
	*commit = *git_object_id(peeled);
	return 0;
}

static int no_such(
    git_repository *repo, const char *version, const char *shown, int rc, struct err *err)
{
	const char *why = "there is no such branch, tag or commit";
	if (rc == GIT_ERROR)
		return lib_fail(err, "Unable to checkout version '%s' of git repo %s",
		    version, shown);
	if (rc == GIT_EAMBIGUOUS)
		why = "more than one object begins with it";
	else if (rc == GIT_EPEEL)
		why = "it is not a commit";
	err_set(err, ERR_NOTFOUND, "Unable to checkout version '%s' of git repo %s: %s",
	    version, shown, why);
	if (rc != GIT_EAMBIGUOUS && rc != GIT_EPEEL)
		revision_hint(repo, version, err);
	return -1;
}

bool revision_is_name(struct arena *a, git_repository *repo, const char *name)
{
	git_oid id;
	return find_ref(a, repo, "refs/heads/", name, &id) ||
	       find_ref(a, repo, "refs/tags/", name, &id);
}

static bool is_default(const char *version)
{
	return !version || strcmp(version, "HEAD") == 0;
}

int revision_look(
    struct arena *a, git_repository *repo, const char *version, struct revision *out)
{
	const char *branch;
	int rc;
	out->branch = NULL;
	if (is_default(version)) {
		out->branch = revision_default_branch(a, repo);
		return git_reference_name_to_id(&out->id, repo, "HEAD");
	}
	if (find_ref(a, repo, "refs/tags/", version, &out->id))
		return 0;
	out->branch = arena_strdup(a, version);
	if (find_ref(a, repo, "refs/heads/", version, &out->id))
		return 0;
	out->branch = branch = branch_part(version);
	if (branch && find_ref(a, repo, "", version, &out->id))
		return 0;
	if (branch && find_ref(a, repo, "refs/heads/", branch, &out->id))
		return 0;
	out->branch = NULL;
	rc = find_expression(repo, version, &out->id);
	if (rc == 0 || rc == GIT_ERROR)
		return rc;
	out->branch = arena_strdup(a, version);
	return find_remote_branch(a, repo, version, &out->id) ? 0 : rc;
}

int revision_find(struct arena *a, git_repository *repo, const char *version,
    const char *shown, struct revision *out, struct err *err)
{
	git_oid tag, branch;
	int rc = revision_look(a, repo, version, out);
	/* is_empty() would take the place of what libgit2 has said of the damage */
	if (rc < 0 && (is_default(version) || (rc != GIT_ERROR && is_empty(repo))))
		return no_default(repo, shown, err);
	if (rc < 0)
		return no_such(repo, version, shown, rc, err);
	if (version && find_ref(a, repo, "refs/tags/", version, &tag) &&
	    find_ref(a, repo, "refs/heads/", version, &branch))
		event_warning("'%s' is a tag and a branch of '%s'; the tag is used, as "
			      "git does (refs/heads/%s is the branch)",
		    version, shown, version);
	return 0;
}
