/* SPDX-License-Identifier: MIT */
/*
 * docker_argv.h -- what `docker create` is told, as words that no shell ever reads.
 *
 * A variable of the container is named in argv (--env NAME); its value is in the
 * environment of docker's program, or, for a name that this program would heed itself
 * (PATH, HOME, DOCKER_HOST, ...), in a file of lines that only it can open.
 */
#ifndef DOCKER_ARGV_H
#define DOCKER_ARGV_H

#include "base/strvec.h"
#include "env/engine.h"
#include "plan/plan.h"

#define DOCKER_PROJECT_DIR "/mlflow/projects/code"
#define DOCKER_HOME_DIR "/mlflow/home"

struct docker_words {
	struct strvec options; /* behind "create" */
	struct strvec env;     /* of the container: NAME=value, each name once */
};
#define DOCKER_WORDS_INIT                                                                \
	{                                                                                \
		.options = STRVEC_INIT, .env = STRVEC_INIT                               \
	}
void docker_words_release(struct docker_words *w);
void docker_words_option(struct docker_words *w, const char *name, const char *value);
/* A file or directory of this machine, any path; one target is mounted once. */
void docker_words_mount(
    struct docker_words *w, const char *source, const char *target, bool read_only);
void docker_words_setenv(struct docker_words *w, const char *name, const char *value);

/*
 * -A: those that would take the container out of our hands are refused (ERR_USAGE).
 * `long_name` may be NULL, `letter` 0.
 */
int docker_args_check(const struct env_plan *p, struct err *err);
bool docker_has_arg(const struct env_plan *p, const char *long_name, char letter);
/* The last one's value, NULL: none or a flag. */
const char *docker_arg(const struct env_plan *p, const char *long_name, char letter);
/* Append them as docker's options, but for what is not docker create's. */
void docker_words_add_args(struct docker_words *w, const struct env_plan *p);

/*
 * --cpus, --memory, --gpus; and no GPU where none is asked for.  `processors`: more than
 * the engine's machine has is no limit, and docker would refuse it; 0: not known.
 */
void docker_words_limit(struct docker_words *w, const struct env_plan *p,
    enum engine_kind kind, long processors);

/*
 * The variables of docker_env: pairs are set, names are copied from the host.  Not set
 * there: MLflow's words, as an error.  `added` are those that mlp sets: a copy of the same
 * name does not displace them, a pair does.
 */
int docker_words_add_vars(struct docker_words *w, const struct env_plan *p,
    const struct env_var *added, size_t nadded, struct err *err);

/*
 * A volume as its author meant it: $(pwd), `pwd`, $PWD and ${PWD} are project_dir, a ~ in
 * front is the home directory, other variables are the environment's (unset: an error), a
 * relative path ("./data") is relative to project_dir.  *source is its first part where
 * that is a path of this machine, else (a volume's name) NULL.
 */
const char *docker_volume_expand(struct arena *a, const char *text,
    const char *project_dir, const char **source, struct err *err);

/*
 * What the container runs: `bash -c command`, or sh where there is no bash.  `plain`:
 * there is no shell either; -1 where the command needs one.
 */
int docker_command(const char *command, bool plain, struct strvec *argv, struct err *err);

/*
 * Split *w's variables: --env options into argv, values into envp (an environment that
 * holds ours already), lines for --env-file into `file`.
 */
void docker_words_env(const struct docker_words *w, struct strvec *argv,
    struct strvec *envp, struct buf *file);

#endif
