/* SPDX-License-Identifier: MIT */
#include "git/checkout.h"

#include "base/file.h"
#include "base/growth.h"
#include "base/path.h"
#include "git/gitdir.h"
#include "git/objects.h"
#include "git/reftext.h"

enum { REFS_MAX = 512 * 1024 * 1024, SHALLOW_MAX = 1024 * 1024 };

static const char *git_dir(struct arena *a, const struct growth *g)
{
	return path_join(a, g->path, ".git");
}

static void add_config(struct buf *out, const char *origin, const char *branch)
{
	auto_buf ref = BUF_INIT;
	buf_adds(out, "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n"
		      "\tbare = false\n\tlogallrefupdates = true\n\tprotectHFS = true\n"
		      "[remote \"origin\"]\n\turl = ");
	gitdir_quote(out, origin);
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

static int write_refs(const struct tree *t, const struct growth *g, struct err *err)
{
	auto_buf from = BUF_INIT, to = BUF_INIT;
	auto_arena a = ARENA_INIT;
	const char *git = git_dir(&a, g), *head;
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

static int make_repository(const struct tree *t, const struct request *rq,
    const struct growth *g, struct meter *meter, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_buf config = BUF_INIT;
	char hex[GIT_OID_HEXSZ + 1];
	const char *from = git_repository_commondir(t->repo);
	const char *git = git_dir(&a, g), *head;
	head = t->rev.branch ? arena_printf(&a, "ref: refs/heads/%s", t->rev.branch)
			     : git_oid_tostr(hex, sizeof(hex), &t->rev.id);
	add_config(&config, rq->origin, t->rev.branch);
	if (gitdir_make(git, head, config.s, err) < 0)
		return -1;
	if (objects_bring(path_join(&a, from, "objects"), path_join(&a, git, "objects"),
		meter, err) < 0)
		return -1;
	if (t->local && copy_shallow(&a, from, git, err) < 0)
		return -1;
	return write_refs(t, g, err);
}

static void on_file(const char *path, size_t done, size_t total, void *arg)
{
	(void)path;
	event_progress(arg, "checking out files", (long long)done, (long long)total, 0);
}

static void warn_of_submodules(const git_object *commit)
{
	auto_git(tree) tree = NULL;
	if (git_commit_tree(&tree, (const git_commit *)commit) == 0 &&
	    git_tree_entry_byname(tree, ".gitmodules"))
		event_warning(
		    "the project has git submodules, which are not supported yet: "
		    "their directories are empty");
}

static int fill(
    const struct growth *g, const git_oid *id, struct meter *meter, struct err *err)
{
	auto_git(repository) repo = NULL;
	auto_git(object) commit = NULL;
	git_checkout_options o;
	git_checkout_options_init(&o, GIT_CHECKOUT_OPTIONS_VERSION);
	o.checkout_strategy = GIT_CHECKOUT_FORCE | GIT_CHECKOUT_DONT_REMOVE_EXISTING;
	o.progress_cb = on_file;
	o.progress_payload = meter;
	if (git_repository_open_ext(&repo, g->path, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) <
		0 ||
	    git_object_lookup(&commit, repo, id, GIT_OBJECT_COMMIT) < 0 ||
	    git_checkout_tree(repo, commit, &o) < 0)
		return lib_fail(err, "cannot check out the files");
	warn_of_submodules(commit);
	return 0;
}

static int grow(struct tree *t, const struct request *rq, const struct growth *g,
    struct meter *meter, struct err *err)
{
	auto_arena a = ARENA_INIT;
	git_oid id = t->rev.id;
	if (make_repository(t, rq, g, meter, err) < 0)
		return -1;
	tree_release(t);
	if (fill(g, &id, meter, err) < 0)
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

int checkout_repository(const struct tree *t, const struct request *rq, const char *root,
    struct meter *meter, struct err *err)
{
	const struct growth g = {.path = root, .lock = -1};
	return make_repository(t, rq, &g, meter, err);
}
