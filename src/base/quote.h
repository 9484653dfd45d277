/* SPDX-License-Identifier: MIT */
/* quote.h -- text for a POSIX shell. */
#ifndef QUOTE_H
#define QUOTE_H

#include "base/buf.h"

/*
 * Append s as one shell word, as Python's shlex.quote does: '' for the empty string, as it
 * is when all bytes are in A-Za-z0-9_@%+=:,./-, else in single quotes, each ' as '"'"'.
 */
void quote_shell(struct buf *out, const char *s);
/*
 * The same on one line: what holds control characters becomes $'...', which bash and
 * other newer shells take.
 */
void quote_shell_line(struct buf *out, const char *s);
/* A whole argv, words separated by spaces. */
void quote_argv(struct buf *out, char *const *argv);
/*
 * Append s for a terminal or a one-line message: control characters (newline, escape and
 * the C1 set among them) become \n, \t or \xNN; invalid UTF-8 bytes too.
 */
void quote_display(struct buf *out, const char *s, size_t n);
/* The same for a whole string. */
void quote_display_str(struct buf *out, const char *s);

#endif
