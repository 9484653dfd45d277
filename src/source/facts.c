/* SPDX-License-Identifier: MIT */
#include "source/source.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "base/urltext.h"
#include "source/worktree.h"

/* A work tree on a slow disk must not hold up a run for ever. */
enum { STALL_MS = 60 * 1000 };

int source_facts_start(const struct ctx *ctx, const char *dir, char *const *ignore,
    struct source_facts *f, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_json rq = NULL;
	cJSON *list;
	f->asked = false;
	if (!worktree_find(&a, dir))
		return 0;
	rq = cJSON_CreateObject();
	json_put_str(rq, "op", "facts");
	json_put_str(rq, "dir", dir);
	list = json_put_array(rq, "ignore");
	for (; ignore && *ignore; ignore++)
		json_put_str(list, NULL, *ignore);
	if (helper_start(ctx, "mlp-git", rq, &f->helper, err) < 0)
		return -1;
	f->asked = true;
	return 0;
}

/* file://<work tree>#<place in it>; links resolved, because the root's are. */
static const char *uri_in(struct arena *a, const char *root, const char *dir)
{
	auto_free char *real = realpath(dir, NULL);
	size_t n = strlen(root);
	const char *rel;
	if (!real || strncmp(real, root, n) != 0 || (real[n] && real[n] != '/'))
		return NULL;
	rel = real + n + (real[n] == '/');
	return arena_printf(
	    a, "file://%s%s%s", url_encode_path(a, root), *rel ? "#" : "", rel);
}

static const char *copy_str(struct arena *a, const cJSON *j, const char *name)
{
	const char *s = json_str(j, name);
	return s ? arena_strdup(a, s) : NULL;
}

void source_facts_finish(
    const struct ctx *ctx, struct arena *a, struct source_facts *f, struct source *s)
{
	auto_json done = NULL;
	struct err err = ERR_INIT;
	const char *uri;
	if (!f->asked)
		return;
	f->asked = false;
	if (helper_finish(ctx, &f->helper, STALL_MS, NULL, &done, &err) < 0) {
		ctx_say(ctx, SAY_WARNING, "what git knows of '%s' is not recorded: %s",
		    s->dir, err.msg);
		return;
	}
	if (!json_str(done, "root"))
		return;
	s->root = copy_str(a, done, "root");
	s->commit = copy_str(a, done, "commit");
	s->branch = copy_str(a, done, "branch");
	s->repo_url = copy_str(a, done, "repo_url");
	s->dirty = json_bool(done, "dirty", false);
	uri = uri_in(a, s->root, s->dir);
	if (uri)
		s->uri = uri;
}
