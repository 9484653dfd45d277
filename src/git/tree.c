/* SPDX-License-Identifier: MIT */
#include "git/tree.h"

int tree_open(struct arena *a, const struct request *rq, struct meter *meter,
    struct tree *t, struct err *err)
{
	if (rq->repo) {
		if (git_repository_open_ext(
			&t->local, rq->repo, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) < 0)
			return lib_fail(err, "cannot open the repository '%s'", rq->repo);
		t->repo = t->local;
	} else {
		if (mirror_open(&t->mirror, rq, meter, err) < 0)
			return -1;
		t->repo = t->mirror.repo;
	}
	t->default_branch = revision_default_branch(a, t->repo);
	return revision_find(a, t->repo, rq->version, rq->origin, &t->rev, err);
}

void tree_release(struct tree *t)
{
	git_repository_free(t->local);
	t->local = t->repo = NULL;
	mirror_release(&t->mirror);
}
