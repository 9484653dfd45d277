/* SPDX-License-Identifier: MIT */
#include "git/mirror.h"

#include <sys/file.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/lockfile.h"
#include "base/path.h"
#include "base/urltext.h"
#include "git/configenv.h"
#include "git/gitdir.h"
#include "git/transfer.h"
#include "git/wanted.h"

enum { STAMP_LINE = 25 };

static const char mirror_config[] = "[core]\n"
				    "\trepositoryformatversion = 0\n"
				    "\tfilemode = true\n"
				    "\tbare = true\n";

/* When the last complete fetch began, on the clock that all processes share. */
static int64_t stamp_read(const struct mirror *m)
{
	char text[32] = "";
	ssize_t n = pread(m->lock, text, sizeof(text) - 1, 0);
	return n > 0 ? strtoll(text, NULL, 10) : -1;
}

/* And when that was by the wall clock, which people go by. */
static void stamp_write(struct mirror *m, int64_t began)
{
	char text[64];
	int n;
	m->fetched = clock_now_ms();
	n = snprintf(text, sizeof(text), "%-24lld\n%-24lld\n", (long long)began,
	    (long long)m->fetched);
	(void)!pwrite(m->lock, text, (size_t)n, 0);
}

static int64_t stamp_read_wall(const struct mirror *m)
{
	char text[32] = "";
	ssize_t n = pread(m->lock, text, sizeof(text) - 1, STAMP_LINE);
	int64_t when = n > 0 ? strtoll(text, NULL, 10) : 0;
	return when > 0 ? when : -1;
}

void mirror_age(const struct mirror *m, struct buf *out)
{
	int64_t age = m->fetched < 0 ? -1 : clock_now_ms() - m->fetched;
	if (age >= 0)
		clock_format_duration(out, age);
	else
		buf_adds(out, "some time");
	buf_adds(out, " ago");
}

/* Nobody else has anything to say in it, and one that cannot be read stops libgit2. */
static int renew_config(struct arena *a, const struct mirror *m, struct err *err)
{
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	const char *file = path_join(a, m->path, "config");
	if (!path_is_dir(m->path) ||
	    (file_read(file, sizeof(mirror_config), &text, &ignored) == 0 &&
		strcmp(text.s, mirror_config) == 0))
		return 0;
	return file_write(file, mirror_config, strlen(mirror_config), 0644, err);
}

static int open_or_make(struct arena *a, struct mirror *m, struct err *err)
{
	gitdir_sweep_packs(m->path);
	if (renew_config(a, m, err) < 0)
		return -1;
	if (git_repository_open_bare(&m->repo, m->path) == 0) {
		configenv_apply(m->repo);
		return 0;
	}
	if (tree_remove(m->path, err) < 0 ||
	    gitdir_make(m->path, "ref: " MIRROR_NO_HEAD, mirror_config, err) < 0)
		return -1;
	if (git_repository_open_bare(&m->repo, m->path) < 0)
		return lib_fail(err, "cannot open the mirror '%s'", m->path);
	configenv_apply(m->repo);
	return 0;
}

static bool has_commit(git_repository *repo, const char *id_text)
{
	auto_git(commit) c = NULL;
	git_oid id;
	return id_text && git_oid_fromstr(&id, id_text) == 0 &&
	       git_commit_lookup(&c, repo, &id) == 0;
}

static int update(
    struct mirror *m, const struct request *rq, struct meter *meter, struct err *err)
{
	int64_t began = clock_mono_ms();
	int rc;
	meter->touch = m->lock;
	rc = transfer_fetch(m->repo, rq, meter, err);
	meter->touch = -1;
	if (rc == 0)
		stamp_write(m, began);
	return rc;
}

/* An earlier fetch came to its end: it writes this file last but one, and never empty. */
static bool is_filled(struct arena *a, const struct mirror *m)
{
	struct stat st;
	return lstat(path_join(a, m->path, "packed-refs"), &st) == 0 &&
	       S_ISREG(st.st_mode) && st.st_size > 0;
}

/* Nobody may be asked: it must be there. */
static int make_do(
    struct arena *a, const struct mirror *m, const struct request *rq, struct err *err)
{
	if (is_filled(a, m))
		return 0;
	err_set(err, ERR_NOTFOUND, "'%s' is not in the cache", rq->origin);
	return err_hint(err, "--offline asks nobody: without it, it is fetched");
}

static bool fetched_meanwhile(const struct mirror *m, bool waited, int64_t asked)
{
	int64_t stamp = stamp_read(m);
	return waited && stamp >= asked && stamp <= clock_mono_ms();
}

char *mirror_path(struct arena *a, const char *cache_dir, const char *origin)
{
	return arena_printf(a, "%s/git/%s.git", cache_dir, url_file_name(a, origin));
}

/* The fetch of another process may have been for another commit than ours. */
static bool is_enough(struct arena *a, const struct mirror *m, const struct request *rq,
    bool waited, int64_t asked)
{
	const char *commit = wanted_commit(a, rq);
	return commit ? is_filled(a, m) && has_commit(m->repo, commit)
		      : fetched_meanwhile(m, waited, asked);
}

int mirror_open(
    struct mirror *m, const struct request *rq, struct meter *meter, struct err *err)
{
	auto_arena a = ARENA_INIT;
	int64_t asked = clock_mono_ms();
	bool waited = false;
	m->path = xstrdup(mirror_path(&a, rq->cache_dir, rq->origin));
	if (rq->offline && make_do(&a, m, rq, err) < 0)
		return -1;
	if (dir_make(path_dir(&a, m->path), 0700, err) < 0)
		return -1;
	m->lock =
	    lockfile_take(arena_printf(&a, "%s.lock", m->path), meter, &waited, err);
	if (m->lock < 0 || open_or_make(&a, m, err) < 0)
		return -1;
	m->fetched = stamp_read_wall(m);
	if (!is_enough(&a, m, rq, waited, asked) &&
	    (rq->offline ? make_do(&a, m, rq, err) : update(m, rq, meter, err)) < 0)
		return -1;
	futimens(m->lock, NULL); /* its last use, for who tidies up */
	return lockfile_wait(m->lock, LOCK_SH, m->path, meter, &waited, err);
}

void mirror_release(struct mirror *m)
{
	git_repository_free(m->repo);
	m->repo = NULL;
	fd_close(&m->lock);
	free(m->path);
	m->path = NULL;
}
