/* SPDX-License-Identifier: MIT */
/* source_uri.h -- the places that a model's source names, as Python's urlsplit sees them. */
#ifndef SOURCE_URI_H
#define SOURCE_URI_H

#include <stdbool.h>

#include "base/arena.h"

struct source_uri {
	const char *scheme; /* in lower case, "" for none */
	const char *host;   /* what stands between "//" and the path, in lower case */
	const char *path;   /* as it stands there; without query and fragment */
};

void source_uri_split(struct arena *a, const char *text, struct source_uri *out);

/* A path, or a file: URI of this machine. */
bool source_uri_is_local(const struct source_uri *u);
/* mlflow-artifacts:, or the http: URL of a server's artifact proxy. */
bool source_uri_is_proxied(struct arena *a, const struct source_uri *u);
/*
 * With everything decoded, however often it was encoded, the path is absolute and has no
 * "." or ".." in it.
 */
bool source_uri_is_plain(struct arena *a, const char *text);
/* Scheme and host are the same, and the path is root's or below it. */
bool source_uri_is_within(
    struct arena *a, const struct source_uri *u, const struct source_uri *root);

/*
 * The real path of a local URI or path: symbolic links followed as far as it exists.  NULL
 * where that cannot be told: relative without cwd, with "..", unreadable links.
 */
const char *source_uri_real_path(
    struct arena *a, const char *cwd, const char *text, const struct source_uri *u);
/* Both as source_uri_real_path() gives them. */
bool path_is_within(const char *path, const char *dir);

#endif
