/* SPDX-License-Identifier: MIT */
#include "git/mend.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/lockfile.h"
#include "base/path.h"

static const char *aside(struct arena *a, const char *mirror)
{
	return arena_printf(a, "%s.damaged", mirror);
}

static int lock(struct arena *a, const char *mirror, struct meter *meter, struct err *err)
{
	bool waited = false;
	return lockfile_take(arena_printf(a, "%s.lock", mirror), meter, &waited, err);
}

int mend_begin(struct arena *a, const char *mirror, struct meter *meter, struct err *err)
{
	auto_fd fd = lock(a, mirror, meter, err);
	const char *old = aside(a, mirror);
	if (fd < 0 || tree_remove(old, err) < 0)
		return -1;
	if (rename(mirror, old) < 0 && errno != ENOENT)
		return err_sys(err, errno, "cannot rename '%s'", mirror);
	return 0;
}

void mend_end(struct arena *a, const char *mirror, struct meter *meter)
{
	struct err ignored = ERR_INIT;
	auto_fd fd = lock(a, mirror, meter, &ignored);
	const char *old = aside(a, mirror);
	if (fd < 0)
		return;
	if (!path_exists(path_join(a, mirror, "packed-refs")) && path_exists(old) &&
	    tree_remove(mirror, &ignored) == 0 && rename(old, mirror) == 0)
		return;
	tree_remove(old, &ignored);
}
