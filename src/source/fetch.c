/* SPDX-License-Identifier: MIT */
#include "source/source.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/urltext.h"
#include "source/archive.h"
#include "source/links.h"
#include "source/repository.h"

enum { NAME_SHOWN = 40 };

static const char *checkout_path(
    const struct ctx *ctx, struct arena *a, const struct source_uri *u)
{
	const char *base = path_base(u->origin);
	int n = (int)strcspn(base, ".?"); /* the name, without .git */
	uint64_t r = 0;
	char *name;
	/* never short for so few bytes; and a name that is taken is an error of mkdir */
	(void)!getrandom(&r, sizeof(r), 0);
	name =
	    arena_printf(a, "%.*s-%016" PRIx64, n < NAME_SHOWN ? n : NAME_SHOWN, base, r);
	for (char *s = name; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '-' && *s != '_')
			*s = '_';
	return arena_printf(a, "%s/checkouts/%s", ctx->cache_dir, name);
}

/* The project directory: it exists and, links followed, is inside root. */
static int enter_subdir(struct arena *a, const struct source_uri *u, const char *root,
    const char *subdir, const char **dir, struct err *err)
{
	*dir = *subdir ? path_join(a, root, subdir) : root;
	if (!path_is_dir(*dir)) {
		err_set(err, ERR_NOTFOUND, "Could not find subdirectory %s of %s", subdir,
		    u->origin ? u->origin : u->path);
		return -1;
	}
	if (path_leads_out(root, *dir))
		return err_set(err, ERR_USAGE, "subdirectory %s of %s leads out of it",
		    subdir, u->origin ? u->origin : u->path);
	return links_check(a, root, *dir, u->origin ? u->origin : u->path, err);
}

static void source_init(
    struct arena *a, const struct source_uri *u, const char *version, struct source *out)
{
	memset(out, 0, sizeof(*out));
	out->kind = u->kind;
	out->uri = arena_strdup(a, u->shown);
	out->subdir = arena_strdup(a, u->subdir);
	out->version = version ? arena_strdup(a, version) : NULL;
	out->dirty = -1;
}

static int local_dir(
    struct arena *a, const struct source_uri *u, struct source *out, struct err *err)
{
	out->dir = *u->subdir ? path_join(a, u->path, u->subdir) : u->path;
	out->uri = *u->subdir ? arena_printf(a, "%s#%s", url_before_fragment(a, u->path),
				    u->subdir)
			      : u->path;
	if (path_is_dir(out->dir))
		return 0;
	return err_set(err, ERR_NOTFOUND, "Could not find subdirectory %s of %s",
	    u->subdir, u->path);
}

static int need_cache(const struct ctx *ctx, const struct source_uri *u, struct err *err)
{
	if (ctx->cache_dir)
		return 0;
	err_set(err, ERR_FAIL, "there is no place for a copy of '%s': HOME is not set",
	    u->shown);
	return err_hint(err, "set HOME or XDG_CACHE_HOME");
}

static const char *copy_str(struct arena *a, const cJSON *j, const char *name)
{
	const char *s = json_str(j, name);
	return s ? arena_strdup(a, s) : NULL;
}

static void take_answer(struct arena *a, const cJSON *done, struct source *out)
{
	out->commit = copy_str(a, done, "commit");
	out->branch = copy_str(a, done, "branch");
	out->repo_url = copy_str(a, done, "repo_url");
	out->sha256 = copy_str(a, done, "sha256");
	out->mirrors = copy_str(a, done, "mirrors");
	out->dirty = out->kind == SOURCE_GIT ? 0 : -1;
}

/* What was given as the address of a page is recorded in the words of everybody else. */
static void take_page(
    struct arena *a, const struct source_uri *u, const cJSON *done, struct source *out)
{
	const char *subdir = copy_str(a, done, "subdir");
	if (!u->tree)
		return;
	out->version = copy_str(a, done, "version");
	out->subdir = subdir ? subdir : "";
	out->uri =
	    arena_printf(a, "%s%s%s", u->origin, *out->subdir ? "#" : "", out->subdir);
}

/* "owner/repo" may have been meant for a directory. */
static int name_short_form(const struct source_uri *u, struct err *err)
{
	if (!u->short_form || err->code == ERR_INTERRUPTED)
		return -1;
	return err_wrap(err, "'%s' is no directory here and was taken for '%s'",
	    u->short_form, u->origin);
}

static bool may_be_archive(const struct source_uri *u, const char *version)
{
	return !version && !u->repo && !u->tree && !u->short_form &&
	       strncasecmp(u->url, "http", 4) == 0;
}

/*
 * What a server does not know as a repository may be an archive: that shows in what it
 * sends.  git_op: repository.h; *kind: what it was.
 */
static int ask_any(const struct ctx *ctx, const struct source_uri *u, const char *git_op,
    const char *version, const char *dest, enum source_kind *kind, cJSON **done,
    struct err *err)
{
	const char *op = strcmp(git_op, "checkout") == 0 ? "extract" : "peek";
	struct err why = ERR_INIT, second = ERR_INIT;
	*kind = u->kind;
	if (need_cache(ctx, u, err) < 0)
		return -1;
	if (u->kind == SOURCE_ARCHIVE)
		return archive_ask(ctx, u, op, dest, false, done, err);
	if (repository_ask(ctx, u, git_op, version, dest, done, &why) == 0)
		return 0;
	*kind = SOURCE_ARCHIVE;
	if (why.code == ERR_NOTFOUND && may_be_archive(u, version)) {
		if (archive_ask(ctx, u, op, dest, true, done, &second) == 0)
			return 0;
		if (second.code != ERR_NOTFOUND && second.code != ERR_CONFLICT)
			why = second;
	}
	*err = why;
	return name_short_form(u, err);
}

static void take_lease(
    const struct ctx *ctx, struct arena *a, const cJSON *done, struct source *out)
{
	struct lease *l = &out->lease;
	l->reusable = out->kind == SOURCE_GIT;
	l->reused = json_bool(done, "reused", false);
	l->snapshot = copy_str(a, done, "snapshot");
	if (out->kind == SOURCE_ARCHIVE)
		lease_watch(a, l, path_join(a, ctx->cache_dir, "clean/archives"));
}

/* Under the lease. */
static int fetch_into(const struct ctx *ctx, struct arena *a, const struct source_uri *u,
    const char *version, const char *dest, struct source *out, struct err *err)
{
	auto_json done = NULL;
	const char *root;
	if (ask_any(ctx, u, "checkout", version, dest, &out->kind, &done, err) < 0)
		return -1;
	take_answer(a, done, out);
	take_page(a, u, done, out);
	take_lease(ctx, a, done, out);
	out->root = dest;
	root = out->kind == SOURCE_ARCHIVE ? archive_top(a, dest, u->subdir) : dest;
	return enter_subdir(a, u, root, out->subdir, &out->dir, err);
}

int source_fetch(const struct ctx *ctx, struct arena *a, const struct source_uri *u,
    const char *version, struct source *out, struct err *err)
{
	const char *dest;
	source_init(a, u, version, out);
	if (u->kind == SOURCE_LOCAL)
		return local_dir(a, u, out, err);
	if (need_cache(ctx, u, err) < 0)
		return -1;
	dest = checkout_path(ctx, a, u);
	if (lease_take(a, dest, &out->lease, err) < 0)
		return -1;
	if (fetch_into(ctx, a, u, version, dest, out, err) == 0)
		return 0;
	lease_drop(&out->lease);
	return -1;
}

static char *temp_dir(struct arena *a, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	char *path = path_join(a, tmp && tmp[0] == '/' ? tmp : "/tmp", "mlp-peek-XXXXXX");
	if (mkdtemp(path))
		return path;
	err_sys(err, errno, "cannot make a temporary directory '%s'", path);
	return NULL;
}

static int peeked_dir(struct arena *a, const struct source_uri *u, const cJSON *done,
    struct source *out, struct err *err)
{
	const char *dir = json_str(done, "dir");
	take_answer(a, done, out);
	take_page(a, u, done, out);
	if (out->kind == SOURCE_ARCHIVE)
		return enter_subdir(a, u, archive_top(a, out->root, u->subdir), u->subdir,
		    &out->dir, err);
	out->dir = dir && *dir ? path_join(a, out->root, dir) : out->root;
	return 0;
}

static int look(const struct ctx *ctx, struct arena *a, const struct source_uri *u,
    const char *version, const char *git_op, struct source *out, struct err *err)
{
	auto_json done = NULL;
	source_init(a, u, version, out);
	if (u->kind == SOURCE_LOCAL)
		return local_dir(a, u, out, err);
	out->root = temp_dir(a, err);
	if (!out->root)
		return -1;
	if (ask_any(ctx, u, git_op, version, out->root, &out->kind, &done, err) < 0 ||
	    peeked_dir(a, u, done, out, err) < 0) {
		source_peek_done(out);
		return -1;
	}
	return 0;
}

int source_peek(const struct ctx *ctx, struct arena *a, const struct source_uri *u,
    const char *version, struct source *out, struct err *err)
{
	return look(ctx, a, u, version, "peek", out, err);
}

int source_bring(const struct ctx *ctx, struct arena *a, const struct source_uri *u,
    const char *version, struct source *out, struct err *err)
{
	return look(ctx, a, u, version, "bring", out, err);
}

void source_peek_done(const struct source *s)
{
	struct err ignored = ERR_INIT;
	if (s->kind != SOURCE_LOCAL && s->root)
		tree_remove(s->root, &ignored);
}
