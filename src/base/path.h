/* SPDX-License-Identifier: MIT */
/* path.h -- path text: joining, making absolute, and the XDG base directories. */
#ifndef PATH_H
#define PATH_H

#include <stdbool.h>

#include "base/arena.h"

/* dir/name; name alone where it is absolute or dir is empty. */
char *path_join(struct arena *a, const char *dir, const char *name);
/*
 * Absolute against cwd, with ".", ".." and doubled slashes taken out as text, as Python's
 * os.path.abspath does (no symbolic link is looked at).
 */
char *path_abs(struct arena *a, const char *cwd, const char *path);
/* The part after the last slash. */
const char *path_base(const char *path);
/* The part before the last slash ("/" and "." as dirname(3)). */
char *path_dir(struct arena *a, const char *path);

/* As text: `path` is `root`, or below it. */
bool path_is_below(const char *path, const char *root);
bool path_ends_with(const char *path, const char *end);

enum xdg { XDG_CACHE, XDG_STATE };
/*
 * "$XDG_CACHE_HOME/mlp" or "$XDG_STATE_HOME/mlp", from HOME where the variable is unset or
 * not absolute, from the password entry where HOME is too; NULL when there is none at all.
 */
char *path_xdg(struct arena *a, enum xdg which);

#endif
