/* SPDX-License-Identifier: MIT */
#include "env/venv.h"

#include "base/file.h"
#include "base/path.h"
#include "env/turn.h"
#include "env/venv_build.h"

enum { LOCK_MAX = 16 << 20 };

static int venv_open(struct env *e, struct err *err)
{
	struct venv *v = arena_new(e->want.a, struct venv);
	e->own = v;
	return venv_plan(&e->want, true, v, err);
}

/* Only one makes it; the others wait, and find it made. */
static int make_in_turn(struct env *e, struct venv *v, struct err *err)
{
	struct arena *a = e->want.a;
	const char *lock = arena_printf(a, "%s.making", v->dir);
	int fd = -1, rc = 0;
	if (turn_take(e, lock, true, "this virtual environment", &fd, err) < 0)
		return -1;
	if (!venv_is_made(a, v)) {
		rc = tree_remove(v->dir, err); /* of one that was killed */
		if (rc == 0)
			rc = venv_build(e, v, err);
	}
	unlink(lock); /* those who wait look whether it is still there */
	close(fd);
	return rc;
}

/* The run's own copy. */
static int keep_lock(struct env *e, const struct venv *v, struct err *err)
{
	struct arena *a = e->want.a;
	auto_buf text = BUF_INIT;
	if (file_read(path_join(a, v->dir, VENV_LOCK_FILE), LOCK_MAX, &text, err) < 0)
		return -1;
	return file_write(
	    path_join(a, e->want.log_dir, VENV_LOCK_FILE), text.s, text.len, 0666, err);
}

static int venv_make(struct env *e, struct err *err)
{
	struct arena *a = e->want.a;
	struct venv *v = e->own;
	if (!v->python.path) {
		if (venv_get_python(e, v, err) < 0)
			return -1;
		venv_name(&e->want, v);
	}
	if (turn_take(e, arena_printf(a, "%s.lock", v->dir), false,
		"room for this virtual environment", &v->use, err) < 0)
		return -1;
	if (!venv_is_made(a, v) && make_in_turn(e, v, err) < 0)
		return -1;
	return keep_lock(e, v, err);
}

/* PATH without the directory of the caller's own environment. */
static void add_path_without(struct buf *out, const char *path, const char *dir)
{
	size_t skip = dir ? strlen(dir) : 0;
	while (path && *path) {
		size_t n = strcspn(path, ":");
		bool own = skip && strncmp(path, dir, skip) == 0 &&
			   (n == skip + 4 || n == skip + 5) &&
			   strncmp(path + skip, "/bin/", n - skip) == 0;
		if (!own)
			buf_addf(out, ":%.*s", (int)n, path);
		path += n + (path[n] == ':');
	}
}

static int venv_wrap(struct env *e, const struct env_var *added, size_t nadded,
    struct launch *l, struct strvec *envp, struct err *err)
{
	const struct venv *v = e->own;
	const char *old = strvec_getenv(envp, "PATH");
	auto_buf path = BUF_INIT;
	(void)added;
	(void)nadded;
	(void)l;
	(void)err;
	buf_addf(&path, "%s/bin", v->path);
	add_path_without(&path, old ? old : "/usr/local/bin:/usr/bin:/bin",
	    strvec_getenv(envp, "VIRTUAL_ENV"));
	strvec_setenv(envp, "PATH", path.s);
	strvec_setenv(envp, "VIRTUAL_ENV", v->path);
	strvec_setenv(envp, "VIRTUAL_ENV_PROMPT", NULL);
	strvec_setenv(envp, "PYTHONHOME", NULL);
	return 0;
}

static void venv_end(struct env *e, struct outcome *o, struct err *why)
{
	(void)e;
	(void)o;
	(void)why;
}

static void venv_close(struct env *e)
{
	if (e->own)
		venv_release(e->own);
}

const struct env_ops venv_ops = {
    .look = venv_look,
    .open = venv_open,
    .make = venv_make,
    .wrap = venv_wrap,
    .end = venv_end,
    .release = venv_close,
};
