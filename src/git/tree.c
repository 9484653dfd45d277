/* SPDX-License-Identifier: MIT */
#include "git/tree.h"

#include "git/configenv.h"

/* What is not in a mirror that was not brought up to date may be elsewhere. */
static int not_in_copy(const struct request *rq, const struct mirror *m, struct err *err)
{
	struct err why = *err;
	auto_buf age = BUF_INIT;
	if (!rq->offline || !m->path || err->code != ERR_NOTFOUND)
		return -1;
	mirror_age(m, &age);
	err_clear(err);
	err_set(err, ERR_FAIL, "%s (in the copy that was fetched %s)", why.msg, age.s);
	return err_hint(err, "--offline asks nobody: without it, what is new is fetched");
}

static int find_wanted(
    struct arena *a, const struct request *rq, struct tree *t, struct err *err)
{
	struct wanted w;
	if (wanted_find(a, t->repo, rq, &w, err) < 0)
		return not_in_copy(rq, &t->mirror, err);
	t->rev = w.rev;
	t->version = w.version;
	t->subdir = w.subdir;
	return 0;
}

int tree_open(struct arena *a, const struct request *rq, struct meter *meter,
    struct tree *t, struct err *err)
{
	if (rq->repo) {
		if (git_repository_open_ext(
			&t->local, rq->repo, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) < 0)
			return lib_fail(err, "cannot open the repository '%s'", rq->repo);
		t->repo = t->local;
		configenv_apply(t->local);
	} else {
		if (mirror_open(&t->mirror, rq, meter, err) < 0)
			return -1;
		t->repo = t->mirror.repo;
	}
	t->default_branch = revision_default_branch(a, t->repo);
	return find_wanted(a, rq, t, err);
}

void tree_pause(struct tree *t)
{
	if (t->local)
		return;
	t->repo = NULL;
	mirror_release(&t->mirror);
}

int tree_resume(
    const struct request *rq, struct meter *meter, struct tree *t, struct err *err)
{
	char hex[GIT_OID_HEXSZ + 1];
	struct request again = *rq;
	int64_t fetched = t->mirror.fetched;
	if (t->repo)
		return 0;
	again.tree = NULL;
	again.version = git_oid_tostr(hex, sizeof(hex), &t->rev.id);
	if (mirror_open(&t->mirror, &again, meter, err) < 0)
		return -1;
	t->mirror.fetched = fetched;
	t->repo = t->mirror.repo;
	return 0;
}

void tree_release(struct tree *t)
{
	git_repository_free(t->local);
	t->local = t->repo = NULL;
	mirror_release(&t->mirror);
}
