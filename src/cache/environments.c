/* SPDX-License-Identifier: MIT */
#include "cache/environments.h"

#include <sys/stat.h>

#include "base/ask.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/lockfile.h"
#include "base/path.h"
#include "cache/sweep.h"
#include "env/venv.h"

enum { NOTE_MAX = 64 * 1024, REMOVE_MS = 120 * 1000 };

const char *environment_word(enum environment_kind kind)
{
	static const char *const words[] = {[MADE_VIRTUALENV] = "virtualenv",
	    [MADE_CONDA] = "conda",
	    [MADE_IMAGE] = "image"};
	return words[kind];
}

struct environment *environments_add(
    struct environments *all, enum environment_kind kind, const char *name)
{
	struct environment *env;
	ARENA_GROW(all->a, all->v, all->n);
	env = &all->v[all->n++];
	memset(env, 0, sizeof(*env));
	env->kind = kind;
	env->name = name;
	return env;
}

static const char *text_of(struct arena *a, const cJSON *j, const char *name)
{
	const char *s = json_str(j, name);
	return s ? arena_strdup(a, s) : NULL;
}

cJSON *environments_read_note(const char *path)
{
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	if (file_read(path, NOTE_MAX, &text, &ignored) < 0)
		return NULL;
	return json_parse(text.s, text.len, path, &ignored);
}

/* Somebody holds the lock; one that is not there is nobody's. */
static bool is_locked(const char *lock)
{
	struct err ignored = ERR_INIT;
	auto_fd fd = -1;
	return path_exists(lock) && lockfile_try(lock, false, &fd, &ignored) == 0;
}

static void measure(struct environment *env)
{
	struct usage u = {.v = NULL};
	env->bytes = usage_measure(&u, env->path);
	usage_release(&u);
	env->used = sweep_time(env->lock);
	env->used = env->used < env->made ? env->made : env->used;
	env->in_use = is_locked(env->lock);
}

static void add_virtualenv(struct environments *all, const char *dir, const char *name)
{
	struct arena *a = all->a;
	const char *path = path_join(a, dir, name), *python;
	auto_json note = environments_read_note(path_join(a, path, VENV_MARK));
	struct environment *env;
	if (!note)
		return; /* not complete */
	env = environments_add(all, MADE_VIRTUALENV, name);
	env->path = path;
	env->lock = arena_printf(a, "%s.lock", path);
	env->project = text_of(a, note, "project");
	python = json_str(note, "python");
	env->detail = python ? arena_printf(a, "Python %s", python) : NULL;
	env->made = json_int(note, "made_at", sweep_time(path));
}

static void add_conda(struct environments *all, const char *dir, const char *file)
{
	struct arena *a = all->a;
	auto_json note = environments_read_note(path_join(a, dir, file));
	const char *name = arena_strndup(a, file, strlen(file) - strlen(".json"));
	const char *prefix = json_str(note, "prefix");
	struct environment *env;
	if (!prefix || !path_is_dir(prefix) || strcmp(path_base(prefix), name) != 0)
		return; /* removed by others */
	env = environments_add(all, MADE_CONDA, name);
	env->path = arena_strdup(a, prefix);
	env->lock = path_join(a, dir, arena_printf(a, "%s.lock", name));
	env->note = path_join(a, dir, file);
	env->project = text_of(a, note, "project");
	env->detail = text_of(a, note, "tool");
	env->made = json_int(note, "made_at", sweep_time(path_join(a, dir, file)));
}

static int compare(const void *a, const void *b)
{
	const struct environment *x = a, *y = b;
	return x->kind != y->kind ? (int)x->kind - (int)y->kind
				  : strcmp(x->name, y->name);
}

void environments_in_cache(
    struct environments *all, const struct ctx *ctx, struct arena *a)
{
	struct sweep s = {.ctx = ctx, .a = a};
	const char *envs, *conda;
	*all = (struct environments){.ctx = ctx, .a = a};
	if (!ctx->cache_dir)
		return;
	envs = path_join(a, ctx->cache_dir, "envs");
	conda = path_join(a, ctx->cache_dir, "conda");
	for (const char *const *name = sweep_names(&s, envs); *name; name++)
		if (path_is_dir(path_join(a, envs, *name)))
			add_virtualenv(all, envs, *name);
	for (const char *const *name = sweep_names(&s, conda); *name; name++)
		if (sweep_ends_in(*name, ".json"))
			add_conda(all, conda, *name);
}

void environments_find(struct environments *all, const struct ctx *ctx, struct arena *a)
{
	struct sweep s = {.ctx = ctx, .a = a};
	const char *images;
	environments_in_cache(all, ctx, a);
	for (size_t i = 0; i < all->n; i++)
		measure(&all->v[i]);
	images = ctx->cache_dir ? path_join(a, ctx->cache_dir, "images") : "";
	for (const char *const *name = sweep_names(&s, images); *name; name++)
		if (sweep_ends_in(*name, ".json"))
			images_add(all, path_join(a, images, *name));
	if (all->n)
		qsort(all->v, all->n, sizeof(*all->v), compare);
}

bool environment_is_used(const struct environment *env)
{
	return env->kind == MADE_IMAGE ? image_is_used(env) : is_locked(env->lock);
}

static int remove_conda(
    const struct environments *all, const struct environment *env, struct err *err)
{
	struct conda_tool tool;
	auto_buf said = BUF_INIT;
	if (conda_tool_find(all->a, &tool, err) < 0)
		return err_hint(
		    err, "its files are in %s: conda has to remove them", env->path);
	if (ask_tool(all->ctx->trace, conda_argv_remove(all->a, &tool, env->name), NULL,
		REMOVE_MS, &said, err) < 0)
		return -1;
	unlink(env->note);
	return 0;
}

/* The mark first: what is killed half way does not count any more. */
static int remove_virtualenv(
    const struct environments *all, const struct environment *env, struct err *err)
{
	unlink(path_join(all->a, env->path, VENV_MARK));
	return tree_remove(env->path, err);
}

int environment_remove(
    const struct environments *all, const struct environment *env, struct err *err)
{
	auto_fd fd = -1;
	int rc;
	if (env->kind == MADE_IMAGE)
		return image_remove(env, err);
	rc = lockfile_try(env->lock, true, &fd, err);
	if (rc == 0)
		return err_set(err, ERR_BUSY, "%s is in use", env->name);
	if (rc < 0)
		return -1;
	rc = env->kind == MADE_CONDA ? remove_conda(all, env, err)
				     : remove_virtualenv(all, env, err);
	if (rc == 0)
		unlink(env->lock); /* last: nobody else may make it meanwhile */
	return rc;
}
