/* SPDX-License-Identifier: MIT */
/* frozen_fetch.c -- for a run.  Apart, since libmlp needs the rest and no source/. */
#include <ctype.h>
#include <inttypes.h>
#include <sys/random.h>

#include "base/file.h"
#include "base/path.h"
#include "base/treecopy.h"
#include "flow/frozen.h"

enum { NAME_SHOWN = 40 };

static const char *copy_path(
    const struct ctx *ctx, struct arena *a, const struct frozen *f)
{
	const char *base = path_base(f->uri);
	uint64_t r = 0;
	char *name;
	(void)!getrandom(&r, sizeof(r), 0);
	name = arena_printf(a, "%.*s-%016" PRIx64, NAME_SHOWN, base, r);
	for (char *s = name; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '-' && *s != '_')
			*s = '_';
	return arena_printf(a, "%s/checkouts/%s", ctx->cache_dir, name);
}

static int copy_out(const struct ctx *ctx, struct arena *a, const struct frozen *f,
    struct source *out, struct err *err)
{
	struct tree_copy t = {
	    .from = frozen_path(ctx, a, f->tree), .to = out->lease.root};
	int rc;
	if (!path_is_dir(t.from))
		return err_set(err, ERR_NOTFOUND,
		    "the copy of '%s', made when the run was queued, is gone", f->uri);
	rc = tree_copy(&t, err);
	strvec_release(&t.linked);
	if (rc == 0 && strcmp(t.sha256, f->tree) != 0)
		return err_set(err, ERR_FAIL,
		    "the copy of '%s', made when the run was queued, is damaged", f->uri);
	return rc;
}

static int fetch_tree(const struct ctx *ctx, struct arena *a, const struct frozen *f,
    struct source *out, struct err *err)
{
	if (!ctx->cache_dir || !ctx->state_dir) {
		err_set(err, ERR_FAIL, "there is no place for a copy of '%s'", f->uri);
		return err_hint(err, "set HOME, or XDG_CACHE_HOME and XDG_STATE_HOME");
	}
	if (lease_take(a, copy_path(ctx, a, f), &out->lease, err) < 0)
		return -1;
	if (copy_out(ctx, a, f, out, err) < 0) {
		lease_drop(&out->lease);
		return -1;
	}
	lease_watch(a, &out->lease, path_join(a, ctx->cache_dir, "clean/frozen"));
	out->root = out->lease.root;
	out->dir = *f->place ? path_join(a, out->root, f->place) : out->root;
	return 0;
}

/* The commit is in the mirror: nobody is asked for it. */
static int fetch_commit(const struct ctx *ctx, struct arena *a, const struct frozen *f,
    const char *uri, const char *version, struct source *out, struct err *err)
{
	struct source_uri u;
	if (source_parse(a, ctx->cwd, uri, version != NULL, &u, err) < 0)
		return -1;
	if (u.tree) {
		u.tree = NULL;
		u.subdir = f->subdir;
	}
	return source_fetch(ctx, a, &u, f->commit, out, err);
}

int frozen_fetch(const struct ctx *ctx, struct arena *a, const struct frozen *f,
    const char *uri, const char *version, struct source *out, struct err *err)
{
	memset(out, 0, sizeof(*out));
	if ((f->tree ? fetch_tree(ctx, a, f, out, err)
		     : fetch_commit(ctx, a, f, uri, version, out, err)) < 0)
		return -1;
	out->kind = f->kind;
	out->uri = f->uri;
	out->subdir = f->subdir;
	out->version = f->version;
	out->commit = f->commit;
	out->branch = f->branch;
	out->repo_url = f->repo_url;
	out->sha256 = f->sha256;
	out->dirty = f->dirty;
	return 0;
}
