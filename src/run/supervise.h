/* SPDX-License-Identifier: MIT */
/*
 * supervise.h -- run one command to its end: terminal, logs, signals, time limit,
 * leftovers.
 *
 * The command is its own session and process group.  Where our stdin, stdout or stderr is
 * the terminal and we are its foreground group, it gets a pseudo-terminal (and a second
 * one for stderr), else pipes, stdin inherited.  Everything it writes is kept in the two
 * log files and passed on unchanged.
 */
#ifndef SUPERVISE_H
#define SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/err.h"
#include "base/proc.h"
#include "run/endpoint.h"
#include "run/statusline.h"
#include "run/usage.h"

enum launch_state { LAUNCH_STARTED, LAUNCH_STOPPING };

struct launch {
	char *const *argv, *const *envp;
	const char *cwd;
	const char *stdout_log, *stderr_log; /* opened for appending, made if missing */
	const char
	    *order_log;	    /* where their order is kept (run/order.h); NULL: nowhere */
	int64_t log_limit;  /* most bytes kept in each of them; 0: no limit */
	int64_t timeout_ms; /* 0: none */
	bool quiet;	    /* keep the output, do not pass it on */
	/*
	 * A tool, not the command: no terminal and no input, and its stdout goes where its
	 * stderr goes.  Of what is kept, names and passwords in URLs are ***.
	 */
	bool is_step;
	int input;		 /* what a tool reads, borrowed; 0: nothing */
	statusline_text *status; /* what to show meanwhile, or NULL */
	void *status_arg;
	struct endpoint *endpoint;  /* open, or NULL; its key is not kept */
	const char *const *secrets; /* are not kept, either */
	size_t nsecrets;
	int file; /* its fd 3, which is above 2; 0: none */
	/*
	 * Where the command is no child of argv: gives it a signal.  False: it could not;
	 * then argv gets it.  STOP and CONT suspend it and let it go on.
	 */
	bool (*signal)(void *arg, int sig);
	void *signal_arg;
	/* argv only passes keys on: those that make signals are known by our terminal. */
	bool blind_keys;
	int (*enter)(void *arg); /* in the new process (base/proc.h); or NULL */
	void *enter_arg;
	const char *state_dir; /* of the run: where `mlp stop` says more; or NULL */
	/* Told when the command has started (its pid) and when it begins to be stopped. */
	void (*on_state)(void *arg, enum launch_state state, pid_t pid);
	void *on_state_arg;
};

/* How it went.  Everything is known when supervise() has returned 0. */
struct outcome {
	struct exit_status exit; /* EXIT_TIMEOUT when the limit stopped it */
	int stop_signal; /* we were asked to stop: SIGINT, TERM, HUP, QUIT; else 0 */
	int leftovers;	 /* processes that outlived the main one and were stopped */
	struct usage usage;
	int64_t stdout_bytes, stderr_bytes;
	int64_t dropped_bytes; /* of both, past log_limit */
	bool mid_line;	       /* what was shown last does not end its line */
	const char *detail;    /* more words for the reason, or NULL; borrowed */
	const char *limits;    /* what it was kept to, in words, or NULL; borrowed */
	int oom_kills; /* of its processes that the kernel killed, out of memory */
	int log_errno; /* first failure to keep output (ENOSPC ...), 0: all kept */
	char *
	    stderr_tail; /* its last lines, valid UTF-8, <= 2 KiB; the caller's to free */
};

/*
 * 0: the command has ended (however) and *out says how; also when it could not be started
 * (EXIT_NEVER with code 126 or 127; *err then holds the reason too and err->code is set).
 * -1: nothing was started (log files, memory; ERR_INTERRUPTED: ctx->interrupted was set
 * already), *err says why.
 * Blocks, and takes over SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP (each unless it is
 * ignored), SIGCHLD, SIGWINCH and SIGCONT meanwhile; restores them and the terminal on
 * every way out.
 *
 * Stopping: on SIGTERM or SIGHUP the group gets TERM, 5 s, KILL; on Ctrl-C (or SIGINT)
 * INT, 5 s, TERM, 5 s, KILL; on Ctrl-\ (or SIGQUIT) QUIT, 5 s, KILL.  A second Ctrl-C
 * kills at once.  On time-out TERM, 5 s, KILL; time in which the user had suspended us
 * does not count.  What outlives the main process for more than 1 s gets TERM, 5 s, KILL.
 * MLP_STOP_GRACE (ms) shortens the 5 s.  What is still there 5 s after a KILL by l->signal
 * is killed itself.
 */
int supervise(
    const struct ctx *ctx, const struct launch *l, struct outcome *out, struct err *err);

#endif
