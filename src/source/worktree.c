/* SPDX-License-Identifier: MIT */
#include "source/worktree.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/path.h"

char *worktree_find(struct arena *a, const char *dir)
{
	char *at = arena_strdup(a, dir);
	struct stat st;
	dev_t dev;
	if (stat(at, &st) < 0)
		return NULL;
	for (dev = st.st_dev;; at = path_dir(a, at)) {
		if (stat(at, &st) < 0 || st.st_dev != dev)
			return NULL;
		if (stat(path_join(a, at, ".git"), &st) == 0)
			return at;
		if (strcmp(at, "/") == 0)
			return NULL;
	}
}

bool repository_is_bare(struct arena *a, const char *dir)
{
	return path_exists(path_join(a, dir, "HEAD")) &&
	       path_is_dir(path_join(a, dir, "objects")) &&
	       path_is_dir(path_join(a, dir, "refs")) &&
	       !path_exists(path_join(a, dir, ".git"));
}
