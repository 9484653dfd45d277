/* SPDX-License-Identifier: MIT */
#include "source/lease.h"

#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/lockfile.h"
#include "base/path.h"
#include "base/snapshot.h"

char *lease_lock_path(struct arena *a, const char *root)
{
	return arena_printf(a, "%s.lock", root);
}

int lease_take(struct arena *a, const char *root, struct lease *l, struct err *err)
{
	int rc;
	if (dir_make(path_dir(a, root), 0700, err) < 0)
		return -1;
	rc = lockfile_try(lease_lock_path(a, root), true, &l->fd, err);
	if (rc == 0)
		err_set(err, ERR_BUSY, "'%s' is in use", root);
	if (rc <= 0)
		return -1;
	l->held = true;
	l->root = root;
	return 0;
}

void lease_watch(struct arena *a, struct lease *l, const char *dir)
{
	struct snapshot_tree tree = {.root = l->root};
	const char *file = path_join(a, dir, path_base(l->root));
	struct err ignored = ERR_INIT;
	if (dir_make(dir, 0700, &ignored) == 0 &&
	    snapshot_take(&tree, file, &ignored) == 0)
		l->snapshot = file;
}

void lease_release(struct lease *l)
{
	if (l->held)
		close(l->fd);
	l->held = false;
}

/* The lock file goes last: until then nobody else can have its name. */
static void remove_all(struct lease *l)
{
	auto_arena a = ARENA_INIT;
	struct err ignored = ERR_INIT;
	if (l->snapshot) {
		unlink(l->snapshot);
		unlink(arena_printf(&a, "%s.index", l->snapshot));
	}
	if (tree_remove(l->root, &ignored) == 0)
		unlink(lease_lock_path(&a, l->root));
}

static enum lease_left look(const struct lease *l)
{
	struct snapshot_tree tree = {
	    .root = l->root, .skip = l->reusable ? ".git" : NULL};
	struct err ignored = ERR_INIT;
	int rc = -1;
	if (l->snapshot)
		rc = snapshot_compare(&tree, l->snapshot, NULL, &ignored);
	return rc == 1 ? LEASE_NOTHING : rc == 0 ? LEASE_FILES : LEASE_UNKNOWN;
}

enum lease_left lease_end(struct lease *l)
{
	auto_arena a = ARENA_INIT;
	enum lease_left left;
	if (!l->held)
		return LEASE_NOTHING;
	left = look(l);
	if (left == LEASE_NOTHING && !l->reusable)
		remove_all(l);
	else if (left == LEASE_FILES) {
		unlink(l->snapshot);
		unlink(arena_printf(&a, "%s.index", l->snapshot));
	}
	futimens(l->fd, NULL);
	lease_release(l);
	return left;
}

void lease_drop(struct lease *l)
{
	if (l->held && !l->reused)
		remove_all(l);
	lease_release(l);
}
