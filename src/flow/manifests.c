/* SPDX-License-Identifier: MIT */
#include "flow/manifests.h"

#include <sys/stat.h>
#include <time.h>

#include "base/alloc.h"
#include "base/path.h"

enum { MOST = 64, JUST_NOW_NS = 50 * 1000 * 1000 };

/* What the kernel says of a file; a change to it changes this. */
struct stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
};

/* What decides which manifest a directory has and what it says. */
enum { SELF, PYTHON_ENV, CONDA, MANIFEST, STAMPS };

struct known_manifest {
	struct arena arena;
	const char *dir, *path; /* of the file; NULL: there is none */
	struct manifest *m;	/* NULL: it has mistakes */
	struct diags diags;
	bool settled;
	struct stamp stamp[STAMPS];
};

/* All zero where there is none. */
static void stamp_take(const char *path, struct stamp *s)
{
	struct stat st;
	memset(s, 0, sizeof(*s));
	if (!path || stat(path, &st) < 0)
		return;
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	s->size = st.st_size;
	s->mtime = st.st_mtim;
	s->ctime = st.st_ctim;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same_stamp(const struct stamp *a, const struct stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       same_time(&a->mtime, &b->mtime) && same_time(&a->ctime, &b->ctime);
}

static void take_stamps(const struct known_manifest *k, struct stamp stamp[STAMPS])
{
	auto_arena a = ARENA_INIT;
	stamp_take(k->dir, &stamp[SELF]);
	stamp_take(path_join(&a, k->dir, "python_env.yaml"), &stamp[PYTHON_ENV]);
	stamp_take(path_join(&a, k->dir, "conda.yaml"), &stamp[CONDA]);
	stamp_take(k->path, &stamp[MANIFEST]);
}

static bool is_found_again(const struct known_manifest *k)
{
	auto_arena a = ARENA_INIT;
	struct err ignored = ERR_INIT;
	const char *path;
	if (manifest_find(&a, k->dir, &path, &ignored) < 0 || !path != !k->path)
		return false;
	return !path || strcmp(path, k->path) == 0;
}

/*
 * The directory changes with every file that a run leaves there; then the names decide,
 * which is still less than reading the file.
 */
static bool is_unchanged(struct known_manifest *k)
{
	struct stamp now[STAMPS];
	take_stamps(k, now);
	for (size_t i = SELF + 1; i < STAMPS; i++)
		if (!same_stamp(&now[i], &k->stamp[i]))
			return false;
	if (same_stamp(&now[SELF], &k->stamp[SELF]))
		return true;
	k->stamp[SELF] = now[SELF];
	return is_found_again(k);
}

/* A write in the same tick of the file system's clock would leave no trace. */
static bool is_settled(const struct stamp *s)
{
	struct timespec now;
	int64_t age;
	clock_gettime(CLOCK_REALTIME, &now);
	age = (int64_t)(now.tv_sec - s->ctime.tv_sec) * 1000000000 + now.tv_nsec -
	      s->ctime.tv_nsec;
	return age > JUST_NOW_NS;
}

static void known_free(struct known_manifest *k)
{
	arena_release(&k->arena);
	free(k);
}

static void forget(struct manifests *ms, size_t i)
{
	known_free(ms->v[i]);
	ms->v[i] = ms->v[--ms->n];
}

static void keep(struct manifests *ms, struct known_manifest *k)
{
	if (!ms->v)
		ms->v = xcalloc(MOST, sizeof(*ms->v));
	if (ms->n == MOST)
		forget(ms, 0);
	ms->v[ms->n++] = k;
}

/* The stamps come first: what changes while the file is read is seen the next time. */
static int load(struct known_manifest *k, struct err *err)
{
	k->diags.arena = &k->arena;
	if (manifest_find(&k->arena, k->dir, &k->path, err) < 0)
		return -1;
	take_stamps(k, k->stamp);
	k->settled = is_settled(&k->stamp[SELF]) && is_settled(&k->stamp[MANIFEST]);
	return manifest_load(&k->arena, k->dir, &k->m, &k->diags, err);
}

static struct known_manifest *find_known(struct manifests *ms, const char *dir)
{
	for (size_t i = 0; i < ms->n; i++) {
		if (strcmp(ms->v[i]->dir, dir) != 0)
			continue;
		if (ms->v[i]->settled && is_unchanged(ms->v[i]))
			return ms->v[i];
		forget(ms, i);
		return NULL;
	}
	return NULL;
}

static void tell(const struct diags *from, struct diags *to)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct diag *d = &from->v[i];
		struct diag *copy =
		    diag_add(to, d->level, d->file, d->line, d->column, "%s", d->message);
		copy->hint = d->hint;
		copy->source = d->source;
	}
}

int manifests_load(struct manifests *ms, const char *dir, struct manifest **out,
    struct diags *ds, struct err *err)
{
	struct known_manifest *k = find_known(ms, dir);
	*out = NULL;
	if (!k) {
		k = xcalloc(1, sizeof(*k));
		k->dir = arena_strdup(&k->arena, dir);
		if (load(k, err) < 0) {
			known_free(k);
			return -1;
		}
		keep(ms, k);
	}
	tell(&k->diags, ds);
	*out = k->m;
	return 0;
}

void manifests_release(struct manifests *ms)
{
	while (ms->n)
		forget(ms, ms->n - 1);
	free(ms->v);
	ms->v = NULL;
}
