/* SPDX-License-Identifier: MIT */
#include "env/docker.h"

#include <signal.h>

#include "base/cleanup.h"
#include "env/docker_recording.h"
#include "run/terminal.h"

enum { LATE_MS = 500 };

static int open_engine(const struct env_want *w, struct engine *en, struct err *err)
{
	if (engine_open(en, w->ctx, w->a, err) < 0)
		return -1;
	if (!en->remote || w->plan->environment.build_image)
		return 0;
	err_set(err, ERR_FAIL, "the %s engine is on another machine (%s)",
	    engine_word(en), en->host);
	return err_hint(err,
	    "it cannot see the project's files: --build-image copies them into an image");
}

static int docker_open(struct env *e, struct err *err)
{
	struct docker *d = arena_new(e->want.a, struct docker);
	*d = (struct docker){.words = DOCKER_WORDS_INIT, .file = -1};
	e->own = d;
	if (docker_check(e, err) < 0 || open_engine(&e->want, &d->engine, err) < 0)
		return -1;
	return docker_recording_open(e, &d->engine, err);
}

static int docker_look(const struct env_want *w, struct env_look *out, struct err *err)
{
	struct env e = {.want = *w};
	struct docker d = {.words = DOCKER_WORDS_INIT};
	int rc;
	e.own = &d;
	rc = docker_check(&e, err) < 0 || open_engine(w, &d.engine, err) < 0 ? -1 : 0;
	docker_words_release(&d.words);
	if (rc < 0)
		return -1;
	env_fact(w->a, out, "engine",
	    arena_printf(w->a, "%s %s", engine_word(&d.engine), d.engine.version));
	return image_look(w, &d.engine, out, err);
}

static int docker_ready(struct env *e, struct err *err)
{
	struct docker *d = docker_of(e);
	if (image_ready(e, &d->engine, &d->image, err) < 0)
		return -1;
	env_tag(e, "mlp.docker.runtime",
	    arena_printf(e->want.a, "%s %s", engine_word(&d->engine), d->engine.version));
	docker_recording_make(e, &d->engine);
	return 0;
}

static int signal_one(struct docker *d, const char *id, int sig, struct err *err)
{
	if (sig == SIGSTOP || sig == SIGCONT)
		return engine_pause(&d->engine, id, sig == SIGSTOP, err);
	return engine_kill(&d->engine, id, sig, err);
}

/* A signal for the command: the program that is attached to it is no way for all. */
static bool signal_container(void *arg, int sig)
{
	struct docker *d = arg;
	struct err err = ERR_INIT;
	auto_strvec ids = STRVEC_INIT;
	int rc = docker_find(&d->engine, d->run_id, &ids, &err);
	if (rc == 0)
		rc = ids.n > 0 ? signal_one(d, ids.v[0], sig, &err) : -1;
	if (rc < 0)
		ctx_say(d->engine.ctx, SAY_DEBUG, "signal %d for the container: %s", sig,
		    err.msg);
	d->unsure |= rc < 0;
	return rc == 0;
}

static int docker_wrap(struct env *e, const struct env_var *added, size_t nadded,
    struct launch *l, struct strvec *envp, struct err *err)
{
	struct docker *d = docker_of(e);
	d->tty = !l->quiet && terminal_is_all();
	l->signal = signal_container;
	l->signal_arg = d;
	l->blind_keys = d->tty;
	return docker_launch(e, d, added, nadded, l, envp, err);
}

static void docker_done(struct env *e, struct outcome *o, struct err *why)
{
	docker_judge(e, docker_of(e), o, why);
}

static int remove_own(struct docker *d, struct err *err)
{
	auto_strvec ids = STRVEC_INIT;
	int rc = docker_find(&d->engine, d->run_id, &ids, err);
	for (size_t i = 0; i < ids.n && rc == 0; i++)
		rc = engine_remove(&d->engine, ids.v[i], err);
	return rc;
}

/* An engine goes on making what the program, stopped meanwhile, has asked for. */
static int remove_container(struct docker *d, struct err *err)
{
	struct timespec pause = {.tv_nsec = LATE_MS * 1000 * 1000};
	if (remove_own(d, err) < 0)
		return -1;
	if (!d->unsure)
		return 0;
	nanosleep(&pause, NULL);
	return remove_own(d, err);
}

/* Whatever way it went: nothing is left. */
static void docker_release(struct env *e)
{
	struct docker *d = docker_of(e);
	struct err err = ERR_INIT;
	if (!d)
		return;
	if (d->note && remove_container(d, &err) == 0)
		docker_note_done(d);
	else if (d->note)
		ctx_say(e->want.ctx, SAY_WARNING,
		    "the container %s could not be removed (%s); the next mlp command "
		    "tries it",
		    d->name, err.msg);
	docker_words_release(&d->words);
	fd_close(&d->file);
}

const struct env_ops docker_ops = {
    .look = docker_look,
    .open = docker_open,
    .make = docker_ready,
    .wrap = docker_wrap,
    .end = docker_done,
    .release = docker_release,
};
