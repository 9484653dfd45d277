/* SPDX-License-Identifier: MIT */
/*
 * docker_launch.c -- how a run's container is made and started (declared in docker.h).
 *
 * One `docker run` does both.  Where it is not known whether the image has a shell, it is
 * made first and looked into, and then `docker start` is attached to it; docker's program
 * alone takes 20 ms.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/ask.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "env/docker.h"
#include "env/docker_recording.h"

extern char **environ;

enum { MAKE_MS = 10 * 60 * 1000, ASK_MS = 30 * 1000 };

/* The lines for --env-file, in memory that nobody else can open. */
static int hidden_file(const struct buf *text, struct err *err)
{
	int fd = memfd_create("environment", MFD_CLOEXEC);
	if (fd < 0 || fd_write_all(fd, text->s, text->len) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0) {
		int saved = errno;
		fd_close(&fd);
		return err_sys(err, saved, "the variables of the container");
	}
	return fd;
}

/* `docker create ...` or `docker run ...`, with what its variables take. */
static int put_words(struct env *e, struct docker *d, const char *verb, bool plain,
    struct strvec *argv, struct strvec *envp, struct err *err)
{
	auto_strvec command = STRVEC_INIT;
	auto_buf file = BUF_INIT;
	engine_argv(&d->engine, argv);
	strvec_push(argv, verb);
	strvec_push_all(argv, strvec_argv(&d->words.options));
	docker_words_env(&d->words, argv, envp, &file);
	if (docker_command(e->want.plan->command, plain, &command, err) < 0)
		return -1;
	fd_close(&d->file);
	if (file.len) {
		d->file = hidden_file(&file, err);
		if (d->file < 0)
			return -1;
		strvec_push(argv, "--env-file=/dev/fd/3");
	}
	strvec_push(argv, d->image.id);
	strvec_push_all(argv, strvec_argv(&command));
	return 0;
}

static int create(struct env *e, struct docker *d, bool plain, struct err *err)
{
	auto_strvec argv = STRVEC_INIT;
	auto_strvec envp = STRVEC_INIT;
	auto_buf said = BUF_INIT;
	struct ask q = {.ctx = e->want.ctx,
	    .cwd = e->want.plan->cwd, /* as what is attached: -A may name files */
	    .secret = d->secret,
	    .ms = MAKE_MS,
	    .interrupted = env_interrupted};
	strvec_push_all(&envp, environ);
	if (put_words(e, d, "create", plain, &argv, &envp, err) < 0)
		return -1;
	q.argv = strvec_argv(&argv);
	q.envp = strvec_argv(&envp);
	q.file = d->file;
	return ask_with(&q, &said, err);
}

/* The key of the run's endpoint, the end of its address. */
static const char *endpoint_key(const struct env_var *added, size_t nadded)
{
	const char *uri = NULL;
	bool endpoint = false;
	for (size_t i = 0; i < nadded; i++) {
		if (strcmp(added[i].name, "MLFLOW_TRACKING_URI") == 0)
			uri = added[i].value;
		endpoint |= strcmp(added[i].name, "MLP_STORE_URI") == 0;
	}
	return endpoint && uri && strrchr(uri, '/') ? strrchr(uri, '/') + 1 : NULL;
}

/* 1, 0: there is none; -1: not known. */
static int has_shell(const struct docker *d)
{
	auto_buf path = BUF_INIT;
	struct err ignored = ERR_INIT;
	int status = 0;
	buf_adds(&path, "/containers/");
	engine_quote(&path, d->name);
	buf_adds(&path, "/archive?path=/bin/sh");
	if (engine_request(&d->engine, "HEAD", path.s, ASK_MS, &status, NULL, &ignored) <
	    0)
		return -1;
	return status == 404 ? 0 : 1;
}

/* Images that were seen to have a shell are not asked again; its time is the last use. */
static char *shell_mark(const struct env *e, const struct docker *d)
{
	const char *cache = e->want.ctx->cache_dir, *hex = strchr(d->image.id, ':');
	hex = hex ? hex + 1 : d->image.id;
	if (!cache || strspn(hex, "0123456789abcdef") != strlen(hex))
		return NULL;
	return arena_printf(e->want.a, "%s/docker/shells/%s", cache, hex);
}

/* The image has no shell: a command that needs none is started without. */
static int do_without_shell(struct env *e, struct docker *d, struct err *err)
{
	if (engine_remove(&d->engine, d->name, err) < 0)
		return -1;
	if (create(e, d, true, err) == 0)
		return 0;
	return err_hint(err,
	    "the image %s has no sh: name an image that has one, or write the command "
	    "without shell syntax",
	    d->image.uri);
}

/* Made, and looked into. */
static int make_first(struct env *e, struct docker *d, const char *mark, struct err *err)
{
	struct err ignored = ERR_INIT;
	int has;
	if (create(e, d, false, err) < 0) {
		err->msg[strcspn(err->msg, "\n")] = '\0'; /* how docker is used follows */
		return err_wrap(err, "the container could not be made");
	}
	has = has_shell(d);
	if (has == 0)
		return do_without_shell(e, d, err);
	d->has_shell = has > 0;
	if (has > 0 && mark && dir_make(path_dir(e->want.a, mark), 0777, &ignored) == 0)
		file_write(mark, "", 0, 0666, &ignored);
	return 0;
}

static void put_start(struct docker *d, struct strvec *argv)
{
	static const char *const words[] = {"--interactive", "-i", "--interactive=true"};
	bool interactive = false;
	for (size_t i = 0; i < d->words.options.n; i++)
		for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			interactive |= strcmp(d->words.options.v[i], words[k]) == 0;
	engine_argv(&d->engine, argv);
	strvec_push(argv, "start");
	strvec_push(argv, "--attach");
	if (interactive)
		strvec_push(argv, "--interactive");
	strvec_push(argv, d->name);
}

/* In the arena, as the launch outlives this. */
static char *const *keep(struct arena *a, const struct strvec *argv)
{
	char **v = arena_array(a, argv->n + 1, sizeof(*v));
	for (size_t i = 0; i < argv->n; i++)
		v[i] = arena_strdup(a, argv->v[i]);
	return v;
}

int docker_launch(struct env *e, struct docker *d, const struct env_var *added,
    size_t nadded, struct launch *l, struct strvec *envp, struct err *err)
{
	auto_strvec argv = STRVEC_INIT;
	const char *mark;
	bool entrypoint;
	int rc;
	d->run_id = e->want.run_id;
	d->name = docker_container_name(e);
	d->secret = endpoint_key(added, nadded);
	d->since_ms = clock_now_ms();
	if (docker_gather(e, d, added, nadded, err) < 0 ||
	    docker_note(d, e->want.state_dir, err) < 0)
		return -1;
	mark = shell_mark(e, d);
	entrypoint = docker_has_arg(&e->want.plan->environment, "entrypoint", 0);
	d->has_shell = !entrypoint && mark && path_exists(mark);
	if (d->has_shell)
		utimensat(AT_FDCWD, mark, NULL, 0);
	d->at_once = !d->engine.socket || d->has_shell || entrypoint;
	if (d->at_once) {
		rc = put_words(e, d, "run", false, &argv, envp, err);
		l->file = d->file;
	} else {
		rc = make_first(e, d, mark, err);
		put_start(d, &argv);
	}
	l->argv = keep(e->want.a, &argv);
	return rc;
}
