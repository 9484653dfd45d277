/* SPDX-License-Identifier: MIT */
/*
 * sigwatch.h -- signals as something to read.  Those that ask us to stop and that were
 * ignored when it was opened (nohup, a background job of a script) stay ignored.
 */
#ifndef SIGWATCH_H
#define SIGWATCH_H

#include <signal.h>

#include "base/err.h"

struct sigwatch {
	int fd;				     /* readable when a signal is there */
	sigset_t old;			     /* the mask before */
	struct sigaction pipe, fsize, child; /* dispositions before */
};

#define SIGWATCH_INIT                                                                    \
	{                                                                                \
		.fd = -1                                                                 \
	}

int sigwatch_open(struct sigwatch *w, struct err *err);
/* The next signal that has come in, or 0. */
int sigwatch_next(struct sigwatch *w);
/*
 * Stop this process as SIGTSTP does, while it is watched.  Returns when it is continued, or
 * at once where the kernel does not stop it (nobody could continue it).
 */
void sigwatch_suspend(void);
void sigwatch_close(struct sigwatch *w);

#endif
