/* SPDX-License-Identifier: MIT */
/* archive.h -- projects that are a zip or tar. */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include "source/source.h"

/* By its name: .zip, .tar, .tar.gz, .tgz, ...; before a query, in any case. */
bool archive_has_name(const char *uri);

/*
 * Take "sha256=..." out of what stands behind #: *subdir is the rest, *sha256 the digest
 * in small letters, or NULL.  Without one *subdir is the whole text.
 */
int archive_split_fragment(struct arena *a, const char *fragment, const char **subdir,
    const char **sha256, struct err *err);

/* op "extract" into the new directory dest, or "peek" into dest, which exists. */
int archive_ask(const struct ctx *ctx, const struct source_uri *u, const char *op,
    const char *dest, bool sniff, cJSON **done, struct err *err);

/*
 * Where the project is in what was unpacked: root; or, where root has no manifest (subdir
 * applied) and exactly one directory in it has, that directory.
 */
const char *archive_top(struct arena *a, const char *root, const char *subdir);

#endif
