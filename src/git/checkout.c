/* SPDX-License-Identifier: MIT */
#include "git/mirror.h"
#include "git/checkout.h"

#include "base/file.h"
#include "base/growth.h"
#include "base/path.h"
#include "git/configenv.h"
#include "git/gitdir.h"
#include "git/lfs.h"
#include "git/nested.h"
#include "git/objects.h"
#include "git/reftext.h"

enum { REFS_MAX = 512 * 1024 * 1024, SHALLOW_MAX = 1024 * 1024 };

static void add_config(
    struct buf *out, const struct checkout_place *at, const char *branch)
{
	auto_buf ref = BUF_INIT;
	buf_adds(out, "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n"
		      "\tbare = false\n\tlogallrefupdates = true\n\tprotectHFS = true\n");
	if (at->worktree) {
		buf_adds(out, "\tworktree = ");
		gitdir_quote(out, at->worktree);
		buf_addc(out, '\n');
	}
	buf_adds(out, "[remote \"origin\"]\n\turl = ");
	gitdir_quote(out, at->origin);
	buf_adds(out, "\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n");
	if (!branch)
		return;
	buf_adds(out, "[branch ");
	gitdir_quote(out, branch);
	buf_adds(out, "]\n\tremote = origin\n\tmerge = ");
	buf_addf(&ref, "refs/heads/%s", branch);
	gitdir_quote(out, ref.s);
	buf_addc(out, '\n');
}

/* The source's packed-refs; written from its references where it is not our mirror. */
static int source_refs(const struct tree *t, struct buf *out, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_reflist refs = REFLIST_INIT;
	if (!t->local)
		return file_read(
		    path_join(&a, t->mirror.path, "packed-refs"), REFS_MAX, out, err);
	if (reflist_from_repository(&refs, t->repo, err) < 0)
		return -1;
	reflist_format(&refs, false, out);
	return 0;
}

/* Branches become those of origin, as in a clone; the one checked out is ours too. */
static void clone_refs(const char *text, const struct revision *rev, struct buf *out)
{
	char hex[GIT_OID_HEXSZ + 1];
	size_t n = strcspn(text, "\n");
	buf_add(out, text, n + (text[n] != '\0'));
	if (rev->branch)
		buf_addf(out, "%s refs/heads/%s\n",
		    git_oid_tostr(hex, sizeof(hex), &rev->id), rev->branch);
	for (text += n + (text[n] != '\0'); *text; text += n + (text[n] != '\0')) {
		n = strcspn(text, "\n");
		if (n > 52 && strncmp(text + 40, " refs/heads/", 12) == 0) {
			buf_add(out, text, 41);
			buf_adds(out, "refs/remotes/origin/");
			buf_add(out, text + 52, n - 52);
		} else {
			buf_add(out, text, n);
		}
		buf_addc(out, '\n');
	}
}

static int write_refs(const struct tree *t, const char *git, struct err *err)
{
	auto_buf from = BUF_INIT, to = BUF_INIT;
	auto_arena a = ARENA_INIT;
	const char *head;
	if (source_refs(t, &from, err) < 0)
		return -1;
	clone_refs(from.s, &t->rev, &to);
	if (gitdir_put(git, "packed-refs", to.s, to.len, err) < 0)
		return -1;
	if (!t->default_branch)
		return 0;
	head = arena_printf(&a, "ref: refs/remotes/origin/%s\n", t->default_branch);
	if (dir_make(path_join(&a, git, "refs/remotes/origin"), 0777, err) < 0)
		return -1;
	return gitdir_put(git, "refs/remotes/origin/HEAD", head, strlen(head), err);
}

static int copy_shallow(
    struct arena *a, const char *from, const char *to, struct err *err)
{
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	if (file_read(path_join(a, from, "shallow"), SHALLOW_MAX, &text, &ignored) < 0)
		return 0;
	return gitdir_put(to, "shallow", text.s, text.len, err);
}

int checkout_repository(const struct tree *t, const struct checkout_place *at,
    struct meter *meter, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_buf config = BUF_INIT;
	char hex[GIT_OID_HEXSZ + 1];
	const char *from = git_repository_commondir(t->repo);
	const char *git = at->git, *head;
	head = t->rev.branch ? arena_printf(&a, "ref: refs/heads/%s", t->rev.branch)
			     : git_oid_tostr(hex, sizeof(hex), &t->rev.id);
	add_config(&config, at, t->rev.branch);
	nested_config(&config, at->submodules, at->self);
	if (gitdir_make(git, head, config.s, err) < 0)
		return -1;
	if (objects_bring(path_join(&a, from, "objects"), path_join(&a, git, "objects"),
		meter, err) < 0)
		return -1;
	if (t->local && copy_shallow(&a, from, git, err) < 0)
		return -1;
	return write_refs(t, git, err);
}

static void on_file(const char *path, size_t done, size_t total, void *arg)
{
	(void)path;
	event_progress(arg, "checking out files", (long long)done, (long long)total, 0);
}

/* What the commit has as a submodule, .gitmodules must have, too. */
static int check_gitlinks(
    git_repository *repo, const struct checkout_place *at, struct err *err)
{
	auto_git(index) index = NULL;
	if (git_repository_index(&index, repo) < 0)
		return lib_fail(err, "cannot read the index of '%s'", at->git);
	for (size_t i = 0; i < git_index_entrycount(index); i++) {
		const git_index_entry *e = git_index_get_byindex(index, i);
		if (e->mode != GIT_FILEMODE_COMMIT ||
		    submodule_find(at->submodules, at->self, e->path))
			continue;
		err_set(err, ERR_FAIL,
		    "'%s': there is no URL in .gitmodules for the submodule at '%s'",
		    at->origin, e->path);
		return err_hint(err, "`git submodule add` makes that entry, `git rm "
				     "--cached` takes the submodule out");
	}
	return 0;
}

static int fill_lfs(const char *root, const struct checkout_place *at,
    struct meter *meter, struct err *err)
{
	const struct lfs_place lfs = {.root = root,
	    .git_dir = at->git,
	    .store = at->lfs_store,
	    .other = at->lfs_other,
	    .url = at->url,
	    .origin = at->origin,
	    .offline = at->offline};
	return lfs_fill(&lfs, meter, at->lfs_left, err);
}

int checkout_files(const char *root, const git_oid *id, const struct checkout_place *at,
    struct meter *meter, struct err *err)
{
	auto_git(repository) repo = NULL;
	auto_git(object) commit = NULL;
	git_checkout_options o;
	git_checkout_options_init(&o, GIT_CHECKOUT_OPTIONS_VERSION);
	o.checkout_strategy = GIT_CHECKOUT_FORCE | GIT_CHECKOUT_DONT_REMOVE_EXISTING;
	o.progress_cb = on_file;
	o.progress_payload = meter;
	if (git_repository_open_ext(&repo, root, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) < 0)
		return lib_fail(err, "cannot open the checkout '%s'", root);
	configenv_apply(repo);
	if (git_object_lookup(&commit, repo, id, GIT_OBJECT_COMMIT) < 0 ||
	    git_checkout_tree(repo, commit, &o) < 0)
		return lib_fail(err, "cannot check out the files");
	return check_gitlinks(repo, at, err) < 0 ? -1 : fill_lfs(root, at, meter, err);
}

const char *checkout_lfs_store(
    struct arena *a, const struct request *rq, const char *origin)
{
	return path_join(a, mirror_path(a, rq->cache_dir, origin), "lfs");
}

struct checkout_place checkout_top(
    struct arena *a, struct tree *t, const struct request *rq, const char *root)
{
	struct checkout_place at = {.git = path_join(a, root, ".git"),
	    .origin = rq->origin,
	    .submodules = &t->submodules,
	    .url = rq->url,
	    .offline = rq->offline,
	    .lfs_left = &t->lfs_left};
	if (t->local)
		at.lfs_other = arena_strdup(a, git_repository_commondir(t->local));
	else
		at.lfs_store = checkout_lfs_store(a, rq, rq->origin);
	return at;
}

static int grow(struct tree *t, const struct request *rq, const struct growth *g,
    struct meter *meter, struct err *err)
{
	auto_arena a = ARENA_INIT;
	const struct checkout_place at = checkout_top(&a, t, rq, g->path);
	if (checkout_repository(t, &at, meter, err) < 0)
		return -1;
	tree_release(t);
	if (checkout_files(g->path, &t->rev.id, &at, meter, err) < 0 ||
	    nested_make(t, rq, g->path, false, meter, err) < 0)
		return -1;
	return growth_finish(g, err);
}

int checkout_make(
    struct tree *t, const struct request *rq, struct meter *meter, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct growth g = GROWTH_INIT;
	int rc = growth_begin(&a, rq->dest, &g, err);
	if (rc == 0 && (rc = grow(t, rq, &g, meter, err)) < 0)
		growth_drop(&g);
	growth_release(&g);
	return rc;
}
