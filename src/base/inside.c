/* SPDX-License-Identifier: MIT */
#include "base/inside.h"

#include <ctype.h>
#include <limits.h>

#include "base/cleanup.h"

/* A directory that was removed shows as "<path> (deleted)", which is not below `dir`. */
static bool is_below(const char *path, const char *dir, size_t n)
{
	return strncmp(path, dir, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

bool process_inside(const char *dir)
{
	auto_free char *real = realpath(dir, NULL);
	auto_dir d = real ? opendir("/proc") : NULL;
	struct dirent *e;
	while (d && (e = readdir(d))) {
		char link[sizeof(e->d_name) + 8], cwd[PATH_MAX];
		ssize_t n;
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		snprintf(link, sizeof(link), "%s/cwd", e->d_name);
		n = readlinkat(dirfd(d), link, cwd, sizeof(cwd) - 1);
		if (n < 0)
			continue;
		cwd[n] = '\0';
		if (is_below(cwd, real, strlen(real)))
			return true;
	}
	return false;
}
