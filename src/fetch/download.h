/* SPDX-License-Identifier: MIT */
/* download.h -- a URL's content, in the store: fetched, or what is there still holds. */
#ifndef DOWNLOAD_H
#define DOWNLOAD_H

#include "fetch/store.h"

/*
 * The content of rq->url, or (rq->path) a copy of that file.  `archive`: what is no
 * archive is refused.  A digest that was asked for is proved; a content that is there with
 * it needs no connection.
 */
int download(struct arena *a, const struct request *rq, bool archive, struct meter *meter,
    struct content *out, struct err *err);

/* The digest is the one that was asked for, if any. */
int download_check(const struct request *rq, const char *sha256, struct err *err);

#endif
