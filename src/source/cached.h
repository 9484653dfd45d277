/* SPDX-License-Identifier: MIT */
/* cached.h -- what lies in the cache for the URL of a git project. */
#ifndef CACHED_H
#define CACHED_H

#include "base/arena.h"
#include "base/strvec.h"

/* Its mirror, whether or not it is there; `origin` as in struct source_uri. */
char *cached_mirror(struct arena *a, const char *cache_dir, const char *origin);

/* Append its checkouts, those used last first, at most `max`.  They may be in use. */
void cached_checkouts(struct arena *a, const char *cache_dir, const char *origin,
    size_t max, struct strvec *out);

#endif
