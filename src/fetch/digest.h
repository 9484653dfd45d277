/* SPDX-License-Identifier: MIT */
/* digest.h -- SHA-256, the only user of libcrypto. */
#ifndef DIGEST_H
#define DIGEST_H

#include "base/event.h"

enum { DIGEST_HEX = 64 };

struct evp_md_ctx_st;
struct digest {
	struct evp_md_ctx_st *ctx;
};
#define DIGEST_INIT                                                                      \
	{                                                                                \
		.ctx = NULL                                                              \
	}
#define auto_digest __attribute__((cleanup(digest_release))) struct digest

/* Begin, or begin again. */
void digest_start(struct digest *d);
void digest_add(struct digest *d, const void *data, size_t n);
/* Ends it; start it again for another one. */
void digest_hex(struct digest *d, char hex[DIGEST_HEX + 1]);
void digest_release(struct digest *d);

/* Add a file's bytes from its start to its end; `what` names the step for progress. */
int digest_add_file(
    struct digest *d, int fd, const char *what, struct meter *meter, struct err *err);
/* The digest of a text. */
void digest_text(const char *text, char hex[DIGEST_HEX + 1]);

#endif
