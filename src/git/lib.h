/* SPDX-License-Identifier: MIT */
/*
 * lib.h -- libgit2 as we use it: started for what an operation needs, handles that free
 * themselves, and its errors in our words.
 */
#ifndef LIB_H
#define LIB_H

#include <git2.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

#define LIB_CLEANUP(type, name, release)                                                 \
	typedef type *name##_handle;                                                     \
	static inline void cleanup_##name##_(type **p)                                   \
	{                                                                                \
		release(*p);                                                             \
	}
LIB_CLEANUP(git_repository, repository, git_repository_free)
LIB_CLEANUP(git_remote, remote, git_remote_free)
LIB_CLEANUP(git_reference, reference, git_reference_free)
LIB_CLEANUP(git_object, object, git_object_free)
LIB_CLEANUP(git_commit, commit, git_commit_free)
LIB_CLEANUP(git_tree, tree, git_tree_free)
LIB_CLEANUP(git_tree_entry, tree_entry, git_tree_entry_free)
LIB_CLEANUP(git_blob, blob, git_blob_free)
LIB_CLEANUP(git_index, index, git_index_free)
LIB_CLEANUP(git_diff, diff, git_diff_free)
LIB_CLEANUP(git_config, config, git_config_free)
#define auto_git(name) __attribute__((cleanup(cleanup_##name##_))) name##_handle

/*
 * Start libgit2.  Reading the system's certificates costs more than everything else
 * together, so that is left to lib_trust.
 */
int lib_start(struct err *err);
/* Before a connection that may use TLS: the system's certificates, and those in a file or
 * directory (NULL: none).  Once.  -1: libgit2's error says why. */
int lib_trust(const char *file, const char *dir);

/* The text of libgit2's last error, copied at once: another call may overwrite it. */
int lib_fail(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Append it alone. */
void lib_last_text(struct buf *out);
/* It is of an object or a reference that cannot be read. */
bool lib_is_damage(void);

#endif
