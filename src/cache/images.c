/* SPDX-License-Identifier: MIT */
/* images.c -- what --build-image has built, by its notes (declared in environments.h). */
#include "base/json.h"
#include "base/path.h"
#include "cache/environments.h"
#include "cache/sweep.h"

/* The engine that has it; false: it does not answer, which is said once. */
static bool ask_engine(struct environments *all, const cJSON *note)
{
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;
	json_print(&text, json_get(note, "engine"), false);
	if (all->engine_note && strcmp(all->engine_note, text.s) == 0)
		return all->has_engine;
	all->engine_note = arena_strdup(all->a, text.s);
	all->has_engine = engine_reopen(&all->engine, all->ctx, all->a,
			      json_get(note, "engine"), &err) == 0;
	if (!all->has_engine)
		ctx_say(all->ctx, SAY_WARNING, "images are left out: %s", err.msg);
	return all->has_engine;
}

void images_add(struct environments *all, const char *path)
{
	struct arena *a = all->a;
	auto_json note = environments_read_note(path);
	auto_json found = NULL;
	const char *id = json_str(note, "id"), *name = json_str(note, "name");
	const char *project = json_str(note, "project");
	struct err err = ERR_INIT;
	struct environment *env;
	if (!id || id[0] == '-' || !ask_engine(all, note))
		return;
	found = engine_inspect(&all->engine, "image", id, &err);
	if (!found && err.code != ERR_NOTFOUND)
		ctx_say(all->ctx, SAY_WARNING, "%s: %s", name ? name : id, err.msg);
	if (!found)
		return;
	env = environments_add(all, MADE_IMAGE, arena_strdup(a, name ? name : id));
	env->path = arena_strdup(a, id);
	env->project = project ? arena_strdup(a, project) : NULL;
	env->detail = arena_printf(a, "%.19s", id);
	env->note = arena_strdup(a, path);
	env->engine = arena_new(a, struct engine);
	*env->engine = all->engine;
	env->bytes = json_int(found, "Size", 0);
	env->used = sweep_time(path);
	env->made = json_int(note, "made_at", env->used);
	env->in_use = image_is_used(env);
}

/* Containers of it, running or not. */
bool image_is_used(const struct environment *env)
{
	auto_buf said = BUF_INIT;
	auto_buf filter = BUF_INIT;
	struct err err = ERR_INIT;
	buf_addf(&filter, "ancestor=%s", env->path);
	if (engine_ask(env->engine,
		(const char *[]){"ps", "-a", "-q", "--filter", filter.s, NULL}, &said,
		&err) < 0)
		return true; /* who knows */
	return said.len > 0;
}

int image_remove(const struct environment *env, struct err *err)
{
	auto_buf said = BUF_INIT;
	if (image_is_used(env))
		return err_set(err, ERR_BUSY, "%s is in use", env->name);
	if (engine_ask(env->engine, (const char *[]){"rmi", "-f", env->path, NULL}, &said,
		err) < 0)
		return -1;
	unlink(env->note);
	return 0;
}
