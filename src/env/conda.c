/* SPDX-License-Identifier: MIT */
/*
 * conda.c -- an environment that conda makes, called as MLflow calls it and used again by
 * both.  Those that are ours have a note and a lock in <cache>/conda.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "base/sha1.h"
#include "env/conda_tool.h"
#include "env/python_env.h"
#include "env/step.h"
#include "env/turn.h"

extern char **environ;

enum { FILE_MAX = 1 << 20, ASK_MS = 120 * 1000 };

struct conda {
	struct conda_tool tool;
	const char *name; /* mlflow-<sha1 of the file> */
	const char *file; /* or NULL */
	const char *lock, *note;
	const char *making; /* there while it is made: what is left then is half of it */
	const char *prefix; /* once it is there */
	const char *failed; /* made by an activation that failed */
	int fd;		    /* the lock, shared while the run lives */
};

/* As Python reads a text: every end of line is a newline. */
static void read_newlines(struct buf *b)
{
	size_t n = 0;
	for (size_t i = 0; i < b->len; i++) {
		if (b->s[i] == '\r' && i + 1 < b->len && b->s[i + 1] == '\n')
			continue;
		b->s[n++] = b->s[i] == '\r' ? '\n' : b->s[i];
	}
	buf_cut(b, n);
}

static int name_of(struct arena *a, const char *file, const char **out, struct err *err)
{
	auto_buf text = BUF_INIT;
	char hex[SHA1_HEX + 1];
	if (file && file_read(file, FILE_MAX, &text, err) < 0)
		return -1;
	read_newlines(&text);
	sha1_of(text.s, text.len, hex);
	*out = arena_printf(a, "mlflow-%s", hex);
	return 0;
}

/* What our note says of it saves asking, which takes conda a second. */
static const char *noted_prefix(struct arena *a, const struct conda *c)
{
	auto_buf text = BUF_INIT;
	auto_json j = NULL;
	struct err ignored = ERR_INIT;
	const char *prefix;
	if (file_read(c->note, FILE_MAX, &text, &ignored) < 0)
		return NULL;
	j = json_parse(text.s, text.len, c->note, &ignored);
	prefix = json_str(j, "prefix");
	return prefix && strcmp(path_base(prefix), c->name) == 0 && path_is_dir(prefix)
		   ? arena_strdup(a, prefix)
		   : NULL;
}

/* *prefix: where the environment of this name is; NULL: there is none. */
static int find_prefix(const struct ctx *ctx, struct arena *a,
    const struct conda_tool *tool, const char *name, const char **prefix, struct err *err)
{
	auto_buf text = BUF_INIT;
	auto_json j = NULL;
	const cJSON *env;
	*prefix = NULL;
	if (env_ask(ctx, conda_argv_list(a, tool), NULL, ASK_MS, &text, err) < 0)
		return err_wrap(err, "%s env list", tool->path);
	j = json_parse(text.s, text.len, "what conda env list said", err);
	if (!j)
		return -1;
	cJSON_ArrayForEach(env, json_get(j, "envs"))
	{
		const char *path = cJSON_GetStringValue(env);
		if (path && strcmp(path_base(path), name) == 0)
			*prefix = arena_strdup(a, path);
	}
	return 0;
}

/* ---- without conda ---- */

static bool was_typed(const struct env_plan *p)
{
	return strcmp(p->chosen_by, "--env-manager") == 0;
}

/* What pip cannot install, in words. */
static const char *list_skipped(struct arena *a, const struct python_env *py)
{
	auto_buf b = BUF_INIT;
	for (size_t i = 0; i < py->nskipped && i < 5; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", py->skipped[i]);
	if (py->nskipped > 5)
		buf_addf(&b, " and %zu more", py->nskipped - 5);
	return arena_strdup(a, b.s);
}

/* Can virtualenv make what the file asks for?  If not, *err tells why, too. */
static bool pip_is_enough(const struct env_want *w, struct err *err)
{
	const struct env_plan *p = &w->plan->environment;
	struct diags ds = {.arena = w->a};
	struct python_env py;
	struct err why = ERR_INIT;
	if (!p->file)
		return false;
	if (python_env_read(w->a, p, w->plan->cwd, &py, &ds, &why) < 0)
		err_wrap(err, "virtualenv cannot stand in for conda (%s)", why.msg);
	else if (py.nskipped)
		err_wrap(err, "only conda can install %s", list_skipped(w->a, &py));
	return !why.code && !py.nskipped;
}

/*
 * There is no conda (*err).  0: the environment can be had without it, and *err is clear.
 */
static int do_without(const struct env_want *w, struct err *err)
{
	if (pip_is_enough(w, err) && !was_typed(&w->plan->environment)) {
		err_clear(err);
		return 0;
	}
	return err_hint(err,
	    "install conda (or micromamba, one file), or use --env-manager virtualenv: "
	    "it installs what the file lists below pip");
}

/* ---- the kind ---- */

static int conda_prepare(const struct env_want *w, struct conda *c, struct err *err)
{
	struct arena *a = w->a;
	const struct env_plan *p = &w->plan->environment;
	c->fd = -1;
	c->file = p->file;
	if (conda_tool_find(a, &c->tool, err) < 0 ||
	    name_of(a, c->file, &c->name, err) < 0)
		return -1;
	if (!w->ctx->cache_dir) {
		err_set(err, ERR_FAIL, "there is no cache: HOME is not set");
		return err_hint(err, "set HOME, or XDG_CACHE_HOME");
	}
	c->lock =
	    path_join(a, w->ctx->cache_dir, arena_printf(a, "conda/%s.lock", c->name));
	c->note =
	    path_join(a, w->ctx->cache_dir, arena_printf(a, "conda/%s.json", c->name));
	c->making =
	    path_join(a, w->ctx->cache_dir, arena_printf(a, "conda/%s.making", c->name));
	return 0;
}

static int conda_look(const struct env_want *w, struct env_look *out, struct err *err)
{
	struct conda c;
	const char *prefix;
	if (conda_prepare(w, &c, err) < 0) {
		if (err->code != ERR_NOTFOUND || do_without(w, err) < 0)
			return -1;
		env_fact(w->a, out, "conda",
		    "there is none: what the file asks for is made by virtualenv");
		return venv_ops.look(w, out, err);
	}
	if (find_prefix(w->ctx, w->a, &c.tool, c.name, &prefix, err) < 0)
		return -1;
	if (path_exists(c.making))
		prefix = NULL;
	env_fact(w->a, out, "tool", c.tool.path);
	env_fact(w->a, out, "conda",
	    prefix ? arena_printf(w->a, "%s is there", prefix)
		   : arena_printf(w->a, "%s would be made from %s", c.name,
			 c.file ? path_base(c.file) : "no file, with the newest Python"));
	return 0;
}

static int conda_open(struct env *e, struct err *err)
{
	struct conda *c = arena_new(e->want.a, struct conda);
	if (conda_prepare(&e->want, c, err) == 0) {
		e->own = c;
		return 0;
	}
	if (err->code != ERR_NOTFOUND || do_without(&e->want, err) < 0)
		return -1;
	ctx_say(e->want.ctx, SAY_WARNING,
	    "there is no conda here: %s asks only for what pip can install, so the run "
	    "is "
	    "in a virtualenv",
	    path_base(e->want.plan->environment.file));
	e->ops = &venv_ops;
	env_tag(e, "mlflow.project.env", env_kind_word(ENV_VIRTUALENV));
	return e->ops->open(e, err);
}

/* ---- making it ---- */

static int remove_half(struct env *e, struct conda *c, struct err *err)
{
	auto_buf said = BUF_INIT;
	const char *prefix;
	if (find_prefix(e->want.ctx, e->want.a, &c->tool, c->name, &prefix, err) < 0 ||
	    (prefix &&
		env_ask(e->want.ctx, conda_argv_remove(e->want.a, &c->tool, c->name),
		    NULL, ASK_MS, &said, err) < 0)) {
		err_wrap(err, "what there is of the environment %s could not be removed",
		    c->name);
		return err_hint(err, "remove it: %s env remove -n %s",
		    path_base(c->tool.path), c->name);
	}
	unlink(c->making);
	return 0;
}

static int create(struct env *e, struct conda *c, struct err *err)
{
	struct env_step step = {.what = "making the conda environment",
	    .argv = conda_argv_create(e->want.a, &c->tool, c->name, c->file)};
	auto_strvec env = STRVEC_INIT;
	struct err why = ERR_INIT;
	if (e->want.ctx->offline) {
		strvec_push_all(&env, environ);
		strvec_setenv(&env, "CONDA_OFFLINE", "1");
		strvec_setenv(&env, "MAMBA_OFFLINE", "1");
		step.envp = strvec_argv(&env);
	}
	ctx_say(e->want.ctx, SAY_INFO, "=== Creating conda environment %s ===", c->name);
	if (file_write(c->making, "", 0, 0644, err) < 0)
		return -1;
	if (env_step(e, &step, NULL, err) < 0) {
		if (remove_half(e, c, &why) < 0)
			ctx_say(e->want.ctx, SAY_WARNING, "%s", why.msg);
		return -1;
	}
	if (find_prefix(e->want.ctx, e->want.a, &c->tool, c->name, &c->prefix, err) < 0)
		return -1;
	return c->prefix ? 0
			 : err_set(err, ERR_FAIL,
			       "%s says that it has made the environment %s, but does "
			       "not list it",
			       c->tool.create, c->name);
}

/* What `mlp env` and `mlp gc` know of it: those that were made by us, not by MLflow. */
static int write_note(struct env *e, const struct conda *c, struct err *err)
{
	auto_json j = cJSON_CreateObject();
	auto_buf text = BUF_INIT;
	json_put_int(j, "format", 1);
	json_put_str(j, "name", c->name);
	json_put_str(j, "file", c->file);
	json_put_str(j, "project", e->want.plan->environment.project_name);
	json_put_str(j, "prefix", c->prefix);
	json_put_str(j, "tool", c->tool.path);
	json_put_int(j, "made_at", clock_now_ms());
	json_print(&text, j, true);
	buf_addc(&text, '\n');
	if (file_write(c->note, text.s, text.len, 0644, err) < 0)
		return -1;
	unlink(c->making);
	return 0;
}

/* Alone: another may have made it while we waited. */
static int make_alone(struct env *e, struct conda *c, struct err *err)
{
	auto_fd fd = -1;
	if (turn_take(e, c->lock, true, c->name, &fd, err) < 0)
		return -1;
	if (path_exists(c->making) &&
	    remove_half(e, c, err) < 0) /* of one that was killed */
		return -1;
	if (find_prefix(e->want.ctx, e->want.a, &c->tool, c->name, &c->prefix, err) < 0)
		return -1;
	if (c->prefix)
		return 0;
	return create(e, c, err) < 0 ? -1 : write_note(e, c, err);
}

/* c->prefix: where it is; NULL: it is not there, or only half of it. */
static int find_whole(struct env *e, struct conda *c, struct err *err)
{
	c->prefix = NULL;
	if (path_exists(c->making))
		return 0;
	c->prefix = noted_prefix(e->want.a, c);
	if (c->prefix)
		return 0;
	return find_prefix(e->want.ctx, e->want.a, &c->tool, c->name, &c->prefix, err);
}

/* The lock is shared at the end, and the environment there: nobody removes it now. */
static int have_it(struct env *e, struct conda *c, struct err *err)
{
	bool made = false;
	for (;;) {
		if (turn_take(e, c->lock, false, c->name, &c->fd, err) < 0)
			return -1;
		if (find_whole(e, c, err) < 0)
			return -1;
		if (c->prefix)
			break;
		fd_close(&c->fd);
		if (make_alone(e, c, err) < 0)
			return -1;
		made = true;
	}
	if (!made)
		ctx_say(e->want.ctx, SAY_DEBUG, "Conda environment %s already exists.",
		    c->name);
	return 0;
}

/* What pip put there: conda's list does not have it. */
static void add_pip(struct env *e, const struct conda *c, struct buf *out)
{
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	auto_json j = NULL;
	const cJSON *p;
	if (env_ask(e->want.ctx, conda_argv_packages(e->want.a, &c->tool, c->prefix),
		NULL, ASK_MS, &text, &ignored) < 0)
		return;
	j = json_parse(text.s, text.len, "packages", &ignored);
	cJSON_ArrayForEach(p, j)
	{
		const char *channel = json_str(p, "channel"), *name = json_str(p, "name");
		const char *version = json_str(p, "version");
		if (channel && name && version && strcmp(channel, "pypi") == 0)
			buf_addf(out, "# pip: %s==%s\n", name, version);
	}
}

static void keep_lock(struct env *e, const struct conda *c)
{
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;
	const char *path = path_join(e->want.a, e->want.log_dir, "environment.lock");
	if (env_ask(e->want.ctx, conda_argv_lock(e->want.a, &c->tool, c->prefix), NULL,
		ASK_MS, &text, &err) == 0) {
		buf_addc(&text, '\n');
		add_pip(e, c, &text);
		if (file_write(path, text.s, text.len, 0644, &err) == 0)
			return;
	}
	ctx_say(e->want.ctx, SAY_WARNING,
	    "the packages of the environment are not recorded: %s", err.msg);
}

static int conda_make(struct env *e, struct err *err)
{
	struct conda *c = e->own;
	if (have_it(e, c, err) < 0)
		return -1;
	keep_lock(e, c);
	c->failed = path_join(e->want.a, e->want.state_dir, "conda.failed");
	return 0;
}

static int conda_wrap(struct env *e, const struct env_var *added, size_t nadded,
    struct launch *l, struct strvec *envp, struct err *err)
{
	struct conda *c = e->own;
	(void)added;
	(void)nadded;
	(void)envp;
	(void)err;
	unlink(c->failed);
	l->argv = conda_argv_run(
	    e->want.a, &c->tool, c->prefix, c->failed, e->want.plan->command);
	return 0;
}

static void conda_end(struct env *e, struct outcome *o, struct err *why)
{
	const struct conda *c = e->own;
	if (!path_exists(c->failed))
		return;
	unlink(c->failed);
	o->exit.kind = EXIT_NEVER;
	o->exit.code = 125;
	err_clear(why);
	err_set(
	    why, ERR_FAIL, "the conda environment %s could not be activated", c->name);
}

static void conda_release(struct env *e)
{
	struct conda *c = e->own;
	if (c)
		fd_close(&c->fd);
}

const struct env_ops conda_ops = {
    .look = conda_look,
    .open = conda_open,
    .make = conda_make,
    .wrap = conda_wrap,
    .end = conda_end,
    .release = conda_release,
};
