/* SPDX-License-Identifier: MIT */
/* venv_plan.c -- which environment it is: found out before anything is made. */
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "env/venv.h"

enum { NAME_LENGTH = 32 }; /* short, because programs are started by paths with it */

static void say_warnings(const struct env_want *w, const struct diags *ds)
{
	for (size_t i = 0; i < ds->n; i++) {
		const struct diag *d = &ds->v[i];
		if (d->level == DIAG_WARNING)
			ctx_say(w->ctx, SAY_WARNING, "%s:%d:%d: %s%s%s", d->file, d->line,
			    d->column, d->message, d->hint ? "; " : "",
			    d->hint ? d->hint : "");
	}
}

static int read_lists(const struct env_want *w, struct venv *v, struct err *err)
{
	char *const skip[] = {(char *)w->store_path, NULL};
	struct requirements_in in = {.a = w->a,
	    .dir = w->plan->cwd,
	    .root = !w->fetched	      ? NULL
		    : w->project_root ? w->project_root
				      : w->plan->cwd,
	    .skip = skip,
	    .partial = w->partial};
	const char *file = v->file.file;
	if (requirements_read(&in, file, &v->file.build, &v->build, err) < 0)
		return -1;
	return requirements_read(&in, file, &v->file.dependencies, &v->install, err);
}

static int read_files(const struct env_want *w, struct venv *v, struct err *err)
{
	struct diags ds = {.arena = w->a};
	if (python_env_read(
		w->a, &w->plan->environment, w->plan->cwd, &v->file, &ds, err) < 0)
		return -1;
	say_warnings(w, &ds);
	return read_lists(w, v, err);
}

/* There is none, and uv is not here either, or may not ask for one. */
static int no_python(const struct python_search *s, const struct venv *v, struct err *err)
{
	const char *file = v->file.file, *wanted = v->file.python;
	const char *have = python_list(s);
	if (!wanted) {
		err_set(err, ERR_FAIL, "there is no python3 in PATH");
		return err_hint(err, "install Python, or uv, which can get it");
	}
	err_set(err, ERR_FAIL, "%s:%d:%d: Python %s is not here; found: %s", file,
	    v->file.mark.line, v->file.mark.column, wanted, have);
	if (v->uv)
		return err_hint(
		    err, "without --offline uv can get it: uv python install %s", wanted);
	return err_hint(err,
	    "install uv, which can get it; or pyenv install %s; or ask for one that is "
	    "here",
	    wanted);
}

static int find_python(
    const struct env_want *w, bool keep, struct venv *v, struct err *err)
{
	struct python_search s = {.ctx = w->ctx,
	    .a = w->a,
	    .wanted = v->file.python,
	    .dir = w->plan->cwd,
	    .keep = keep};
	if (python_find(&s, &v->python) == 1)
		return 0;
	v->python = (struct python){.path = NULL};
	if (v->uv && !w->ctx->offline)
		return 0;
	return no_python(&s, v, err);
}

static int find_uv(const struct env_want *w, struct venv *v, struct err *err)
{
	char *path = proc_find("uv");
	if (path) {
		v->uv = arena_strdup(w->a, path);
		free(path);
	}
	if (v->uv || !v->must_be_uv)
		return 0;
	err_set(err, ERR_FAIL, "--env-manager uv: there is no uv in PATH");
	return err_hint(err,
	    "install it (pip install uv), or use --env-manager virtualenv, which does "
	    "without");
}

int venv_plan(const struct env_want *w, bool keep, struct venv *v, struct err *err)
{
	*v = (struct venv){.must_be_uv = w->plan->environment.kind == ENV_UV,
	    .build = REQUIREMENTS_INIT,
	    .install = REQUIREMENTS_INIT,
	    .use = -1};
	if (!w->ctx->cache_dir) {
		err_set(
		    err, ERR_FAIL, "there is no cache for environments: HOME is not set");
		return err_hint(err, "set HOME or XDG_CACHE_HOME");
	}
	if (strchr(w->ctx->cache_dir, ':')) {
		err_set(err, ERR_FAIL,
		    "a virtual environment cannot be below '%s': PATH cannot hold a ':'",
		    w->ctx->cache_dir);
		return err_hint(err, "set XDG_CACHE_HOME to a directory without one");
	}
	if (read_files(w, v, err) < 0 || find_uv(w, v, err) < 0 ||
	    find_python(w, keep, v, err) < 0)
		return -1;
	if (v->python.path)
		venv_name(w, v);
	return 0;
}

static void add_list(struct sha256 *h, const struct requirements *r)
{
	struct sha256 list = r->hash;
	char hex[SHA256_HEX + 1];
	sha256_finish(&list, hex);
	sha256_add_str(h, hex);
}

void venv_name(const struct env_want *w, struct venv *v)
{
	struct sha256 h;
	sha256_init(&h);
	sha256_add_str(&h, "environment 1"); /* another number: made in another way */
	sha256_add_str(&h, v->python.path);
	sha256_add_str(&h, v->python.version);
	sha256_add_str(&h, v->python.abi);
	add_list(&h, &v->build);
	add_list(&h, &v->install);
	sha256_finish(&h, v->hash);
	v->dir = path_join(w->a, w->ctx->cache_dir,
	    arena_printf(w->a, "envs/%.*s", NAME_LENGTH, v->hash));
	v->path = path_join(w->a, v->dir, "venv");
}

bool venv_is_made(struct arena *a, const struct venv *v)
{
	return path_exists(path_join(a, v->dir, VENV_MARK)) &&
	       access(path_join(a, v->path, "bin/python"), X_OK) == 0;
}

void venv_release(struct venv *v)
{
	requirements_release(&v->build);
	requirements_release(&v->install);
	if (v->use >= 0)
		close(v->use);
	v->use = -1;
}

/* What --dry-run says of it. */
static const char *state_of(const struct env_want *w, const struct venv *v)
{
	const char *tool = v->uv ? "uv" : "venv and pip";
	if (v->build.missing || v->install.missing)
		return arena_printf(w->a,
		    "(its files are read when it runs; made with %s unless it is there)",
		    tool);
	if (!v->dir)
		return "(to be made with uv)";
	if (venv_is_made(w->a, v))
		return arena_printf(w->a, "%s (is there)", v->path);
	return arena_printf(w->a, "%s (to be made with %s)", v->path, tool);
}

int venv_look(const struct env_want *w, struct env_look *out, struct err *err)
{
	struct venv v;
	int rc = venv_plan(w, false, &v, err);
	if (rc == 0) {
		env_fact(w->a, out, "python",
		    v.python.path
			? arena_printf(w->a, "%s (%s)", v.python.version, v.python.path)
			: arena_printf(w->a, "%s (not here: uv gets it)",
			      v.file.python ? v.file.python : "3"));
		env_fact(w->a, out, "virtualenv", state_of(w, &v));
	}
	venv_release(&v);
	return rc;
}
