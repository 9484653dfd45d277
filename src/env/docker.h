/* SPDX-License-Identifier: MIT */
/*
 * docker.h -- a run's command in a container: what is kept from env_open to env_release.
 *
 *   docker             the container's life: made, started, stopped, removed
 *     docker_launch      made and started
 *     docker_make        what it is made with, for this run
 *     docker_argv        ... as words: options, docker_env variables, docker_volume,
 *                        docker_command
 *     docker_taken       what its user puts into it himself
 *     docker_recording   how the command in it records
 *     docker_end         what became of the command
 *     docker_init        ... that could not be started
 *     docker_left        what a killed mlp left
 *   engine*            docker or podman, asked
 *   image*             what it is made of
 */
#ifndef DOCKER_H
#define DOCKER_H

#include "env/docker_argv.h"
#include "env/image.h"

struct docker {
	struct engine engine;
	struct image image;
	struct docker_words words;
	const char **volumes;	     /* expanded */
	const char **volume_sources; /* their paths on this machine, or NULLs */
	size_t nvolumes;
	const char *run_id;
	const char *name;   /* of the container, from docker_launch on */
	const char *home;   /* a directory of this machine that is its HOME, or NULL */
	const char *note;   /* the file that says that it may be there; NULL: it is not */
	const char *secret; /* the key of the run's endpoint, or NULL */
	int file;	    /* variables, for docker's program to read; -1: none */
	bool unsure;	    /* a signal found no container: it may still come */
	bool at_once;	    /* `docker run` both makes and starts it */
	bool has_shell;	    /* the command is given to a shell that is there */
	bool tty;	    /* it has a terminal */
	int64_t since_ms;   /* when it was made, as the engine's events are asked */
};

static inline struct docker *docker_of(const struct env *e)
{
	return e->own;
}

/* Docker removes the container when it ends; podman keeps what can be asked of it. */
static inline bool docker_removes_itself(const struct docker *d)
{
	return d->engine.kind == ENGINE_DOCKER;
}

/* The label of a run's containers: mlp.run=<id>. */
#define DOCKER_LABEL "mlp.run"

/* What can be said before anything is asked: -A, volumes, variables.  For env_open. */
int docker_check(struct env *e, struct err *err);
/* A volume or -A puts something there: the engine takes one thing at a place. */
bool docker_is_taken(const struct env *e, const char *target);
/* Its options and variables.  d->name and d->tty are known. */
int docker_gather(struct env *e, struct docker *d, const struct env_var *added,
    size_t nadded, struct err *err);
/*
 * Set l->argv, l->file and what it takes in *envp: what runs the command in a container,
 * which is noted before it is made.
 */
int docker_launch(struct env *e, struct docker *d, const struct env_var *added,
    size_t nadded, struct launch *l, struct strvec *envp, struct err *err);

/*
 * The program that was attached to the container has ended: set *o to what became of the
 * command.  *why is set where it never started.
 */
void docker_judge(struct env *e, struct docker *d, struct outcome *o, struct err *why);

/*
 * The command was not started, says the container's init: set *o and *why.  False: it says
 * nothing like that.
 */
bool docker_judge_init(
    struct env *e, const struct docker *d, struct outcome *o, struct err *why);
/* "[FATAL tini (7)] exec NAME failed: BECAUSE" is the last line of what was said. */
bool docker_init_words(
    struct arena *a, const char *said, const char **name, const char **because);

/*
 * The ids of the run's containers, by their label: a name that was chosen may be somebody
 * else's, and anybody may give another one.
 */
int docker_find(
    const struct engine *en, const char *run_id, struct strvec *ids, struct err *err);

/*
 * A note in the run's state directory that there may be containers of it, and whose; who
 * finds it when the run's mlp is gone removes them (*n: how many).  -1: the engine could
 * not be asked, and the note stays.
 */
int docker_note(struct docker *d, const char *state_dir, struct err *err);
void docker_note_done(struct docker *d);
bool docker_is_noted(struct arena *a, const char *state_dir);
int docker_remove_left(const struct ctx *ctx, struct arena *a, const char *state_dir,
    const char *run_id, int *n, struct err *err);

#endif
