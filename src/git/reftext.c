/* SPDX-License-Identifier: MIT */
#include "git/reftext.h"

#include "base/alloc.h"
#include "git/lib.h"

void reflist_add(
    struct reflist *l, const char *name, const git_oid *id, const git_oid *peeled)
{
	struct ref *r;
	GROW(l->v, l->n, l->cap);
	r = &l->v[l->n++];
	memset(r, 0, sizeof(*r));
	r->name = xstrdup(name);
	r->id = *id;
	r->has_peeled = peeled != NULL;
	if (peeled)
		r->peeled = *peeled;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct ref *)a)->name, ((const struct ref *)b)->name);
}

static void add_id(struct buf *out, const git_oid *id)
{
	char hex[GIT_OID_HEXSZ + 1];
	git_oid_tostr(hex, sizeof(hex), id);
	buf_adds(out, hex);
}

void reflist_format(struct reflist *l, bool complete, struct buf *out)
{
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), by_name);
	buf_adds(out, complete ? "# pack-refs with: peeled fully-peeled sorted \n"
			       : "# pack-refs with: sorted \n");
	for (size_t i = 0; i < l->n; i++) {
		if (i > 0 && strcmp(l->v[i].name, l->v[i - 1].name) == 0)
			continue;
		add_id(out, &l->v[i].id);
		buf_addf(out, " %s\n", l->v[i].name);
		if (!l->v[i].has_peeled)
			continue;
		buf_addc(out, '^');
		add_id(out, &l->v[i].peeled);
		buf_addc(out, '\n');
	}
}

static bool is_wanted(const char *name)
{
	int ok = 0;
	return (strncmp(name, "refs/heads/", 11) == 0 ||
		   strncmp(name, "refs/tags/", 10) == 0) &&
	       git_reference_name_is_valid(&ok, name) == 0 && ok;
}

void reflist_from_remote(struct reflist *l, const git_remote_head **heads, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *name = heads[i]->name,
			   *next = i + 1 < n ? heads[i + 1]->name : "";
		size_t len = strlen(name);
		bool peeled =
		    strncmp(next, name, len) == 0 && strcmp(next + len, "^{}") == 0;
		if (is_wanted(name))
			reflist_add(
			    l, name, &heads[i]->oid, peeled ? &heads[i + 1]->oid : NULL);
	}
}

static int add_ref(git_reference *found, void *arg)
{
	auto_git(reference) ref = found, direct = NULL;
	const char *name = git_reference_name(ref);
	if (is_wanted(name) && git_reference_resolve(&direct, ref) == 0)
		reflist_add(arg, name, git_reference_target(direct), NULL);
	return 0;
}

int reflist_from_repository(struct reflist *l, git_repository *repo, struct err *err)
{
	if (git_reference_foreach(repo, add_ref, l) < 0)
		return lib_fail(err, "cannot list the branches and tags");
	return 0;
}

void reflist_release(struct reflist *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].name);
	free(l->v);
	l->v = NULL;
	l->n = l->cap = 0;
}
