/* SPDX-License-Identifier: MIT */
#include "git/reuse.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/inside.h"
#include "base/lockfile.h"
#include "base/path.h"
#include "base/snapshot.h"
#include "git/checkout.h"
#include "git/indexes.h"
#include "git/lfs.h"
#include "git/nested.h"

struct reuse {
	struct arena *a;
	const struct request *rq;
	struct meter *meter;
	const char *checkouts;	      /* the directory that rq->dest is in */
	const char *dir;	      /* <cache>/clean/KEY */
	const char *snapshot, *index; /* of the checkout that is made or taken */
};

static int hash_file(const char *path, unsigned char out[SNAPSHOT_HASH])
{
	git_oid id;
	if (git_odb_hashfile(&id, path, GIT_OBJECT_BLOB) < 0)
		return -1;
	memcpy(out, id.id, SNAPSHOT_HASH);
	return 0;
}

static struct snapshot_tree tree_at(const char *root)
{
	return (struct snapshot_tree){.root = root, .skip = ".git", .hash = hash_file};
}

static void add_setting(struct buf *text, const git_config *config, const char *name)
{
	git_config_entry *e = NULL;
	if (git_config_get_entry(&e, config, name) == 0)
		buf_addf(text, "%s=%s\n", name, e->value ? e->value : "");
	git_config_entry_free(e);
}

/* The user's gitattributes say how line ends are written. */
static void add_attributes(struct buf *text, const git_config *config)
{
	auto_arena a = ARENA_INIT;
	const char *home = getenv("HOME"), *xdg = getenv("XDG_CONFIG_HOME");
	git_buf named = GIT_BUF_INIT;
	const char *files[3] = {"/etc/gitattributes"};
	git_oid id;
	if (xdg && *xdg)
		files[1] = path_join(&a, xdg, "git/attributes");
	else if (home)
		files[1] = path_join(&a, home, ".config/git/attributes");
	if (git_config_get_path(&named, config, "core.attributesfile") == 0)
		files[2] = named.ptr;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i] && git_odb_hashfile(&id, files[i], GIT_OBJECT_BLOB) == 0)
			buf_add(text, &id, sizeof(id));
	git_buf_dispose(&named);
}

/* The same content may be written in other ways. */
static const char *make_key(struct arena *a, const struct tree *t, const char *origin)
{
	static const char *const settings[] = {
	    "core.autocrlf", "core.eol", "core.symlinks", "core.filemode"};
	auto_git(config) config = NULL;
	auto_buf text = BUF_INIT;
	char hex[GIT_OID_HEXSZ + 1];
	mode_t mask = umask(0);
	git_oid id;
	umask(mask);
	buf_addf(&text, "%s\n%s\n%o %u %d\n", origin,
	    git_oid_tostr(hex, sizeof(hex), &t->rev.id), (unsigned)mask,
	    (unsigned)geteuid(), lfs_is_wanted());
	if (git_repository_config(&config, t->repo) == 0) {
		for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
			add_setting(&text, config, settings[i]);
		add_attributes(&text, config);
	}
	git_odb_hash(&id, text.s, text.len, GIT_OBJECT_BLOB);
	return arena_strdup(a, git_oid_tostr(hex, sizeof(hex), &id));
}

static void reuse_init(struct reuse *r, struct arena *a, const struct tree *t,
    const struct request *rq, struct meter *meter)
{
	const char *name = path_base(rq->dest);
	r->a = a;
	r->rq = rq;
	r->meter = meter;
	r->checkouts = path_dir(a, rq->dest);
	r->dir =
	    arena_printf(a, "%s/clean/%s", rq->cache_dir, make_key(a, t, rq->origin));
	r->snapshot = path_join(a, r->dir, name);
	r->index = arena_printf(a, "%s.index", r->snapshot);
}

/* Nothing that the command wrote into .git may be there for the next one. */
static int renew_repository(
    struct reuse *r, struct tree *t, const char *root, const char *index, struct err *err)
{
	const struct checkout_place at = checkout_top(r->a, t, r->rq, root);
	int rc;
	if (tree_resume(r->rq, r->meter, t, err) < 0 || tree_remove(at.git, err) < 0 ||
	    checkout_repository(t, &at, r->meter, err) < 0)
		return -1;
	if (t->submodules.n == 0)
		return indexes_give(root, t, index, err);
	tree_pause(t);
	rc = nested_make(t, r->rq, root, true, r->meter, err);
	if (rc == 0)
		rc = indexes_give(root, t, index, err);
	t->fault = NULL;
	return rc;
}

/* The snapshot first: whatever happens then, a checkout with one is as it says. */
static int take_over(struct reuse *r, const char *root, const char *snapshot,
    const char *index, struct err *err)
{
	if (rename(snapshot, r->snapshot) < 0)
		return err_sys(err, errno, "cannot rename '%s'", snapshot);
	if (rename(index, r->index) < 0 || rename(root, r->rq->dest) < 0) {
		err_sys(err, errno, "cannot rename '%s'", root);
		unlink(r->snapshot);
		return -1;
	}
	return 0;
}

static bool try_one(struct reuse *r, struct tree *t, const char *name)
{
	const char *root = path_join(r->a, r->checkouts, name);
	const char *lock = arena_printf(r->a, "%s.lock", root);
	const char *snapshot = path_join(r->a, r->dir, name);
	const char *index = arena_printf(r->a, "%s.index", snapshot);
	struct snapshot_tree tree = tree_at(root);
	struct err ignored = ERR_INIT;
	auto_fd fd = -1;
	if (lockfile_try(lock, false, &fd, &ignored) != 1 || process_inside(root))
		return false;
	if (snapshot_compare(&tree, snapshot, NULL, &ignored) != 1) {
		unlink(snapshot);
		unlink(index);
		return false;
	}
	if (renew_repository(r, t, root, index, &ignored) < 0 ||
	    take_over(r, root, snapshot, index, &ignored) < 0)
		return false;
	unlink(lock);
	return true;
}

static bool ends_in_index(const char *name)
{
	size_t n = strlen(name);
	return n > 6 && strcmp(name + n - 6, ".index") == 0;
}

static bool find_one(struct reuse *r, struct tree *t)
{
	auto_dir d = opendir(r->dir);
	struct dirent *e;
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && !ends_in_index(e->d_name) &&
		    try_one(r, t, e->d_name))
			return true;
	return false;
}

/* A checkout that cannot be proved later is as good for this run as any. */
static bool remember(struct reuse *r, const struct tree *t)
{
	struct snapshot_tree tree = tree_at(r->rq->dest);
	struct err ignored = ERR_INIT;
	if (dir_make(r->dir, 0700, &ignored) < 0 ||
	    indexes_keep(r->rq->dest, t, r->index, &ignored) < 0)
		return false;
	if (snapshot_take(&tree, r->snapshot, &ignored) == 0)
		return true;
	unlink(r->index);
	return false;
}

int reuse_or_make(struct tree *t, const struct request *rq, struct meter *meter,
    cJSON *answer, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct reuse r;
	bool reused = false, known = false;
	if (rq->reuse) {
		reuse_init(&r, &a, t, rq, meter);
		known = reused = find_one(&r, t);
	}
	if (reused)
		tree_release(t);
	else if (tree_resume(rq, meter, t, err) < 0 ||
		 checkout_make(t, rq, meter, err) < 0)
		return -1;
	else if (rq->reuse)
		known = remember(&r, t);
	lfs_warn(t->lfs_left);
	json_put_bool(answer, "reused", reused);
	json_put_str(answer, "snapshot", known ? r.snapshot : NULL);
	return 0;
}
