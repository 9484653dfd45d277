/* SPDX-License-Identifier: MIT */
/*
 * mask.h -- a secret in a stream that is kept: each byte of it becomes '*', also where it
 * is cut in two by the pieces in which the stream arrives.  Everything else passes as it
 * is, the start of what may become the secret only when the next piece has come.
 */
#ifndef MASK_H
#define MASK_H

#include <stddef.h>

struct mask {
	const char *secret; /* borrowed; NULL: nothing is masked */
	size_t held; /* so many bytes of its beginning have come and were not given */
};

typedef void mask_give(void *arg, const char *data, size_t n);

void mask_pass(struct mask *m, const char *data, size_t n, mask_give *give, void *arg);
/* The stream has ended: what was held was no secret. */
void mask_end(struct mask *m, mask_give *give, void *arg);

/* Several secrets: the stream passes one mask after the other, the longest secret first. */
struct masks {
	struct mask *v; /* owned */
	size_t n;
};

/* One more; `secret` is borrowed, NULL and "" are none. */
void masks_add(struct masks *ms, const char *secret);
void masks_pass(struct masks *ms, const char *data, size_t n, mask_give *give, void *arg);
void masks_end(struct masks *ms, mask_give *give, void *arg);
void masks_release(struct masks *ms);

#endif
