/* SPDX-License-Identifier: MIT */
/*
 * proc.h -- start one child and learn at once whether it really started; and how it
 * ended.
 *
 * As vfork: PATH is searched before, all signals are blocked meanwhile, every disposition
 * is default in the child, and an exec that fails comes back over a CLOEXEC pipe.  No
 * shell is involved unless argv names one.
 */
#ifndef PROC_H
#define PROC_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

enum proc_flag {
	PROC_SESSION = 1 << 0,	   /* a session and process group of its own */
	PROC_CTTY = 1 << 1,	   /* with PROC_SESSION: and with ctty as its terminal */
	PROC_DIE_WITH_US = 1 << 2, /* KILL when the thread that started it ends */
};

struct proc {
	char *const *argv;  /* borrowed until proc_start returns; argv[0] is looked up */
	char *const *envp;  /* borrowed; NULL: ours */
	const char *cwd;    /* borrowed; NULL: ours */
	const char *note;   /* borrowed; a comment for the trace, or NULL */
	const char *secret; /* borrowed; *** in the trace, or NULL */
	int fd[3];	    /* its stdin, stdout, stderr; -1: inherit ours */
	int ctty;	    /* the terminal for PROC_CTTY */
	int socket;	    /* its fd 3; -1: none */
	enum proc_flag flags;
	/*
	 * Called in the child before it executes, with only async-signal-safe calls; what
	 * it changes in memory it changes in ours.  -1 with errno: the start fails.  NULL:
	 * nothing.
	 */
	int (*enter)(void *arg);
	void *enter_arg;
	pid_t pid;    /* out: the child, and with PROC_SESSION its group */
	pid_t leader; /* out: with PROC_CTTY a child that leads the session, else -1 */
};

#define PROC_INIT                                                                        \
	{                                                                                \
		.fd = {-1, -1, -1}, .ctty = -1, .socket = -1, .pid = -1, .leader = -1    \
	}

/*
 * 0: running.  -1: no child is left and *err says why; err->sys is the errno of the step
 * that failed (ENOENT: no such command, EACCES: not executable, ...).
 * `trace` (may be -1): a file descriptor that gets the launch as one pasteable line,
 * with the variables that envp adds to our environment; what seems secret is ***.
 */
int proc_start(struct proc *p, int trace, struct err *err);

/* The name is found in PATH as a program that may be run. */
bool proc_can_find(const char *name);
/* Where it is, the caller's to free; NULL: not there.  A name with a slash is itself. */
char *proc_find(const char *name);

/*
 * End the session leader, which hangs up its terminal: when the child and all that it
 * left have ended.  Nothing where there is none.
 */
void proc_end_leader(struct proc *p);

/* An exit is a struct: 128+n appears only when printing. */
enum exit_kind {
	EXIT_UNKNOWN,	/* not known (a supervisor that was lost) */
	EXIT_EXITED,	/* code */
	EXIT_SIGNALLED, /* sig, core */
	EXIT_TIMEOUT,	/* stopped by the run's own time limit */
	EXIT_OOM,	/* out of memory, said by the kernel */
	EXIT_NEVER,	/* never started; code is 126 or 127 as a shell would say */
};

struct exit_status {
	enum exit_kind kind;
	int code;
	int sig;
	bool core;
};

struct exit_status exit_from_wait(int wait_status);
/* Wait for pid to end, over EINTR. */
struct exit_status proc_wait(pid_t pid);
/* The word used in tag mlp.exit and in JSON: exited, signalled, timeout, ... */
const char *exit_kind_word(enum exit_kind kind);
/* The inverse; EXIT_UNKNOWN for a word that is not one. */
enum exit_kind exit_kind_from_word(const char *word);
/* In words: "exit 3", "killed by SIGSEGV (core dumped)", "exit 137 (usually: ...)". */
void exit_describe(struct buf *out, const struct exit_status *st);
/* "SIGTERM" for 15; "signal 99" for what has no name. */
void signal_name(struct buf *out, int sig);

#endif
