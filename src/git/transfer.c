/* SPDX-License-Identifier: MIT */
#include "git/transfer.h"

#include "base/file.h"
#include "base/path.h"
#include "git/connection.h"
#include "git/reftext.h"
#include "git/wanted.h"

enum { REFS_MAX = 512 * 1024 * 1024, HEAD_MAX = 4096 };

/* What HEAD of the mirror becomes: the remote's branch, its commit, or nothing. */
static void remote_head(
    git_remote *remote, const git_remote_head **heads, size_t n, struct buf *out)
{
	git_buf branch = GIT_BUF_INIT;
	char hex[GIT_OID_HEXSZ + 1];
	if (git_remote_default_branch(&branch, remote) == 0) {
		buf_addf(out, "ref: %s\n", branch.ptr);
	} else if (n > 0 && strcmp(heads[0]->name, "HEAD") == 0) {
		git_oid_tostr(hex, sizeof(hex), &heads[0]->oid);
		buf_addf(out, "%s\n", hex);
	} else {
		buf_adds(out, "ref: " MIRROR_NO_HEAD "\n");
	}
	git_buf_dispose(&branch);
}

static bool file_equals(const char *path, const struct buf *text, size_t max)
{
	auto_buf old = BUF_INIT;
	struct err ignored = ERR_INIT;
	return file_read(path, max, &old, &ignored) == 0 && old.len == text->len &&
	       memcmp(old.s, text->s, text->len) == 0;
}

static int replace(const char *path, const struct buf *text, struct err *err)
{
	return file_equals(path, text, text->len)
		   ? 0
		   : file_write(path, text->s, text->len, 0644, err);
}

static bool has_objects(git_repository *mirror, const struct reflist *refs)
{
	git_odb *odb = NULL;
	bool all = git_repository_odb(&odb, mirror) == 0;
	for (size_t i = 0; i < refs->n && all; i++)
		all = git_odb_exists_ext(odb, &refs->v[i].id, GIT_ODB_LOOKUP_NO_REFRESH);
	git_odb_free(odb);
	return all;
}

/*
 * References that cannot be read, or name objects that were lost, make libgit2's
 * negotiation fail.  Without them everything is fetched again.
 */
static void drop_bad_refs(git_repository *mirror, const char *refs_file)
{
	auto_reflist refs = REFLIST_INIT;
	struct err ignored = ERR_INIT;
	if (reflist_from_repository(&refs, mirror, &ignored) < 0 ||
	    !has_objects(mirror, &refs))
		tree_remove(refs_file, &ignored);
}

static int download_specs(
    git_remote *remote, const git_fetch_options *o, char **specs, size_t n)
{
	git_strarray list = {specs, n};
	int rc;
	/* the references are synced; a power cut must not leave them without objects */
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	rc = git_remote_download(remote, &list, o);
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 0);
	return rc;
}

static int download(git_remote *remote, const git_fetch_options *o, bool detached)
{
	char heads[] = "+refs/heads/*:refs/heads/*", tags[] = "+refs/tags/*:refs/tags/*";
	char head[] = "+HEAD:refs/mlp/HEAD"; /* a commit that is on no branch */
	char *specs[] = {heads, tags, head};
	return download_specs(remote, o, specs, detached ? 3 : 2);
}

static int bring(git_repository *mirror, const struct connection *c, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_buf refs_text = BUF_INIT, head_text = BUF_INIT;
	auto_reflist refs = REFLIST_INIT;
	const char *dir = git_repository_path(mirror);
	const char *refs_file = path_join(&a, dir, "packed-refs");
	const char *head_file = path_join(&a, dir, "HEAD");
	const git_remote_head **heads;
	size_t n;
	int rc = git_remote_ls(&heads, &n, c->remote);
	if (rc < 0)
		return connection_fail(c, rc, err);
	reflist_from_remote(&refs, heads, n);
	remote_head(c->remote, heads, n, &head_text);
	reflist_format(&refs, true, &refs_text);
	if (file_equals(refs_file, &refs_text, REFS_MAX) &&
	    file_equals(head_file, &head_text, HEAD_MAX) && has_objects(mirror, &refs))
		return 0;
	drop_bad_refs(mirror, refs_file);
	if (n > 0) {
		rc = download(c->remote, &c->options, head_text.s[0] != 'r');
		if (rc < 0)
			return connection_fail(c, rc, err);
	}
	if (replace(refs_file, &refs_text, err) < 0)
		return -1;
	return replace(head_file, &head_text, err);
}

/*
 * A commit that no reference leads to, where the server lets us have it.  That needs a
 * connection of its own; whether the commit came is for the caller to find out.
 */
static void fetch_commit(
    git_repository *mirror, const struct request *rq, struct meter *meter)
{
	auto_arena a = ARENA_INIT;
	auto_connection c = CONNECTION_INIT;
	auto_git(commit) commit = NULL;
	struct err ignored = ERR_INIT;
	const char *id_text = wanted_commit(&a, rq);
	char *spec;
	git_oid id;
	if (!id_text || git_oid_fromstr(&id, id_text) < 0 ||
	    git_commit_lookup(&commit, mirror, &id) == 0)
		return;
	spec = arena_printf(&a, "%s:refs/mlp/commit", id_text);
	if (connection_open(&c, &a, mirror, rq, meter, &ignored) == 0) {
		download_specs(c.remote, &c.options, &spec, 1);
		git_remote_disconnect(c.remote);
	}
	git_error_clear();
}

int transfer_fetch(git_repository *mirror, const struct request *rq, struct meter *meter,
    struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_connection c = CONNECTION_INIT;
	int rc;
	if (connection_open(&c, &a, mirror, rq, meter, err) < 0)
		return -1;
	rc = bring(mirror, &c, err);
	git_remote_disconnect(c.remote);
	if (rc == 0)
		fetch_commit(mirror, rq, meter);
	return rc;
}
