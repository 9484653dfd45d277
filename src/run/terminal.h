/* SPDX-License-Identifier: MIT */
/*
 * terminal.h -- the user's terminal on one side, the command's pseudo-terminals on the
 * other.
 *
 * The command gets two: `main` is its controlling terminal and its stdin and stdout,
 * `side` its stderr, each only for those of our streams that are the terminal.  Neither
 * changes what is written to it (no \n to \r\n), so that logs hold what the command
 * wrote; the user's terminal does that.
 *
 * Its keys are ours only when nobody else can be meant to read them: stdin is the
 * terminal and stdout is no pipe (`mlp run . | less`).  Then it is in raw mode, and the
 * command's own terminal echoes, edits lines and makes signals.  Otherwise its modes are
 * left alone.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <termios.h>

#include "base/err.h"
#include "base/proc.h"

struct pty {
	int master, slave; /* -1: none */
};

struct terminal {
	int tty;    /* an open file of our own on the user's terminal; -1: none */
	bool is[3]; /* our stdin, stdout, stderr are the terminal */
	bool keys;  /* what the user types goes through us */
	bool raw;   /* its modes are ours at the moment */
	bool plain; /* ... and it shows bytes untouched, for a full-screen program */
	struct termios before; /* its modes when we last made it raw */
	struct pty main, side;
};

#define TERMINAL_INIT                                                                    \
	{                                                                                \
		.tty = -1, .main = {-1, -1}, .side = { -1, -1 }                          \
	}

/*
 * Look whether any of our streams is the terminal and we are in its foreground; if so
 * open what is needed.  0 with tty -1: no terminal.  -1: *err says why there can be none.
 */
int terminal_open(struct terminal *t, struct err *err);
/* Our stdin, stdout and stderr all are the terminal, and we are in its foreground. */
bool terminal_is_all(void);
/* Fill in the files of the child and, with keys, its controlling terminal. */
void terminal_give(const struct terminal *t, struct proc *p);
/* After the child has started: its ends are its own. */
void terminal_given(struct terminal *t);
/* Are we in the foreground group of the user's terminal? */
bool terminal_is_ours(const struct terminal *t);
/* Take and give back the modes of the user's terminal; nothing while it is not ours. */
void terminal_take(struct terminal *t);
void terminal_restore(struct terminal *t);
/* Show bytes untouched while the command has its terminal in raw mode. */
void terminal_follow_modes(struct terminal *t);
/* Tell the command's terminals the size of the user's. */
void terminal_resize(struct terminal *t);
void terminal_close(struct terminal *t);

#endif
