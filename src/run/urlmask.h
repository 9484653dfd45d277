/* SPDX-License-Identifier: MIT */
/*
 * urlmask.h -- user names and passwords of the URLs in a stream that is kept: "***", as
 * url_mask() makes of a text, however the stream is cut in pieces.  Only what follows
 * "://" is held back, until it is known where its host begins.
 */
#ifndef URLMASK_H
#define URLMASK_H

#include <stdbool.h>

#include "base/buf.h"
#include "run/mask.h"

enum { URLMASK_HELD = 8192 }; /* a longer name and host are hidden whole */

struct urlmask {
	size_t seen;	 /* bytes of "://" that came last */
	bool inside;	 /* behind it, up to the host's end */
	bool too_long;	 /* ... where it is only dropped */
	struct buf held; /* of it */
};

#define URLMASK_INIT                                                                     \
	{                                                                                \
		.held = BUF_INIT                                                         \
	}

void urlmask_pass(
    struct urlmask *u, const char *data, size_t n, mask_give *give, void *arg);
/* The stream has ended. */
void urlmask_end(struct urlmask *u, mask_give *give, void *arg);
void urlmask_release(struct urlmask *u);

#endif
