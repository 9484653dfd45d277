/* SPDX-License-Identifier: MIT */
/*
 * context.h -- what is behind the types of mlp.h.
 */
#ifndef CONTEXT_H
#define CONTEXT_H

#include <mlp.h>

#include "track/store.h"

struct mlp {
	struct arena arena; /* for what lives as long as the context */
	struct ctx ctx;
	struct tracking tracking;
	struct mlp_options told;  /* the callbacks */
	int keepers;		  /* atomic: the host, and the handles of its runs */
	int busy;		  /* atomic: a call is in progress */
	volatile int interrupted; /* SIGTERM once mlp_interrupt was called */
	int wake;		  /* an eventfd: the same, for poll() */
};

/*
 * The frame of every call: -1 with MLP_ERR_BUSY where another call uses the context, or
 * MLP_ERR_INTERRUPTED where an interrupt was waiting.  After 0 the caller owes
 * context_leave, which also forgets an interrupt.
 */
int context_enter(struct mlp *m, struct mlp_error *error);
void context_leave(struct mlp *m);

/* A handle outlives mlp_close: it keeps what it has of the context.  Returns m. */
struct mlp *context_keep(struct mlp *m);
void context_unkeep(struct mlp *m);

/* To the callback, with that argument. */
void context_tell_progress(const struct mlp *m, void *arg, const struct progress *p);

/* Tell the caller of the library; both take NULL for `to`.  Return -1. */
int error_give(struct mlp_error *to, const struct err *err);
int error_say(struct mlp_error *to, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Take over a struct of options whose first member is its size, made by an older or newer
 * caller: what it does not have is zero, what we do not know must be.  `from` may be NULL.
 */
int options_take(
    void *to, size_t size, const void *from, const char *what, struct mlp_error *error);

/* The store of the context, for reading; closed by the caller. */
int context_store(struct mlp *m, struct store **out, struct err *err);

#endif
