/* SPDX-License-Identifier: MIT */
/*
 * err.h -- one explicit error, the last parameter of every function that can fail.
 *
 * Such a function returns 0 or -1 (or NULL).  On success *err is untouched; on failure it
 * is set exactly once.  The text names the object and the cause, is one line without a
 * final full stop, and may carry a hint: the next step for the person who reads it.
 * Context ("run 1234") is added at module borders only, with err_wrap().
 */
#ifndef ERR_H
#define ERR_H

/* Chosen by what a caller does differently, not by where the error came from. */
enum err_code {
	ERR_NONE = 0,
	ERR_FAIL,	 /* anything else: the system, a limit, a broken file */
	ERR_USAGE,	 /* the caller asked for something impossible */
	ERR_NOTFOUND,	 /* the named thing does not exist */
	ERR_EXISTS,	 /* it exists already */
	ERR_BUSY,	 /* somebody else holds it; later may work */
	ERR_CONFLICT,	 /* it contradicts what is recorded */
	ERR_INTERRUPTED, /* a signal asked us to stop; sys is the signal number */
	ERR_UNSUPPORTED, /* there is no such ability here: an older store, ... */
};

struct err {
	enum err_code code;
	int sys; /* errno where one was the cause, else 0 */
	char msg[3072];
	char hint[1024];
};

#define ERR_INIT                                                                         \
	{                                                                                \
		.code = ERR_NONE                                                         \
	}

/* Both return -1, so that `return err_set(err, ...)` is the whole failure path. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Appends ": " and the text of errnum; ERR_NOTFOUND for ENOENT, else ERR_FAIL. */
int err_sys(struct err *err, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Say what to do next.  Keeps an earlier hint.  Returns -1. */
int err_hint(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Put "<context>: " before the message.  Returns -1. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void err_clear(struct err *err);

#endif
