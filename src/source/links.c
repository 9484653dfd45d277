/* SPDX-License-Identifier: MIT */
#include "source/links.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

static bool is_read(const char *name)
{
	const char *dot = strrchr(name, '.');
	if (strcmp(name, "Dockerfile") == 0 || strcmp(name, ".dockerignore") == 0)
		return true;
	return strncasecmp(name, "MLproject", 9) == 0 ||
	       (dot && (strcasecmp(dot, ".yaml") == 0 || strcasecmp(dot, ".yml") == 0));
}

int links_check(struct arena *a, const char *root, const char *dir, const char *shown,
    struct err *err)
{
	auto_dir d = opendir(dir);
	struct dirent *e;
	while (d && (e = readdir(d)))
		if (is_read(e->d_name) &&
		    (e->d_type == DT_LNK || e->d_type == DT_UNKNOWN) &&
		    path_leads_out(root, path_join(a, dir, e->d_name)))
			return err_set(err, ERR_USAGE,
			    "'%s' of %s is a link that leads out of it", e->d_name,
			    shown);
	return 0;
}
