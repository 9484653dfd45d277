/* SPDX-License-Identifier: MIT */
/*
 * step.h -- one step of making an environment: a tool (pip, docker pull) that is run to
 * its end.
 *
 * It runs as a run's command does (run/supervise.h): stopped with its whole group when
 * the user asks, nothing of it left behind.  Its output, both streams, is kept in
 * <log_dir>/environment.log, names and passwords in URLs as ***, and shown on our standard
 * error where that is a terminal.
 */
#ifndef STEP_H
#define STEP_H

#include "env/env.h"

struct env_step {
	const char *what; /* "installing the packages", for messages */
	char *const *argv;
	char *const *envp; /* NULL: ours */
	const char *cwd;   /* NULL: the project directory */
	int input;	   /* its stdin, borrowed; 0: none */
};

/*
 * 0: it ended with exit 0.  -1: *err says which tool failed, how, and the line in which
 * it said why (e->said has more of them); ERR_INTERRUPTED (err->sys: the signal) when we
 * were asked to stop.  `exit` (may be NULL) gets how it ended.
 */
int env_step(struct env *e, const struct env_step *step, struct exit_status *exit,
    struct err *err);

/*
 * A short question to a tool: its standard output, at most 1 MiB, without its last
 * newline, into `out`; its standard error into *err when it fails (exit code in err->sys).
 * Nothing is logged.  Stopped after `ms` without an end (0: no limit).
 */
int env_ask(const struct ctx *ctx, char *const *argv, char *const *envp, int64_t ms,
    struct buf *out, struct err *err);

#endif
