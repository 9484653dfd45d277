/* SPDX-License-Identifier: MIT */
/*
 * artifact_dir.h -- artifacts in a local directory: which paths there can be, and what is
 * there.
 */
#ifndef ARTIFACT_DIR_H
#define ARTIFACT_DIR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* What is on its way in where the file system has no nameless files: never shown. */
#define UPLOAD_PREFIX ".mlp-upload-"

/*
 * The decoded path, checked: relative, UTF-8, no "..", no "#".  Doubled slashes and "." go,
 * control characters become %XX.  "" is the root.  NULL: ERR_USAGE "Invalid path".
 */
const char *artifact_path(struct arena *a, const char *text, struct err *err);

/* The directories that a server may show. */
struct artifact_dirs {
	const char *proxied; /* behind mlflow-artifacts:/; NULL: none */
	const char *root;    /* of new experiments: a path or a URI */
};
/*
 * Where the artifacts behind a run's URI are: one of the directories, and the path below
 * it, as artifact_path() makes it.  NULL: in neither, or the path is none.
 */
const char *artifact_place(struct arena *a, const struct artifact_dirs *dirs,
    const char *uri, const char **below);

struct artifact_item {
	const char *name; /* without the directory's */
	bool is_dir;
	int64_t size;
};
/*
 * Regular files and directories in the directory root/path, by name; links are not
 * followed.  None where there is no such directory.  ERR_USAGE "Invalid path": a link.
 */
int artifact_items(struct arena *a, const char *root, const char *path,
    struct artifact_item **out, size_t *n, struct err *err);

#endif
