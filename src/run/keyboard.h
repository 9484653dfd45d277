/* SPDX-License-Identifier: MIT */
/*
 * keyboard.h -- what the user types, on its way to the command's terminal.
 *
 * Ctrl-C, Ctrl-\ and Ctrl-Z (whatever the keys are) are taken out where the command's
 * terminal would make signals of them: the supervisor must know of them.  A program that
 * has turned that off (an editor) gets every byte.
 */
#ifndef KEYBOARD_H
#define KEYBOARD_H

#include <poll.h>

#include "base/buf.h"
#include "run/terminal.h"

struct keyboard {
	char typed[4096]; /* read, not yet looked at: [at, len) */
	size_t at, len;
	struct buf queue; /* looked at, not yet taken by the command: from `sent` on */
	size_t sent;
	bool closed; /* the user's terminal is gone */
	/* The command's modes cannot be seen: the user's terminal says which keys. */
	bool blind;
};

#define KEYBOARD_INIT                                                                    \
	{                                                                                \
		.queue = BUF_INIT                                                        \
	}

/* What it waits for: two entries, the user's terminal and the command's. */
void keyboard_poll(
    const struct keyboard *k, const struct terminal *t, struct pollfd p[2]);
/* Bytes wait for the command. */
bool keyboard_is_waiting(const struct keyboard *k);
/* Read what was typed, without waiting. */
void keyboard_read(struct keyboard *k, const struct terminal *t);
/*
 * Queue what was read up to the next key that makes a signal, and return that signal:
 * SIGINT, SIGQUIT, SIGTSTP.  0: all was queued.
 */
int keyboard_next(struct keyboard *k, const struct terminal *t);
/* Hand the queue over, as far as the command's terminal takes it. */
void keyboard_send(struct keyboard *k, const struct terminal *t);
/*
 * Do with SIGINT or SIGQUIT what the command's terminal would have done, but without
 * throwing away output: forget what was typed before, echo, signal its foreground group.
 */
void keyboard_signal(struct keyboard *k, const struct terminal *t, int sig);
void keyboard_release(struct keyboard *k);

#endif
