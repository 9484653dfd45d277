/* SPDX-License-Identifier: MIT */
#include "git/submodules.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "git/facts.h"
#include "git/subfetch.h"

struct bringing {
	struct arena *a;
	const struct request *rq;
	struct meter *meter;
	struct submodules *all;
	const struct submodule **fault;
	struct err *err;
};

static bool has_commit(git_repository *repo, const git_oid *id)
{
	auto_git(commit) c = NULL;
	if (git_commit_lookup(&c, repo, id) == 0)
		return true;
	git_error_clear(); /* no damage: it may be fetched */
	return false;
}

static int lacks(const struct submodule *m, struct err *err)
{
	err_set(err, ERR_FAIL, "'%s' does not have it", m->repo ? m->repo : m->origin);
	return submodule_blame(m, err);
}

static int open_in_place(const struct submodule *m, struct tree *t, struct err *err)
{
	if (git_repository_open_ext(
		&t->local, m->repo, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) < 0) {
		lib_fail(err, "cannot open the repository '%s'", m->repo);
		return submodule_blame(m, err);
	}
	t->repo = t->local;
	return has_commit(t->repo, &m->commit) ? 1 : lacks(m, err);
}

static int open_mirror(const struct submodule *m, const struct request *rq,
    struct meter *meter, struct tree *t, struct err *err)
{
	char hex[GIT_OID_HEXSZ + 1];
	struct request sub = {.url = m->url, .origin = m->origin, .host = m->host};
	struct err why = ERR_INIT;
	if (!rq->cache_dir)
		return err_set(err, ERR_USAGE, "the request has no \"cache_dir\"");
	sub.cache_dir = rq->cache_dir;
	sub.version = git_oid_tostr(hex, sizeof(hex), &m->commit);
	sub.offline = true; /* a fetch is subfetch's affair */
	if (mirror_open(&t->mirror, &sub, meter, &why) < 0) {
		tree_release(t);
		if (why.code == ERR_NOTFOUND)
			return 0;
		*err = why;
		return submodule_blame(m, err);
	}
	t->repo = t->mirror.repo;
	if (has_commit(t->repo, &m->commit))
		return 1;
	tree_release(t);
	return 0;
}

int submodule_open(struct arena *a, const struct submodule *m, const struct request *rq,
    struct meter *meter, struct tree *t, struct err *err)
{
	int rc = m->repo ? open_in_place(m, t, err) : open_mirror(m, rq, meter, t, err);
	if (rc != 1)
		return rc;
	t->rev = (struct revision){.id = m->commit};
	t->subdir = "";
	t->default_branch = revision_default_branch(a, t->repo);
	return 1;
}

/* A work tree's upstream, else where the repository itself is. */
static const char *base_url(
    struct arena *a, const struct request *rq, const struct tree *t)
{
	const char *remote;
	if (!t->local)
		return rq->url;
	remote = git_repository_is_bare(t->local) ? NULL : facts_remote_url(a, t->local);
	return remote ? remote : rq->repo;
}

static struct superproject project(
    struct arena *a, const struct request *rq, const struct tree *t)
{
	return (struct superproject){.repo = t->repo,
	    .commit = t->rev.id,
	    .base = base_url(a, rq, t),
	    .origin = rq->origin,
	    .local = t->local != NULL};
}

/* Its own submodules, at the end of the list. */
static int list_below(struct bringing *b, const struct submodule *m, struct tree *t)
{
	struct superproject super = {.self = m, .repo = t->repo, .commit = m->commit};
	super.base = m->url;
	super.origin = m->origin;
	super.local = t->local != NULL;
	*b->fault = m;
	if (submodule_list(b->a, &super, b->all, b->err) < 0)
		return -1;
	*b->fault = NULL;
	return 0;
}

/* 1: it was there and has been looked into; 0: it must be fetched. */
static int look_into(struct bringing *b, struct submodule *m)
{
	auto_tree t = TREE_INIT;
	int rc = submodule_open(b->a, m, b->rq, b->meter, &t, b->err);
	return rc == 1 && list_below(b, m, &t) < 0 ? -1 : rc;
}

static int look_again(struct bringing *b, struct submodule *m)
{
	int rc = look_into(b, m);
	if (rc != 0)
		return rc;
	return lacks(m, b->err);
}

/* The submodules `from` to `end` of the list, which grows. */
static int bring_level(struct bringing *b, size_t from, size_t end)
{
	struct submodule **missing =
	    arena_array(b->a, end - from, sizeof(struct submodule *));
	size_t n = 0;
	for (size_t i = from; i < end; i++) {
		struct submodule *m = b->all->v[i];
		int rc = m->left_out ? 1 : look_into(b, m);
		if (rc < 0)
			return -1;
		if (rc == 0)
			missing[n++] = m;
		if (m->left_out)
			event_warning("submodule '%s' (%s) is left out: its 'update' in "
				      ".gitmodules is none",
			    m->name, m->where);
	}
	if (n > 0 && subfetch_all(b->a, b->rq, missing, n, b->meter, b->err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (look_again(b, missing[i]) < 0)
			return -1;
	return 0;
}

static int bring_all(struct bringing *b)
{
	for (size_t from = 0; from < b->all->n;) {
		size_t end = b->all->n;
		if (bring_level(b, from, end) < 0)
			return -1;
		from = end;
	}
	return 0;
}

int submodules_bring(struct arena *a, const struct request *rq, struct meter *meter,
    struct tree *t, struct err *err)
{
	struct superproject super = project(a, rq, t);
	struct bringing b = {a, rq, meter, &t->submodules, &t->fault, err};
	if (submodule_list(a, &super, &t->submodules, err) < 0)
		return -1;
	if (t->submodules.n == 0)
		return 0;
	tree_pause(t);
	if (bring_all(&b) < 0)
		return -1;
	return tree_resume(rq, meter, t, err);
}

/* The submodule that a directory lies in, by what the tree holds.  NULL: none. */
static const char *find_gitlink(struct arena *a, const struct tree *t)
{
	auto_git(commit) commit = NULL;
	auto_git(tree) tree = NULL;
	if (git_commit_lookup(&commit, t->repo, &t->rev.id) < 0 ||
	    git_commit_tree(&tree, commit) < 0)
		return NULL;
	for (size_t n = strcspn(t->subdir, "/"); n > 0;) {
		auto_git(tree_entry) e = NULL;
		const char *part = arena_strndup(a, t->subdir, n);
		if (git_tree_entry_bypath(&e, tree, part) < 0) {
			git_error_clear();
			return NULL;
		}
		if (git_tree_entry_type(e) == GIT_OBJECT_COMMIT)
			return part;
		if (!t->subdir[n])
			return NULL;
		n += 1 + strcspn(t->subdir + n + 1, "/");
	}
	return NULL;
}

static int enter(struct bringing *b, struct submodule *m, struct tree *t)
{
	const char *rest = t->subdir + strlen(submodule_path(m));
	int rc;
	tree_release(t);
	rc = submodule_open(b->a, m, b->rq, b->meter, t, b->err);
	if (rc == 0 && subfetch_all(b->a, b->rq, &m, 1, b->meter, b->err) < 0)
		return -1;
	if (rc == 0)
		rc = submodule_open(b->a, m, b->rq, b->meter, t, b->err);
	if (rc == 0)
		return lacks(m, b->err);
	t->subdir = rest + (*rest == '/');
	return rc < 0 ? -1 : 0;
}

int submodules_enter(struct arena *a, const struct request *rq, struct meter *meter,
    struct tree *t, struct err *err)
{
	struct superproject super = project(a, rq, t);
	struct submodules all = {NULL, 0};
	struct bringing b = {a, rq, meter, &all, NULL, err};
	const char *path;
	while ((path = find_gitlink(a, t))) {
		struct submodule *m;
		super.repo = t->repo;
		if (submodule_list(a, &super, &all, err) < 0)
			return -1;
		m = submodule_find(&all, super.self, path);
		if (!m || m->left_out)
			return 0;
		if (enter(&b, m, t) < 0)
			return -1;
		super =
		    (struct superproject){.self = m, .commit = m->commit, .base = m->url};
		super.origin = m->origin;
		super.local = t->local != NULL;
	}
	return 0;
}

int submodule_fetch(const struct request *rq, struct meter *meter, const char **mirror,
    struct arena *a, struct err *err)
{
	auto_mirror m = MIRROR_INIT;
	git_oid id;
	int rc = mirror_open(&m, rq, meter, err);
	*mirror = m.path && m.repo ? arena_strdup(a, m.path) : NULL;
	if (rc < 0)
		return -1;
	if (!rq->version || git_oid_fromstr(&id, rq->version) < 0)
		return err_set(err, ERR_USAGE, "the request names no commit");
	if (has_commit(m.repo, &id))
		return 0;
	if (rq->offline) {
		err_set(err, ERR_FAIL, "the copy of '%s' in the cache does not have it",
		    rq->origin);
		return err_hint(err, "--offline asks nobody: without it, it is fetched");
	}
	err_set(err, ERR_FAIL, "'%s' does not have it", rq->origin);
	return err_hint(err, "was the submodule's commit pushed, or has it been removed "
			     "by a forced push?");
}
