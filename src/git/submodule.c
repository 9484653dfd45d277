/* SPDX-License-Identifier: MIT */
#include "git/submodule.h"

#include "base/file.h"
#include "base/path.h"
#include "base/urltext.h"
#include "git/address.h"
#include "git/config.h"
#include "git/gitmodules.h"
#include "git/suburl.h"

enum { URL_MAX_BYTES = 4096 };

struct listing {
	struct arena *a;
	const struct superproject *super;
	git_tree *tree;
	struct submodules *out;
	size_t first; /* of out: where ours begin */
	struct err *err;
};

struct submodule *submodule_find(
    const struct submodules *all, const struct submodule *parent, const char *path)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i]->parent == parent &&
		    strcmp(submodule_path(all->v[i]), path) == 0)
			return all->v[i];
	return NULL;
}

const char *submodule_path(const struct submodule *m)
{
	return m->parent ? m->where + strlen(m->parent->where) + 1 : m->where;
}

const char *submodule_git_dir(struct arena *a, const struct submodule *m)
{
	const char *above = m->parent ? submodule_git_dir(a, m->parent) : NULL;
	return arena_printf(
	    a, "%s%smodules/%s", above ? above : "", above ? "/" : "", m->name);
}

int submodule_blame(const struct submodule *m, struct err *err)
{
	char hex[GIT_OID_HEXSZ + 1];
	git_oid_tostr(hex, sizeof(hex), &m->commit);
	err->code = err->code == ERR_INTERRUPTED ? ERR_INTERRUPTED : ERR_FAIL;
	return err_wrap(err, "submodule '%s' (%s, commit %s)", m->name, m->where, hex);
}

/* What is not there is no damage (lib_is_damage). */
static bool has_entry(struct listing *l, const char *path, git_tree_entry **e)
{
	if (git_tree_entry_bypath(e, l->tree, path) == 0)
		return true;
	git_error_clear();
	return false;
}

/* A link in the way of a path leads somewhere else than the tree says. */
static int check_links(struct listing *l, const struct gitmodule *m)
{
	for (const char *s = m->path; (s = strchr(s, '/')); s++) {
		auto_git(tree_entry) e = NULL;
		const char *above = arena_strndup(l->a, m->path, (size_t)(s - m->path));
		if (!has_entry(l, above, &e))
			return 0;
		if (git_tree_entry_filemode(e) == GIT_FILEMODE_LINK)
			return err_set(l->err, ERR_FAIL,
			    "the path '%s' of submodule '%s' is refused: '%s' is a "
			    "symbolic link",
			    m->path, m->name, above);
	}
	return 0;
}

/* Git directories in one another would share files. */
static int check_name(struct listing *l, const struct submodule *new)
{
	for (size_t i = l->first; i < l->out->n; i++) {
		const struct submodule *old = l->out->v[i];
		size_t n = strlen(old->name), m = strlen(new->name), k = n < m ? n : m;
		if (strcmp(old->where, new->where) == 0)
			return err_set(l->err, ERR_FAIL,
			    "submodules '%s' and '%s' have the same path '%s'", old->name,
			    new->name, new->where);
		if (strncasecmp(old->name, new->name, k) != 0 ||
		    (n > k && old->name[k] != '/') || (m > k && new->name[k] != '/'))
			continue;
		return err_set(l->err, ERR_FAIL,
		    "the name of submodule '%s' is refused: '%s' is in the same place",
		    new->name, old->name);
	}
	return 0;
}

static int refuse_url(struct submodule *m, struct err *err, const char *why)
{
	err_set(err, ERR_FAIL, "the URL '%s' is refused: %s", m->origin, why);
	return submodule_blame(m, err);
}

static int set_remote(
    struct arena *a, struct submodule *m, const struct address *to, struct err *err)
{
	if (to->kind == ADDRESS_OTHER)
		return refuse_url(m, err, "git would start a program for it");
	m->host = to->port ? arena_printf(a, "%s:%s", to->host, to->port) : to->host;
	return 0;
}

static int set_local(struct submodule *m, const struct address *to,
    const struct superproject *super, struct err *err)
{
	if (!super->local)
		return refuse_url(m, err,
		    "it is a place on this machine, and the project is not from here");
	if (to->path[0] != '/')
		return refuse_url(
		    m, err, "it is neither absolute nor begins with ./ or ../");
	m->repo = to->path;
	return 0;
}

/* The repository that `git submodule update` made in a work tree has what it needs. */
static const char *absorbed(struct listing *l, const struct submodule *m)
{
	auto_git(repository) repo = NULL;
	auto_git(commit) commit = NULL;
	const char *path = arena_printf(
	    l->a, "%s/modules/%s", git_repository_commondir(l->super->repo), m->name);
	if (!l->super->local || !path_is_dir(path))
		return NULL;
	if (git_repository_open_bare(&repo, path) == 0 &&
	    git_commit_lookup(&commit, repo, &m->commit) == 0)
		return path;
	git_error_clear();
	return NULL;
}

static int set_url(struct listing *l, struct submodule *m, const struct gitmodule *g)
{
	const char *url = g->url;
	struct address to;
	m->origin = url ? url_public(l->a, url) : "";
	if (!url || !*url) {
		err_set(l->err, ERR_FAIL, "there is no URL in .gitmodules");
		return submodule_blame(m, l->err);
	}
	if (*url == '-')
		return refuse_url(m, l->err, "it looks like an option");
	if (strlen(url) > URL_MAX_BYTES)
		return err_set(l->err, ERR_FAIL,
		    "the URL of submodule '%s' is longer than %d bytes", m->name,
		    URL_MAX_BYTES);
	m->url = suburl_resolve(l->a, l->super->base, url, l->err);
	if (!m->url || address_parse(l->a, m->url, &to, l->err) < 0)
		return submodule_blame(m, l->err);
	m->origin = url_public(l->a, m->url);
	m->repo = absorbed(l, m);
	if (m->repo)
		return 0;
	return to.kind == ADDRESS_LOCAL ? set_local(m, &to, l->super, l->err)
					: set_remote(l->a, m, &to, l->err);
}

static int set_update(struct submodule *m, const char *update, struct err *err)
{
	static const char *const known[] = {"checkout", "rebase", "merge", "none"};
	for (size_t i = 0; update && i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(update, known[i]) == 0) {
			m->left_out = i == 3;
			return 0;
		}
	if (!update)
		return 0;
	err_set(err, ERR_FAIL, "'update = %s' in .gitmodules is refused", update);
	return submodule_blame(m, err);
}

static int add(struct listing *l, const struct gitmodule *g, const git_oid *commit)
{
	const struct submodule *self = l->super->self;
	struct submodule *m = arena_new(l->a, struct submodule);
	m->parent = self;
	m->depth = self ? self->depth + 1 : 1;
	m->name = g->name;
	m->where = self ? path_join(l->a, self->where, g->path) : g->path;
	m->commit = *commit;
	if (m->depth > SUBMODULE_DEPTH || l->out->n == SUBMODULES_MAX) {
		err_set(l->err, ERR_FAIL,
		    "submodules are nested more than %d deep, or are "
		    "more than %d together",
		    SUBMODULE_DEPTH, SUBMODULES_MAX);
		return submodule_blame(m, l->err);
	}
	if (check_name(l, m) < 0 || set_update(m, g->update, l->err) < 0 ||
	    (!m->left_out && set_url(l, m, g) < 0))
		return -1;
	ARENA_GROW(l->a, l->out->v, l->out->n);
	l->out->v[l->out->n++] = m;
	return 0;
}

static int add_all(struct listing *l, const struct gitmodules *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct gitmodule *g = &all->v[i];
		auto_git(tree_entry) e = NULL;
		if (gitmodules_check(g, l->err) < 0 || (g->path && check_links(l, g) < 0))
			return -1;
		if (!g->path || !has_entry(l, g->path, &e) ||
		    git_tree_entry_type(e) != GIT_OBJECT_COMMIT)
			continue;
		if (add(l, g, git_tree_entry_id(e)) < 0)
			return -1;
	}
	return 0;
}

/* 1: *blob is the file; 0: there is none. */
static int find_file(struct listing *l, git_blob **blob)
{
	const git_tree_entry *e = git_tree_entry_byname(l->tree, ".gitmodules");
	if (!e)
		return 0;
	if (git_tree_entry_filemode(e) == GIT_FILEMODE_LINK)
		return err_set(l->err, ERR_FAIL, ".gitmodules is a symbolic link");
	if (git_tree_entry_type(e) != GIT_OBJECT_BLOB)
		return 0;
	if (git_blob_lookup(blob, l->super->repo, git_tree_entry_id(e)) < 0)
		return lib_fail(l->err, "cannot read .gitmodules");
	return 1;
}

static int list(struct listing *l)
{
	auto_git(blob) blob = NULL;
	struct gitmodules all;
	int rc = find_file(l, &blob);
	if (rc <= 0)
		return rc;
	if (gitmodules_parse(l->a, git_blob_rawcontent(blob),
		(size_t)git_blob_rawsize(blob), &all, l->err) < 0)
		return -1;
	return add_all(l, &all);
}

int submodule_list(struct arena *a, const struct superproject *super,
    struct submodules *out, struct err *err)
{
	struct listing l = {a, super, NULL, out, out->n, err};
	auto_git(commit) commit = NULL;
	auto_git(tree) tree = NULL;
	if (git_commit_lookup(&commit, super->repo, &super->commit) < 0 ||
	    git_commit_tree(&tree, commit) < 0)
		return lib_fail(err, "cannot read the tree of '%s'", super->origin);
	l.tree = tree;
	if (list(&l) == 0)
		return 0;
	return super->self ? submodule_blame(super->self, err)
			   : err_wrap(err, "'%s'", super->origin);
}
