/* SPDX-License-Identifier: MIT */
/*
 * buf.h -- a growing byte string.  `s` is never NULL and always NUL-terminated; bytes
 * inside may be anything.  A buffer that is filled from outside is given a maximum: what
 * would pass it is dropped whole and `full` stays set.
 */
#ifndef BUF_H
#define BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *s;	 /* owned once cap > 0 */
	size_t len, cap; /* bytes, without and with the NUL */
	size_t max;	 /* most bytes it may hold; 0: no limit */
	bool full;	 /* something did not fit */
};

extern char buf_empty[1];
#define BUF_INIT                                                                         \
	{                                                                                \
		.s = buf_empty                                                           \
	}
#define BUF_MAX(limit)                                                                   \
	{                                                                                \
		.s = buf_empty, .max = (limit)                                           \
	}
#define auto_buf __attribute__((cleanup(buf_release))) struct buf

void buf_add(struct buf *b, const void *data, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_addv(struct buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* Room for n more bytes at s + len; the caller writes there, then adds to len. */
void buf_reserve(struct buf *b, size_t n);
/* Keep only the first n bytes. */
void buf_cut(struct buf *b, size_t n);
/* Empty again, memory kept. */
void buf_clear(struct buf *b);
void buf_release(struct buf *b);
/* The string, now the caller's to free(); the buffer is empty again. */
char *buf_detach(struct buf *b);

#endif
