/* SPDX-License-Identifier: MIT */
#include "env/image_note.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"

/* NULL: an id that is none. */
static const char *note_path(const struct env *e, const struct image *im)
{
	const char *colon = im->id ? strrchr(im->id, ':') : NULL;
	const char *hex = colon ? colon + 1 : im->id;
	if (!hex || !*hex || hex[strspn(hex, "0123456789abcdef")])
		return NULL;
	return arena_printf(e->want.a, "%s/images/%s.json", e->want.ctx->cache_dir, hex);
}

void image_note_built(struct env *e, const struct engine *en, const struct image *im)
{
	const char *path = note_path(e, im);
	auto_json j = cJSON_CreateObject();
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;
	if (!path)
		return;
	json_put_str(j, "id", im->id);
	json_put_str(j, "name", im->uri);
	json_put_str(j, "project", e->want.plan->environment.project_name);
	json_put_int(j, "made_at", clock_now_ms());
	json_put(j, "engine", cJSON_CreateObject());
	engine_note(en, cJSON_GetObjectItemCaseSensitive(j, "engine"));
	json_print(&text, j, true);
	buf_addc(&text, '\n');
	if (dir_make(path_dir(e->want.a, path), 0777, &err) < 0 ||
	    file_write(path, text.s, text.len, 0644, &err) < 0)
		ctx_say(e->want.ctx, SAY_WARNING, "'mlp env' will not list %s: %s",
		    im->uri, err.msg);
}

void image_note_used(struct env *e, const struct image *im)
{
	const char *path = note_path(e, im);
	if (path)
		utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW);
}
