/* SPDX-License-Identifier: MIT */
/* docker_make.c -- what a run's container is made with (declared in docker.h). */
#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/user.h"
#include "env/docker.h"
#include "env/docker_recording.h"

/* What we may not look at the engine may have all the same. */
static bool is_missing(const char *path)
{
	return access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* A directory that a volume names and that is not there: docker would make it, as root. */
static int check_source(
    const struct env *e, const char *text, const char *source, struct err *err)
{
	const char *project = e->want.plan->cwd;
	size_t n = strlen(project);
	if (!is_missing(source) || (strncmp(source, project, n) == 0 && source[n] == '/'))
		return 0; /* below the project it is made, as the caller */
	err_set(err, ERR_FAIL, "volume '%s': '%s' does not exist", text, source);
	return err_hint(err, "make it: mkdir -p %s", source);
}

/* "data:/data" is a volume that docker keeps, as it has always been, though ... */
static void tell_namesake(const struct env *e, const char *volume)
{
	struct arena *a = e->want.a;
	const char *colon = strchr(volume, ':');
	const char *name =
	    colon ? arena_strndup(a, volume, (size_t)(colon - volume)) : "";
	if (*name && path_is_dir(path_join(a, e->want.plan->cwd, name)))
		ctx_say(e->want.ctx, SAY_WARNING,
		    "volume '%s': '%s' is one that the engine keeps, not the project's "
		    "directory, which is './%s'",
		    volume, name, name);
}

static int expand_volumes(struct env *e, struct docker *d, struct err *err)
{
	const struct env_plan *p = &e->want.plan->environment;
	struct arena *a = e->want.a;
	d->volumes = arena_array(a, p->nvolumes + 1, sizeof(*d->volumes));
	d->volume_sources = arena_array(a, p->nvolumes + 1, sizeof(*d->volumes));
	d->nvolumes = p->nvolumes;
	for (size_t i = 0; i < p->nvolumes; i++) {
		const char **source = &d->volume_sources[i];
		d->volumes[i] = docker_volume_expand(
		    a, p->volumes[i], e->want.plan->cwd, source, err);
		if (!d->volumes[i] ||
		    (*source && check_source(e, p->volumes[i], *source, err) < 0))
			return -1;
		if (!*source)
			tell_namesake(e, d->volumes[i]);
	}
	return 0;
}

int docker_check(struct env *e, struct err *err)
{
	static const struct env_var ours[] = {{"MLFLOW_RUN_ID", NULL},
	    {"MLFLOW_EXPERIMENT_ID", NULL}, {"MLFLOW_TRACKING_URI", NULL},
	    {"MLFLOW_REGISTRY_URI", NULL}, {"MLP_RUN_ID", NULL}};
	const struct env_plan *p = &e->want.plan->environment;
	struct docker_words w = DOCKER_WORDS_INIT;
	int rc = docker_args_check(p, err);
	if (rc == 0)
		rc = image_check(p, err);
	if (rc == 0)
		rc = docker_words_add_vars(
		    &w, p, ours, sizeof(ours) / sizeof(ours[0]), err);
	docker_words_release(&w);
	return rc == 0 ? expand_volumes(e, docker_of(e), err) : -1;
}

/* Of a repository of somebody's whole home only the project is the container's business. */
static bool is_too_much(const char *tree, size_t n)
{
	const char *home = getenv("HOME");
	return n <= 1 || (home && strlen(home) == n && memcmp(home, tree, n) == 0);
}

/* The tree that the project is in, and its place there ("/sub", ""). */
static const char *tree_of(const struct env *e, const char **place)
{
	const struct env_want *w = &e->want;
	const char *root = w->project_root;
	auto_free char *real = realpath(w->plan->cwd, NULL);
	size_t n = root ? strlen(root) : 0;
	while (n > 1 && root[n - 1] == '/')
		n--;
	*place = "";
	if (is_too_much(root, n) || !real || strncmp(real, root, n) != 0 ||
	    (real[n] != '/' && real[n] != '\0'))
		return w->plan->cwd;
	*place = arena_strdup(w->a, real + n);
	return arena_strndup(w->a, root, n);
}

/* The project, as the working directory. */
static void add_project(const struct env *e, struct docker *d)
{
	const char *place = "", *tree = tree_of(e, &place);
	auto_buf dir = BUF_INIT;
	bool is_there = d->image.has_project || docker_is_taken(e, DOCKER_PROJECT_DIR);
	if (!is_there)
		docker_words_mount(&d->words, tree, DOCKER_PROJECT_DIR, false);
	buf_addf(&dir, "%s%s", DOCKER_PROJECT_DIR, is_there ? "" : place);
	docker_words_option(&d->words, "--workdir", dir.s);
}

/* Files that the command is given by path are where it is told that they are. */
static void add_paths(const struct env *e, struct docker *d)
{
	const struct params *ps = &e->want.plan->params;
	for (size_t i = 0; i < ps->n && !d->engine.remote; i++) {
		const struct param *p = &ps->v[i];
		if (p->kind == PARAM_PATH && p->used && p->used[0] == '/' && p->used[1] &&
		    path_exists(p->used) && !docker_is_taken(e, p->used))
			docker_words_mount(&d->words, p->used, p->used, false);
	}
}

/* What it writes is the caller's, and there is a home that it can write. */
static int add_user(const struct env *e, struct docker *d, struct err *err)
{
	const struct env_plan *p = &e->want.plan->environment;
	struct docker_words *w = &d->words;
	bool podman = d->engine.kind == ENGINE_PODMAN;
	/* a rootless docker's root is the caller */
	bool root = geteuid() == 0 || (d->engine.rootless && !podman);
	auto_buf user = BUF_INIT;
	if (docker_has_arg(p, "user", 'u'))
		return 0;
	if (d->engine.rootless && podman && !docker_has_arg(p, "userns", 0))
		docker_words_option(w, "--userns=keep-id", NULL);
	buf_addf(
	    &user, "%ld:%ld", root ? 0L : (long)geteuid(), root ? 0L : (long)getegid());
	docker_words_option(w, "--user", user.s);
	if (root)
		return 0;
	/* the image has no such user: what asks for its name asks these */
	docker_words_setenv(w, "USER", user_name(e->want.a));
	docker_words_setenv(w, "LOGNAME", user_name(e->want.a));
	if (d->engine.remote) {
		docker_words_setenv(w, "HOME", "/tmp");
		return 0;
	}
	d->home = path_join(e->want.a, e->want.state_dir, "home");
	if (dir_make(d->home, 0700, err) < 0)
		return -1;
	if (!docker_is_taken(e, DOCKER_HOME_DIR))
		docker_words_mount(w, d->home, DOCKER_HOME_DIR, false);
	docker_words_setenv(w, "HOME", DOCKER_HOME_DIR);
	return 0;
}

/* podman has its own in a package of its own. */
static bool engine_has_init(const struct engine *en)
{
	static const char *const places[] = {"/usr/libexec/podman/catatonit",
	    "/usr/lib/podman/catatonit", "/usr/local/libexec/podman/catatonit",
	    "/usr/local/lib/podman/catatonit", "/usr/bin/catatonit"};
	if (en->kind == ENGINE_DOCKER)
		return true;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (access(places[i], X_OK) == 0)
			return true;
	return false;
}

/* How it is started and stopped. */
static void add_process(const struct env *e, struct docker *d)
{
	const struct env_plan *p = &e->want.plan->environment;
	struct docker_words *w = &d->words;
	docker_words_option(w, "--name", d->name);
	if (docker_removes_itself(d))
		docker_words_option(w, "--rm", NULL);
	if (!docker_has_arg(p, "log-driver", 0))
		docker_words_option(w, "--log-driver", "none"); /* we keep the output */
	/* without a terminal of our own there is none to attach to theirs */
	if (!docker_has_arg(p, "interactive", 'i') &&
	    (d->tty || !docker_has_arg(p, "tty", 't')))
		docker_words_option(w, "--interactive", NULL);
	if (d->tty && !docker_has_arg(p, "tty", 't'))
		docker_words_option(w, "--tty", NULL);
	if (!docker_has_arg(p, "init", 0) && engine_has_init(&d->engine)) {
		docker_words_option(w, "--init", NULL);
		/* what asks the command to stop asks all of its processes */
		docker_words_setenv(w, "TINI_KILL_PROCESS_GROUP", "1");
	}
}

static int add_volumes(struct docker *d, struct err *err)
{
	for (size_t i = 0; i < d->nvolumes; i++) {
		const char *source = d->volume_sources[i];
		if (source && is_missing(source) && dir_make(source, 0777, err) < 0)
			return err_wrap(err, "volume '%s'", d->volumes[i]);
		docker_words_option(&d->words, "--volume", d->volumes[i]);
	}
	return 0;
}

/* The entry point's `env` that is copied from the host; what it sets is among `added`. */
static void add_copied(const struct env *e, struct docker *d)
{
	const struct plan *p = e->want.plan;
	for (size_t i = 0; i < p->nenv; i++)
		if (!p->env[i].value && getenv(p->env[i].name))
			docker_words_setenv(
			    &d->words, p->env[i].name, getenv(p->env[i].name));
}

/* What we find it by: last, so that no label of -A takes its place. */
static void add_label(const struct env *e, struct docker *d)
{
	strvec_push(&d->words.options, "--label");
	strvec_pushf(&d->words.options, DOCKER_LABEL "=%s", e->want.run_id);
}

int docker_gather(struct env *e, struct docker *d, const struct env_var *added,
    size_t nadded, struct err *err)
{
	const struct env_plan *p = &e->want.plan->environment;
	add_process(e, d);
	add_project(e, d);
	if (add_user(e, d, err) < 0)
		return -1;
	docker_words_limit(&d->words, p, d->engine.kind,
	    d->engine.remote ? 0 : sysconf(_SC_NPROCESSORS_ONLN));
	add_copied(e, d);
	if (docker_recording_add(e, added, nadded, &d->words, err) < 0)
		return -1;
	add_paths(e, d);
	if (add_volumes(d, err) < 0)
		return -1;
	docker_words_add_args(&d->words, p);
	add_label(e, d);
	return docker_words_add_vars(&d->words, p, added, nadded, err);
}
