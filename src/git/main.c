/* SPDX-License-Identifier: MIT */
/*
 * mlp-git -- the only program of ours that uses libgit2.  Reads one request (request.h),
 * answers with events (event.h), ends.
 *
 *   main        request -> operation -> answer
 *   tree        the repository that is meant, and the commit
 *     mirror      one bare repository per URL, under a lock
 *       mend        a damaged one is fetched anew
 *       transfer    one fetch into it
 *         connection  a server that has let us in (failure: why not)
 *           address, config (configenv), credential (netrc, guard), tls, proxy (tunnel)
 *           ssh         by the ssh program (sshcmd), or libssh2 (sshlib)
 *     wanted      version or page -> commit and directory
 *       revision    version -> commit
 *   submodules  theirs, too
 *     submodule   what a commit says of them
 *       gitmodules, suburl   the text of .gitmodules, relative URLs
 *     subfetch    their mirrors, each by an mlp-git of its own
 *   reuse       another run's checkout, or a new one
 *     checkout    a work tree with .git of its own
 *       nested      those of submodules in it
 *       lfs         pointers -> files (lfsfetch: git-lfs downloads them)
 *     indexes     kept for the next run
 *   peek        only the manifest and what it may name
 *   facts       commit, branch, remote, dirty or not of a user's work tree
 *   objects     linked from one repository into another
 *   gitdir, reftext   files of a repository that we write ourselves
 *   lib         libgit2: start, handles, errors
 */
#include <signal.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/helper.h"
#include "base/urltext.h"
#include "git/configenv.h"
#include "git/mirror.h"
#include "git/facts.h"
#include "git/mend.h"
#include "git/peek.h"
#include "git/reuse.h"
#include "git/submodules.h"

static void put_id(cJSON *to, const char *name, const git_oid *id)
{
	char hex[GIT_OID_HEXSZ + 1];
	json_put_str(to, name, git_oid_tostr(hex, sizeof(hex), id));
}

/* The user's name for it: a work tree's upstream, else the URL that was given. */
static const char *repo_url(
    struct arena *a, const struct request *rq, const struct tree *t)
{
	if (t->local && !git_repository_is_bare(t->local))
		return facts_remote_url(a, t->local);
	return rq->origin;
}

/* libgit2 may cite the whole URL: what stands before the host must not get out. */
static void mask_user(struct err *err, const struct request *rq)
{
	const char *start = rq->url ? strstr(rq->url, "://") : NULL, *at;
	auto_buf user = BUF_INIT, out = BUF_INIT;
	char *found;
	if (!start || !rq->origin || strcmp(rq->url, rq->origin) == 0)
		return;
	start += 3;
	at = start + strcspn(start, "/?#");
	while (at > start && at[-1] != '@')
		at--;
	buf_add(&user, start, (size_t)(at - start));
	while (user.len > 0 && (found = strstr(err->msg, user.s))) {
		buf_clear(&out);
		buf_add(&out, err->msg, (size_t)(found - err->msg));
		buf_adds(&out, found + user.len);
		snprintf(err->msg, sizeof(err->msg), "%s", out.s);
	}
}

/* The hashes of their mirrors' names: 1000 of them fit into one event. */
static void put_mirrors(struct arena *a, const struct tree *t, cJSON *answer)
{
	auto_buf out = BUF_INIT;
	for (size_t i = 0; i < t->submodules.n; i++) {
		const struct submodule *m = t->submodules.v[i];
		const char *hash =
		    m->left_out || m->repo ? NULL : url_file_hash(a, m->origin);
		if (hash && !(out.s && strstr(out.s, hash)))
			buf_addf(&out, "%s%s", out.len ? " " : "", hash);
	}
	json_put_str(answer, "mirrors", out.s);
}

static int put_checkout(struct arena *a, const struct request *rq, struct meter *meter,
    cJSON *answer, struct tree *t, const char **mirror, struct err *err)
{
	int rc = submodules_bring(a, rq, meter, t, err);
	if (rc == 0 && strcmp(rq->op, "bring") == 0)
		put_mirrors(a, t, answer);
	else if (rc == 0)
		rc = reuse_or_make(t, rq, meter, answer, err);
	if (rc < 0 && t->fault)
		*mirror = t->fault->repo
			      ? NULL
			      : mirror_path(a, rq->cache_dir, t->fault->origin);
	return rc;
}

/* *mirror: its path, when what fails may be its fault. */
static int use_tree(struct arena *a, const struct request *rq, struct meter *meter,
    cJSON *answer, const char **mirror, struct err *err)
{
	auto_tree t = TREE_INIT;
	const char *dir = NULL;
	int rc;
	if (strcmp(rq->op, "fetch") == 0)
		return submodule_fetch(rq, meter, mirror, a, err);
	rc = tree_open(a, rq, meter, &t, err);
	*mirror = t.mirror.path && t.repo ? arena_strdup(a, t.mirror.path) : NULL;
	if (rc < 0)
		return -1;
	put_id(answer, "commit", &t.rev.id);
	json_put_str(answer, "branch", t.rev.branch);
	json_put_str(answer, "repo_url", repo_url(a, rq, &t));
	json_put_str(answer, "version", t.version);
	json_put_str(answer, "subdir", t.subdir);
	if (t.mirror.path && t.mirror.fetched >= 0)
		json_put_int(answer, "fetched", t.mirror.fetched);
	if (strcmp(rq->op, "peek") != 0) {
		rc = put_checkout(a, rq, meter, answer, &t, mirror, err);
		if (rc < 0 || strcmp(rq->op, "checkout") == 0)
			return rc;
	}
	rc = submodules_enter(a, rq, meter, &t, err);
	*mirror = t.mirror.path ? arena_strdup(a, t.mirror.path) : NULL;
	if (rc < 0 || peek_make(a, &t, rq, &dir, err) < 0)
		return -1;
	json_put_str(answer, "dir", dir);
	return 0;
}

static int op_tree(const struct request *rq, cJSON *answer, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct meter meter = METER_INIT;
	struct err why = ERR_INIT;
	const char *mirror;
	int rc = use_tree(&a, rq, &meter, answer, &mirror, &why);
	if (rc == 0)
		return 0;
	if (!mirror || rq->offline || why.code != ERR_FAIL || !lib_is_damage()) {
		*err = why;
		return -1;
	}
	event_warning(
	    "the mirror '%s' is damaged (%s): it is fetched anew", mirror, why.msg);
	if (mend_begin(&a, mirror, &meter, err) < 0)
		return -1;
	while (answer->child)
		cJSON_Delete(cJSON_DetachItemViaPointer(answer, answer->child));
	rc = use_tree(&a, rq, &meter, answer, &(const char *){NULL}, err);
	mend_end(&a, mirror, &meter);
	return rc;
}

static int dispatch(const struct request *rq, cJSON *answer, struct err *err)
{
	bool facts = strcmp(rq->op, "facts") == 0;
	if (!facts && strcmp(rq->op, "peek") != 0 && strcmp(rq->op, "checkout") != 0 &&
	    strcmp(rq->op, "bring") != 0 && strcmp(rq->op, "fetch") != 0)
		return err_set(err, ERR_USAGE, "unknown operation '%s'", rq->op);
	if (configenv_start(err) < 0 || lib_start(err) < 0)
		return -1;
	return facts ? facts_find(rq, answer, err) : op_tree(rq, answer, err);
}

/* libgit2 keeps a list of references whole, however long a server makes it. */
static void limit_memory(void)
{
	struct rlimit r;
	struct err ignored = ERR_INIT;
	auto_buf statm = BUF_INIT;
	unsigned long long data = 0, page = (unsigned long long)sysconf(_SC_PAGESIZE);
	unsigned long long half = (unsigned long long)sysconf(_SC_PHYS_PAGES) / 2;
	if (file_read("/proc/self/statm", 256, &statm, &ignored) < 0 ||
	    sscanf(statm.s, "%*u %*u %*u %*u %*u %llu", &data) != 1 || data > half / 2 ||
	    getrlimit(RLIMIT_DATA, &r) < 0 || r.rlim_cur <= half * page)
		return;
	r.rlim_cur = half * page;
	setrlimit(RLIMIT_DATA, &r);
}

int main(int argc, char **argv)
{
	auto_buf line = BUF_INIT;
	auto_json answer = cJSON_CreateObject();
	struct request rq = {0};
	struct err err = ERR_INIT;
	int rc;
	(void)argv;
	if (argc > 1 || isatty(STDIN_FILENO)) {
		fputs("mlp-git is started by mlp; it has no use of its own\n", stderr);
		return 2;
	}
	alloc_set_oom_hook(alloc_say_oom);
	signal(SIGINT, SIG_IGN); /* our parent decides when we stop */
	signal(SIGPIPE, SIG_IGN);
	limit_memory();
	event_hello();
	rc = event_request(&line, &err);
	if (rc == 0)
		rc = request_parse(&rq, line.s, strcspn(line.s, "\n"), &err);
	if (rc == 0)
		rc = dispatch(&rq, answer, &err);
	if (rc < 0) {
		mask_user(&err, &rq);
		event_error(&err);
	} else {
		event_done(steal_ptr(&answer));
	}
	request_release(&rq);
	return rc < 0;
}
