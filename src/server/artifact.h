/* SPDX-License-Identifier: MIT */
/*
 * artifact.h -- the files behind mlflow-artifacts:/, in a local directory.
 *
 * Errors are MLflow's: ERR_USAGE "Invalid path" (also for a path through a symbolic link),
 * ERR_NOTFOUND "No such artifact: 'x'".
 */
#ifndef ARTIFACT_H
#define ARTIFACT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "track/artifact_dir.h"

/* {"files": [...]}, sorted; {} for what is no directory. */
int artifact_list(struct arena *a, const char *root, const char *path, struct buf *out,
    struct err *err);
/* A regular file for reading: its descriptor and *st. */
int artifact_open(const char *root, const char *path, struct stat *st, struct err *err);
/* A file, or a directory with all in it; what is not there is fine. */
int artifact_remove(struct arena *a, const char *root, const char *path, struct err *err);
/* "text/plain", ... by the name. */
const char *artifact_type(const char *path);

/*
 * A file on its way in.  Nobody sees it before upload_finish, which puts it in the place of
 * what was there; then it is on the disk.
 */
struct upload;
struct upload *upload_begin(const char *root, const char *path, struct err *err);
int upload_write(struct upload *u, const void *data, size_t n, struct err *err);
int upload_finish(struct upload *u, struct err *err);
/* Also ends one that was not finished: nothing is left of it.  NULL is fine. */
void upload_free(struct upload *u);

#endif
