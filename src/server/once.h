/* SPDX-License-Identifier: MIT */
/*
 * once.h -- a POST that a client sends again is not done twice.
 *
 * MLflow's clients repeat a request, byte for byte, whose connection broke or that was not
 * answered in time.  An equal request on its own proves nothing: two clients may well create
 * equal runs.  What tells them apart is the connection of the first one:
 *
 *   - being answered, its client still there:            another request, it is done
 *   - being answered, its client gone (closed):          a repeat: waits, gets its reply
 *   - answered, all bytes acknowledged by its system:    another request, it is done
 *   - answered, but not all bytes were acknowledged, or
 *     the client was gone before they were written:      a repeat: gets the same reply
 *
 * So each connection remembers the last such request and its reply until the client asks on
 * or the connection is closed; after that only what was not delivered is kept, for
 * ONCE_KEEP_MS and ONCE_LOST of them at most.  Where the client had it closed
 * ("Connection: close"), what was not acknowledged at that moment may be a little later.
 * A reply that arrived ends the tries before it, whatever has been seen of the end of their
 * connections by then, and none that came after it.
 *
 * Watched is everything that changes something, but for what is idempotent by nature and
 * frequent (log-batch, set-tag, ...) and for large bodies.  Refusals (status 400 and up)
 * are not kept: nothing was done.
 *
 * A server that is killed takes this memory along.  What it had done but not answered is
 * then found in the store instead, by who creates or deletes: struct api, repeat_since.
 */
#ifndef ONCE_H
#define ONCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
	ONCE_KEEP_MS = 10 * 60 * 1000,
	ONCE_LOST = 256,
	ONCE_BODY = 64 << 10,
	ONCE_SEEN = 1024
};

struct once;
/* The last watched request of a connection. */
struct once_entry;

struct once *once_new(void);
void once_free(struct once *once);

/* A request that changes something is worth watching. */
bool once_watches(const char *path, size_t nbody);

struct once_request {
	int fd; /* its connection */
	const char *method, *path, *body;
	size_t nbody;
};
struct once_reply {
	int status;
	const char *content_type; /* static */
	struct buf body;	  /* the caller's to buf_release */
};

/*
 * true: a repeat, *reply is the answer.  false: to be done, and once_answered to be called.
 * *entry is the caller's until once_over in either case.  *first: no equal one came before
 * (of the last ONCE_SEEN), so a server that was killed may have done it.
 */
bool once_begin(struct once *once, const struct once_request *rq,
    struct once_entry **entry, bool *first, struct once_reply *reply);
/*
 * The same for who must not wait.  false: it could be a repeat; nothing was done, and
 * once_begin has to be asked.  true: it is none, and to be done.
 */
bool once_begin_now(struct once *once, const struct once_request *rq,
    struct once_entry **entry, bool *first);
/* It was done, the reply is about to be sent. */
void once_answered(
    struct once *once, struct once_entry *entry, const struct once_reply *reply);
/* ... and was handed to the system whole. */
void once_sent(struct once *once, struct once_entry *entry);
/* The client asks on, or the connection is about to be closed: give the entry back. */
void once_over(struct once *once, struct once_entry *entry);

#endif
