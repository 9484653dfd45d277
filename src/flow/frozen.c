/* SPDX-License-Identifier: MIT */
#include "flow/frozen.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/treecopy.h"
#include "run/seat.h"

enum { LINKED_SHOWN = 4, ABANDONED_AGE_S = 3600 };

/* ---- as JSON ---- */

static const struct {
	const char *name;
	size_t offset;
} texts[] = {
    {"tree", offsetof(struct frozen, tree)},
    {"place", offsetof(struct frozen, place)},
    {"uri", offsetof(struct frozen, uri)},
    {"subdir", offsetof(struct frozen, subdir)},
    {"version", offsetof(struct frozen, version)},
    {"commit", offsetof(struct frozen, commit)},
    {"branch", offsetof(struct frozen, branch)},
    {"repo_url", offsetof(struct frozen, repo_url)},
    {"sha256", offsetof(struct frozen, sha256)},
    {"mirrors", offsetof(struct frozen, mirrors)},
};
enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

cJSON *frozen_to_json(const struct frozen *f)
{
	cJSON *j = cJSON_CreateObject();
	for (size_t i = 0; i < TEXTS; i++)
		json_put_bytes(j, texts[i].name,
		    *(const char *const *)((const char *)f + texts[i].offset));
	json_put_int(j, "kind", f->kind);
	json_put_int(j, "dirty", f->dirty);
	return j;
}

static bool is_tree_name(const char *s)
{
	return strlen(s) == SHA256_HEX && strspn(s, "0123456789abcdef") == SHA256_HEX;
}

int frozen_from_json(const cJSON *j, struct arena *a, struct frozen *out)
{
	int64_t kind = json_int(j, "kind", -1);
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < TEXTS; i++)
		*(const char **)((char *)out + texts[i].offset) =
		    json_bytes(j, texts[i].name, a);
	out->kind = (enum source_kind)kind;
	out->dirty = (int)json_int(j, "dirty", -1);
	out->subdir = out->subdir ? out->subdir : "";
	out->place = out->place ? out->place : "";
	if (kind < SOURCE_LOCAL || kind > SOURCE_ARCHIVE || !out->uri)
		return -1;
	return out->tree ? (is_tree_name(out->tree) ? 0 : -1) : out->commit ? 0 : -1;
}

void frozen_note(const struct source *s, struct frozen *f)
{
	*f = (struct frozen){.kind = s->kind,
	    .uri = s->uri,
	    .subdir = s->subdir,
	    .version = s->version,
	    .commit = s->commit,
	    .branch = s->branch,
	    .repo_url = s->repo_url,
	    .sha256 = s->sha256,
	    .mirrors = s->mirrors,
	    .dirty = s->dirty,
	    .place = ""};
}

/* ---- trees ---- */

char *frozen_path(const struct ctx *ctx, struct arena *a, const char *tree)
{
	return arena_printf(a, "%s/queue/trees/%s", ctx->state_dir, tree);
}

/* Those runs that need it: an empty file each. */
static char *needed_path(const struct ctx *ctx, struct arena *a, const char *tree)
{
	return arena_printf(a, "%s/queue/trees/%s.runs", ctx->state_dir, tree);
}

static void tell_linked(
    const struct ctx *ctx, const char *root, const struct strvec *linked, bool container)
{
	auto_buf list = BUF_INIT;
	for (size_t i = 0; i < linked->n && i < LINKED_SHOWN; i++)
		buf_addf(&list, "%s%s", i ? ", " : "", linked->v[i]);
	if (linked->n > LINKED_SHOWN)
		buf_addf(&list, " and %zu more", linked->n - LINKED_SHOWN);
	if (linked->n > 0)
		ctx_say(ctx, SAY_WARNING,
		    "'%s' has more than %d MB, or what cannot be read: of %s there is no "
		    "copy, the queued run gets %s",
		    root, FROZEN_MOST_MB, list.s,
		    container ? "nothing in its container"
			      : "what is there when it begins");
}

/* 0: it is there now under its name. */
static int put_in_place(
    const struct ctx *ctx, struct arena *a, struct tree_copy *t, struct err *err)
{
	const char *path = frozen_path(ctx, a, t->sha256);
	auto_fd fd = -1;
	if (path_is_dir(path)) /* on disk, too */
		return 0;
	if (tree_sync(t->to, t->files, err) < 0)
		return -1;
	if (rename(t->to, path) < 0 && errno != ENOTEMPTY && errno != EEXIST)
		return err_sys(err, errno, "cannot rename '%s'", t->to);
	fd = open(path_dir(a, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		fsync(fd);
	return 0;
}

int frozen_keep(const struct ctx *ctx, struct arena *a, const char *root,
    const char *project, char *const *leave_out, bool container, struct frozen *f,
    struct err *err)
{
	const char *trees = arena_printf(a, "%s/queue/trees", ctx->state_dir);
	size_t n = strlen(root);
	struct tree_copy t = {.from = root,
	    .to = arena_printf(a, "%s/new.%ld", trees, (long)getpid()),
	    .leave_out = leave_out,
	    .most_bytes = (int64_t)FROZEN_MOST_MB << 20};
	struct err ignored = ERR_INIT;
	int rc = -1;
	if (dir_make(trees, 0700, err) < 0)
		return -1;
	if (tree_remove(t.to, err) == 0 && tree_copy(&t, err) == 0)
		rc = put_in_place(ctx, a, &t, err);
	tree_remove(t.to, &ignored); /* there is such a one already, or it failed */
	if (rc == 0) {
		tell_linked(ctx, root, &t.linked, container);
		f->tree = arena_strdup(a, t.sha256);
		f->place = strncmp(project, root, n) == 0 && project[n] == '/'
			       ? arena_strdup(a, project + n + 1)
			       : "";
	}
	strvec_release(&t.linked);
	return rc;
}

int frozen_hold(
    const struct ctx *ctx, const struct frozen *f, const char *run_id, struct err *err)
{
	auto_arena a = ARENA_INIT;
	const char *dir, *file;
	auto_fd fd = -1;
	if (!f->tree)
		return 0;
	dir = needed_path(ctx, &a, f->tree);
	file = path_join(&a, dir, run_id);
	if (!path_is_dir(frozen_path(ctx, &a, f->tree)))
		return err_set(err, ERR_NOTFOUND, "the copy of '%s' is gone", f->uri);
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return err_sys(err, errno, "cannot make directory '%s'", dir);
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? err_sys(err, errno, "cannot make '%s'", file) : 0;
}

static void remove_tree(const struct ctx *ctx, struct arena *a, const char *tree)
{
	const char *path = frozen_path(ctx, a, tree);
	const char *gone = arena_printf(a, "%s.gone.%ld", path, (long)getpid());
	struct err ignored = ERR_INIT;
	if (rename(path, gone) == 0)
		tree_remove(gone, &ignored);
}

int frozen_use(const struct ctx *ctx, const struct frozen *f, const char *run_id)
{
	auto_arena a = ARENA_INIT;
	struct err ignored = ERR_INIT;
	return f && f->tree
		   ? seat_take(
			 path_join(&a, needed_path(ctx, &a, f->tree), run_id), &ignored)
		   : -1;
}

void frozen_drop(const struct ctx *ctx, const char *tree, const char *run_id)
{
	auto_arena a = ARENA_INIT;
	const char *dir;
	if (!tree || !is_tree_name(tree))
		return;
	dir = needed_path(ctx, &a, tree);
	unlink(path_join(&a, dir, run_id));
	if (rmdir(dir) == 0)
		remove_tree(ctx, &a, tree);
}

static bool is_in_use(const char *dir, const char *run_id)
{
	auto_arena a = ARENA_INIT;
	return seat_is_taken(path_join(&a, dir, run_id));
}

static void sweep_runs(const struct ctx *ctx, const char *tree, const char *dir,
    bool (*needs)(void *arg, const char *run_id), void *arg)
{
	auto_dir d = opendir(dir);
	struct dirent *e;
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && !needs(arg, e->d_name) &&
		    !is_in_use(dir, e->d_name))
			frozen_drop(ctx, tree, e->d_name);
}

/* What somebody is making now, or has made for a run that is about to be queued, is young. */
static bool is_abandoned(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && st.st_ctime < time(NULL) - ABANDONED_AGE_S;
}

static void sweep_tree(const struct ctx *ctx, const char *name,
    bool (*needs)(void *arg, const char *run_id), void *arg)
{
	auto_arena a = ARENA_INIT;
	const char *path = frozen_path(ctx, &a, name), *dir;
	struct err ignored = ERR_INIT;
	if (!is_tree_name(name)) {
		if (!strstr(name, ".runs") && name[0] != '.' && is_abandoned(path))
			tree_remove(path, &ignored);
		return;
	}
	dir = needed_path(ctx, &a, name);
	if (path_is_dir(dir))
		sweep_runs(ctx, name, dir, needs, arg);
	else if (is_abandoned(path))
		remove_tree(ctx, &a, name);
}

void frozen_sweep(
    const struct ctx *ctx, bool (*needs)(void *arg, const char *run_id), void *arg)
{
	auto_arena a = ARENA_INIT;
	auto_dir d = opendir(arena_printf(&a, "%s/queue/trees", ctx->state_dir));
	struct dirent *e;
	while (d && (e = readdir(d)))
		sweep_tree(ctx, e->d_name, needs, arg);
}
