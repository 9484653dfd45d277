/* SPDX-License-Identifier: MIT */
/*
 * local_package.h -- a package of this machine that a requirements list names by its path:
 * a directory or an archive.
 */
#ifndef LOCAL_PACKAGE_H
#define LOCAL_PACKAGE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/sha256.h"

/*
 * The absolute path of what the requirement names, or NULL: it names no path.  `dir` is
 * what a relative one is relative to.  `surely`: it cannot be anything else (-e).
 */
const char *local_package_path(
    struct arena *a, const char *dir, const char *requirement, bool surely);

/*
 * Add all that would be installed from it: names and content, and not what tools leave
 * behind in a source tree, nor `skip` (absolute paths, may be NULL).  What is not there
 * adds nothing.
 */
int local_package_hash(struct arena *a, const char *path, char *const *skip,
    struct sha256 *h, struct err *err);

/* Only what says how it is built and what it needs. */
int local_package_hash_recipe(
    struct arena *a, const char *path, struct sha256 *h, struct err *err);

/*
 * A directory in which packages lie, or a page that names them: what it has, by names and
 * sizes, as they may be large; a page by its content.
 */
int local_package_hash_shelf(
    struct arena *a, const char *path, struct sha256 *h, struct err *err);

/*
 * Have what was built of it before taken for older than it is: uv looks at the change
 * times (ctime) of those files alone.
 */
void local_package_age(struct arena *a, const char *path);

#endif
