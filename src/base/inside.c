/* SPDX-License-Identifier: MIT */
#include "base/inside.h"

#include <ctype.h>
#include <limits.h>

#include "base/cleanup.h"
#include "base/path.h"

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
		/* that of a removed one is "<path> (deleted)", which is not below */
		if (path_is_below(cwd, real))
			return true;
	}
	return false;
}
