/* SPDX-License-Identifier: MIT */
#include "env/venv_build.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/ask.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "base/urltext.h"
#include "env/local_package.h"
#include "env/step.h"

extern char **environ;

enum { VERSION_MS = 20 * 1000, REPORTS_SINCE = 2202 /* pip 22.2 */ };

char *const *venv_tools_envp(struct env *e, const char *path)
{
	static const struct env_var vars[] = {
	    {"VIRTUAL_ENV", NULL},
	    {"CONDA_PREFIX", NULL},
	    {"PYTHONHOME", NULL},
	    {"PYTHONPATH", NULL},
	    {"PIP_TARGET", NULL},
	    {"PIP_PREFIX", NULL},
	    {"PIP_USER", "0"}, /* whatever a pip.conf says */
	    {"PIP_REQUIRE_VIRTUALENV", NULL},
	    {"PIP_NO_INPUT", "1"},
	    {"PIP_DISABLE_PIP_VERSION_CHECK", "1"},
	    {"PIP_PROGRESS_BAR", "off"},
	    {"UV_SYSTEM_PYTHON", NULL},
	    {"UV_PYTHON", NULL},
	    {"UV_TARGET", NULL},
	    {"UV_PREFIX", NULL},
	    {"GIT_TERMINAL_PROMPT", "0"},
	    {"PYTHONUNBUFFERED", "1"},
	};
	auto_strvec envp = STRVEC_INIT;
	char **copy;
	strvec_push_all(&envp, environ);
	for (size_t i = 0; i < sizeof(vars) / sizeof(vars[0]); i++)
		strvec_setenv(&envp, vars[i].name, vars[i].value);
	if (path)
		strvec_setenv(&envp, "VIRTUAL_ENV", path);
	if (e->want.ctx->offline) {
		strvec_setenv(&envp, "UV_OFFLINE", "1");
		strvec_setenv(&envp, "PIP_NO_INDEX", "1");
	}
	copy = arena_array(e->want.a, envp.n + 1, sizeof(*copy));
	for (size_t i = 0; i < envp.n; i++)
		copy[i] = arena_strdup(e->want.a, envp.v[i]);
	return copy;
}

/* One tool, to its end. */
static int run(
    const struct venv_tools *t, const char *what, struct strvec *argv, struct err *err)
{
	struct env_step step = {.what = what, .argv = strvec_argv(argv), .envp = t->envp};
	return env_step(t->e, &step, NULL, err);
}

static const char *python_of(const struct venv_tools *t)
{
	return path_join(t->e->want.a, t->v->path, "bin/python");
}

/* What a tool says of its version; NULL: it does not work. */
static const char *answer_of(const struct venv_tools *t, char *const *argv)
{
	auto_buf said = BUF_INIT;
	struct err ignored = ERR_INIT;
	if (ask_tool(t->e->want.ctx->trace, argv, t->envp, VERSION_MS, &said, &ignored) <
		0 ||
	    strchr(said.s, '\n'))
		return NULL;
	return arena_strdup(t->e->want.a, said.s);
}

static int uv_create(const struct venv_tools *t, struct err *err)
{
	auto_strvec argv = STRVEC_INIT;
	strvec_push(&argv, t->uv);
	strvec_push(&argv, "venv");
	strvec_push(&argv, "--no-project");
	strvec_push(&argv, "--python");
	strvec_push(&argv, t->v->python.path);
	strvec_push(&argv, t->v->path);
	return run(t, "making the virtual environment", &argv, err);
}

static void push_uv_install(const struct venv_tools *t, struct strvec *argv)
{
	strvec_push(argv, t->uv);
	strvec_push(argv, "pip");
	strvec_push(argv, "install");
	strvec_push(argv, "--python");
	strvec_push(argv, python_of(t));
}

/* `pip` in a command must be this environment's: from the wheels that Python brings. */
static int uv_add_pip(const struct venv_tools *t, struct err *err)
{
	const char *wheels = t->v->python.wheels;
	auto_strvec argv = STRVEC_INIT;
	push_uv_install(t, &argv);
	if (*wheels) {
		strvec_push(&argv, "--no-deps");
		strvec_push(&argv, "--no-index");
	} else {
		strvec_push(&argv, "pip");
	}
	while (*wheels) {
		size_t n = strcspn(wheels, "\n");
		strvec_pushf(&argv, "%.*s", (int)n, wheels);
		wheels += n + (wheels[n] != '\0');
	}
	return run(t, "adding pip", &argv, err);
}

static int venv_create(const struct venv_tools *t, struct err *err)
{
	auto_strvec argv = STRVEC_INIT;
	strvec_push(&argv, t->v->python.path);
	strvec_push(&argv, "-I");
	strvec_push(&argv, "-m");
	strvec_push(&argv, "venv");
	strvec_push(&argv, t->v->path);
	if (run(t, "making the virtual environment", &argv, err) == 0)
		return 0;
	if (!t->e->said || !strstr(t->e->said, "ensurepip"))
		return -1;
	return err_hint(err,
	    "a Debian or Ubuntu needs its package python3-venv; or install uv, which "
	    "needs "
	    "nothing else");
}

static int write_list(const struct venv_tools *t, const char *name,
    const struct requirements *r, struct err *err)
{
	struct arena *a = t->e->want.a;
	const char *file = path_join(a, t->v->dir, arena_printf(a, "%s.txt", name));
	auto_buf text = BUF_INIT;
	buf_add(&text, r->install.s, r->install.len);
	if (r->constraints.len) { /* last, so that the lines before keep their numbers */
		const char *c = arena_printf(a, "%s-constraints.txt", name);
		const char *path = path_join(a, t->v->dir, c);
		if (file_write(path, r->constraints.s, r->constraints.len, 0600, err) < 0)
			return -1;
		buf_addf(&text, "-c %s\n", c);
	}
	return file_write(file, text.s, text.len, 0600, err); /* an index has passwords */
}

/* uv would take what it built of a local package before, whose files were others. */
static void push_refresh(
    const struct venv_tools *t, const struct requirements *r, struct strvec *argv)
{
	if (r->nlocal && !t->e->want.ctx->offline)
		strvec_push(argv, "--refresh");
	for (size_t i = 0; i < r->nlocal; i++)
		local_package_age(t->e->want.a, r->local[i]);
}

/* What a tool says of our list, which is gone then: in the words of the user's files. */
static void tell_origins(const struct venv_tools *t, const char *name,
    const struct requirements *r, struct err *err)
{
	struct arena *a = t->e->want.a;
	const char *file = t->v->file.file;
	const struct origin_list lists[] = {
	    {&r->install_from, path_join(a, t->v->dir, arena_printf(a, "%s.txt", name)),
		r->install.s, file},
	    {&r->constraints_from,
		path_join(a, t->v->dir, arena_printf(a, "%s-constraints.txt", name)),
		r->constraints.s, file}};
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *msg = origin_tell(a, &lists[i], err->msg);
		snprintf(err->msg, sizeof(err->msg), "%s", msg);
		if (t->e->said)
			t->e->said = origin_tell(a, &lists[i], t->e->said);
	}
}

/* One list of the file: build_dependencies or dependencies. */
static int install(struct venv_tools *t, const char *name, const char *what,
    const struct requirements *r, struct err *err)
{
	struct arena *a = t->e->want.a;
	const char *list = path_join(a, t->v->dir, arena_printf(a, "%s.txt", name));
	auto_strvec argv = STRVEC_INIT;
	if (!r->install.len)
		return 0;
	if (write_list(t, name, r, err) < 0)
		return -1;
	if (t->uv) {
		push_uv_install(t, &argv);
		push_refresh(t, r, &argv);
	} else {
		const char *report = arena_printf(a, "%s/%s.json", t->v->dir, name);
		strvec_push(&argv, python_of(t));
		strvec_push(&argv, "-I"); /* the project is no place to look for pip */
		strvec_push(&argv, "-m");
		strvec_push(&argv, "pip");
		strvec_push(&argv, "install");
		if (t->reports) {
			strvec_push(&argv, "--report");
			strvec_push(&argv, report);
			t->reports = arena_printf(a, "%s%s\n", t->reports, report);
		}
	}
	strvec_push(&argv, "-r");
	strvec_push(&argv, list);
	if (run(t, what, &argv, err) == 0)
		return 0;
	tell_origins(t, name, r, err);
	return -1;
}

/* Since 22.2 pip reports what it has installed. */
static void look_at_pip(struct venv_tools *t)
{
	char *const argv[] = {(char *)python_of(t), (char *)"-I", (char *)"-c",
	    (char *)"import pip; print(pip.__version__)", NULL};
	const char *version = answer_of(t, argv);
	int major = 0, minor = 0;
	t->maker = arena_printf(
	    t->e->want.a, "venv and pip %s", version ? version : "(unknown)");
	if (version && sscanf(version, "%4d.%2d", &major, &minor) == 2 &&
	    major * 100 + minor >= REPORTS_SINCE)
		t->reports = "";
}

static int build_all(struct venv_tools *t, struct err *err)
{
	if (t->uv) {
		if (uv_create(t, err) < 0 || uv_add_pip(t, err) < 0)
			return -1;
	} else {
		if (venv_create(t, err) < 0)
			return -1;
		look_at_pip(t);
	}
	if (install(t, "build", "installing the build dependencies", &t->v->build, err) <
		0 ||
	    install(t, "install", "installing the packages", &t->v->install, err) < 0)
		return -1;
	return venv_write_lock(t, err);
}

static int sync_all(const char *dir, struct err *err)
{
	auto_fd fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || syncfs(fd) < 0)
		return err_sys(err, errno, "cannot write '%s'", dir);
	return 0;
}

/* The files that have to be there no longer. */
static void clean(const struct venv_tools *t)
{
	static const char *const names[] = {"build.txt", "build-constraints.txt",
	    "build.json", "install.txt", "install-constraints.txt", "install.json",
	    "hashes.in", "hashes.txt"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_join(t->e->want.a, t->v->dir, names[i]));
}

/* From here on it counts. */
static int write_mark(const struct venv_tools *t, struct err *err)
{
	const struct venv *v = t->v;
	auto_json j = cJSON_CreateObject();
	auto_buf text = BUF_INIT;
	json_put_str(j, "kind", "virtualenv");
	json_put_str(j, "sha256", v->hash);
	json_put_str(j, "python", v->python.version);
	json_put_str(j, "python_path", v->python.path);
	json_put_str(j, "made_by", t->maker);
	json_put_int(j, "made_at", clock_now_ms());
	json_put_str(j, "project", t->e->want.plan->environment.project_name);
	json_put_str(j, "project_dir", t->e->want.plan->cwd);
	json_print(&text, j, true);
	buf_addc(&text, '\n');
	return file_write(
	    path_join(t->e->want.a, v->dir, VENV_MARK), text.s, text.len, 0666, err);
}

static void mask_error(struct err *err)
{
	auto_buf masked = BUF_INIT;
	url_mask(&masked, err->msg);
	snprintf(err->msg, sizeof(err->msg), "%s", masked.s);
}

int venv_build(struct env *e, const struct venv *v, struct err *err)
{
	struct venv_tools t = {
	    .e = e, .v = v, .uv = v->uv, .envp = venv_tools_envp(e, v->path)};
	char *const argv[] = {(char *)v->uv, (char *)"--version", NULL};
	int64_t began = clock_mono_ms();
	auto_buf took = BUF_INIT;
	int rc;
	if (v->uv)
		t.maker = answer_of(&t, argv);
	if (!t.maker && !v->must_be_uv)
		t.uv = NULL; /* a shim of a uv that is not there */
	else if (!t.maker)
		t.maker = "uv";
	ctx_say(e->want.ctx, SAY_INFO,
	    "making the virtual environment with %s: Python %s",
	    t.uv ? "uv" : "venv and pip", v->python.version);
	rc = dir_make(v->dir, 0777, err);
	if (rc == 0)
		rc = build_all(&t, err);
	if (rc == 0)
		rc = venv_mask_origins(e->want.a, v->path, err);
	clean(&t);
	if (rc == 0)
		rc = sync_all(v->dir, err) < 0 || write_mark(&t, err) < 0 ? -1 : 0;
	if (rc < 0) {
		struct err ignored = ERR_INIT;
		mask_error(err);
		tree_remove(v->dir, &ignored);
		return -1;
	}
	clock_format_duration(&took, clock_mono_ms() - began);
	ctx_say(e->want.ctx, SAY_INFO, "the virtual environment is made (%s): %s", took.s,
	    v->path);
	return 0;
}

int venv_get_python(struct env *e, struct venv *v, struct err *err)
{
	struct arena *a = e->want.a;
	struct python_search s = {.ctx = e->want.ctx, .a = a, .keep = true};
	auto_strvec argv = STRVEC_INIT;
	auto_buf path = BUF_INIT;
	char *const *envp = venv_tools_envp(e, NULL);
	const char *wanted = v->file.python ? v->file.python : "3";
	char *const find[] = {(char *)v->uv, (char *)"python", (char *)"find",
	    (char *)"--no-project", (char *)wanted, NULL};
	struct env_step step = {.envp = envp};
	strvec_push(&argv, v->uv);
	strvec_push(&argv, "python");
	strvec_push(&argv, "install");
	strvec_push(&argv, wanted);
	step.argv = strvec_argv(&argv);
	step.what = arena_printf(a, "getting Python %s", wanted);
	ctx_say(e->want.ctx, SAY_INFO, "Python %s is not here: uv gets it", wanted);
	if (env_step(e, &step, NULL, err) < 0) {
		if (err->code == ERR_INTERRUPTED)
			return -1;
		s.dir = e->want.plan->cwd;
		return err_hint(err, "found here: %s", python_list(&s));
	}
	if (ask_tool(e->want.ctx->trace, find, envp, VERSION_MS, &path, err) < 0)
		return err_wrap(err, "uv cannot find Python %s", wanted);
	if (python_ask(&s, path.s, &v->python) != 1)
		return err_set(err, ERR_FAIL,
		    "'%s', which uv found, does not work as a Python", path.s);
	return 0;
}
