/* SPDX-License-Identifier: MIT */
/* docker_left.c -- containers of a killed mlp (declared in docker.h). */
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "env/docker.h"

enum {
	NOTE_MAX = 65536,
	YOUNG_S = 10, /* an engine may still be making what it was asked for */
	AGAIN_MS = 500,
};

static const char note_name[] = "container";

int docker_note(struct docker *d, const char *state_dir, struct err *err)
{
	auto_json j = cJSON_CreateObject();
	auto_buf text = BUF_INIT;
	engine_note(&d->engine, j);
	json_put_str(j, "name", d->name);
	json_print(&text, j, true);
	d->note = path_join(d->engine.a, state_dir, note_name);
	return file_write(d->note, text.s, text.len, 0600, err);
}

void docker_note_done(struct docker *d)
{
	struct err ignored = ERR_INIT;
	if (d->home)
		tree_remove(d->home, &ignored);
	if (d->note)
		unlink(d->note);
	d->note = NULL;
}

bool docker_is_noted(struct arena *a, const char *state_dir)
{
	return path_exists(path_join(a, state_dir, note_name));
}

int docker_find(
    const struct engine *en, const char *run_id, struct strvec *ids, struct err *err)
{
	auto_buf label = BUF_INIT;
	buf_addf(&label, DOCKER_LABEL "=%s", run_id);
	return engine_find(en, label.s, ids, err);
}

static int remove_all(
    const struct engine *en, const char *run_id, int *n, struct err *err)
{
	auto_strvec ids = STRVEC_INIT;
	if (docker_find(en, run_id, &ids, err) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++)
		if (engine_remove(en, ids.v[i], err) < 0)
			return -1;
	*n += (int)ids.n;
	return 0;
}

/* By the label alone: a name that was chosen may be another container's. */
int docker_remove_left(const struct ctx *ctx, struct arena *a, const char *state_dir,
    const char *run_id, int *n, struct err *err)
{
	const char *path = path_join(a, state_dir, note_name);
	struct timespec pause = {.tv_nsec = AGAIN_MS * 1000 * 1000};
	auto_buf text = BUF_INIT;
	struct engine en;
	struct stat st;
	*n = 0;
	if (file_read(path, NOTE_MAX, &text, err) < 0)
		return -1;
	auto_json j = json_parse(text.s, text.len, path, err);
	if (!j || engine_reopen(&en, ctx, a, j, err) < 0 ||
	    remove_all(&en, run_id, n, err) < 0)
		return -1;
	if (*n == 0 && stat(path, &st) == 0 &&
	    st.st_mtime + YOUNG_S > clock_now_ms() / 1000) {
		nanosleep(&pause, NULL);
		if (remove_all(&en, run_id, n, err) < 0)
			return -1;
	}
	tree_remove(path_join(a, state_dir, "home"), err);
	unlink(path);
	return 0;
}
