/* SPDX-License-Identifier: MIT */
/*
 * store.h -- files that were downloaded, by content:
 *
 *   <store>/<sha256>/<name>     read-only; a content that has two names is linked
 *   <store>/.index/<key>.json   what a URL's content was, and how its server marks it
 *   <store>/.index/<key>.lock   who fetches it now
 *   <store>/.index/<key>.part   as far as it has come, and .part.json: whose it is
 *
 * <key> is the digest of url_key(), and the URL, which may hold secrets, is written
 * nowhere.  All of it may be removed at any time; what is missing is fetched again.
 */
#ifndef STORE_H
#define STORE_H

#include "base/arena.h"
#include "fetch/digest.h"
#include "fetch/http.h"

/* One URL's place in the index; paths in the arena. */
struct slot {
	const char *facts, *lock, *part, *part_facts;
	bool shared; /* URLs of other files may have it, too: an ETag tells */
};
int slot_init(struct arena *a, const char *store, const char *key_text, struct slot *s,
    struct err *err);

/* A content that is there. */
struct content {
	const char *path, *sha256;
	struct validators marks;
};

/* What the URL's content was, if it still lies there as it was put.  False: not known. */
bool store_known(struct arena *a, const char *store, const struct slot *s,
    const char *name, struct content *out);
/* The content with this digest, read through to prove it.  False: not there. */
bool store_find(struct arena *a, const char *store, const char *sha256, const char *name,
    struct meter *meter, struct content *out);
/* Take over the complete file at `part`, open as fd; one that is there already stays. */
int store_put(struct arena *a, const char *store, const char *part, int fd,
    const char *sha256, const char *name, struct meter *meter, struct content *out,
    struct err *err);
/* Remember that the URL's content is this one.  A failure only costs another download. */
void store_remember(const struct slot *s, const struct content *c);

/* The name for a file from a URL or path: its last part, made harmless. */
const char *store_name(struct arena *a, const char *url_or_path);

#endif
