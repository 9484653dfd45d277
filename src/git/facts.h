/* SPDX-License-Identifier: MIT */
/* facts.h -- what git knows of a directory in a user's work tree; nothing is written. */
#ifndef FACTS_H
#define FACTS_H

#include "base/arena.h"
#include "git/lib.h"
#include "git/request.h"

/* URL of "origin", else of the first remote, without credentials; NULL: no remote. */
const char *facts_remote_url(struct arena *a, git_repository *repo);

/*
 * Members of the answer: root, commit, branch, repo_url (strings or null), dirty (bool).
 * A directory that its repository ignores, or that is in none, has root null.
 */
int facts_find(const struct request *rq, cJSON *answer, struct err *err);

#endif
