/* SPDX-License-Identifier: MIT */
#include "source/links.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

static bool is_read(const char *name)
{
	const char *dot = strrchr(name, '.');
	return strncasecmp(name, "MLproject", 9) == 0 ||
	       (dot && (strcasecmp(dot, ".yaml") == 0 || strcasecmp(dot, ".yml") == 0));
}

static bool is_below(const char *root, const char *path)
{
	size_t n = strlen(root);
	return strncmp(path, root, n) == 0 && path[n] == '/';
}

/* A link to nothing is nobody's file: who looks for it says that it is missing. */
static bool leads_out(const char *root, const char *path)
{
	auto_free char *real_root = realpath(root, NULL), *real = realpath(path, NULL);
	return real_root && real && !is_below(real_root, real);
}

int links_check(struct arena *a, const char *root, const char *dir, const char *shown,
    struct err *err)
{
	auto_dir d = opendir(dir);
	struct dirent *e;
	while (d && (e = readdir(d)))
		if (is_read(e->d_name) &&
		    (e->d_type == DT_LNK || e->d_type == DT_UNKNOWN) &&
		    leads_out(root, path_join(a, dir, e->d_name)))
			return err_set(err, ERR_USAGE,
			    "'%s' of %s is a link that leads out of it", e->d_name,
			    shown);
	return 0;
}
