/* SPDX-License-Identifier: MIT */
/*
 * order.h -- in which order the two logs of a run were written, as the text that is kept
 * beside them: after a first line that says what it is, lines like
 *
 *	o 120
 *	e 17
 *
 * 120 bytes of stdout.log, then 17 of stderr.log; the next line of either goes on where
 * its last one ended.  What comes after the last lines is not told.
 *
 * The command can write to this file as well as we can: what is no such line, and all
 * after it, is not there.
 */
#ifndef ORDER_H
#define ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ORDER_OUT, ORDER_ERR, ORDER_LOGS };
enum {
	ORDER_MAX = 1 << 20, /* bytes of the file */
	ORDER_LINE_MAX = 24, /* of a line, with its newline and a NUL */
};

#define ORDER_NAME "log-order.txt"
#define ORDER_HEAD                                                                       \
	"# the order in which stdout.log (o) and stderr.log (e) were written, in "       \
	"bytes\n"

/* Bytes [from, to) of a log. */
struct order_piece {
	int log;
	int64_t from, to;
};

/* The line of it; its length without the NUL. */
size_t order_line(char line[ORDER_LINE_MAX], const struct order_piece *p);

/* The file as it is read; copied, it is read twice. */
struct order {
	int fd;			  /* owned; -1: none */
	int64_t told[ORDER_LOGS]; /* where the next piece of each begins */
	size_t at;		  /* bytes of the file that were taken */
	bool bad;		  /* what stands there is no line */
	size_t next, len;	  /* of the buffer: what is not taken yet */
	char buffer[4096];
};

#define ORDER_INIT                                                                       \
	{                                                                                \
		.fd = -1                                                                 \
	}

/* Nothing where there is no such regular file; it may be tried again. */
void order_open(struct order *o, const char *path);
/* The next piece; false: there is none, or it is not there whole yet. */
bool order_next(struct order *o, struct order_piece *p);
void order_close(struct order *o);

#endif
