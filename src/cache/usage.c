/* SPDX-License-Identifier: MIT */
#include "cache/usage.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/cleanup.h"

/* Each level holds a directory open; what is deeper is not counted. */
enum { DEPTH_MAX = 200, FIRST_CAP = 64 };

struct usage_file {
	uint64_t dev, ino;
	uint64_t met; /* 0: the slot is free */
};

static struct usage_file *find(const struct usage *u, uint64_t dev, uint64_t ino)
{
	size_t i = (ino * UINT64_C(0x9E3779B97F4A7C15) + dev) & (u->cap - 1);
	while (u->v[i].met && (u->v[i].dev != dev || u->v[i].ino != ino))
		i = (i + 1) & (u->cap - 1);
	return &u->v[i];
}

static void grow(struct usage *u)
{
	struct usage old = *u;
	u->cap = old.cap ? old.cap * 2 : FIRST_CAP;
	u->v = xcalloc(u->cap, sizeof(*u->v));
	for (size_t i = 0; i < old.cap; i++)
		if (old.v[i].met)
			*find(u, old.v[i].dev, old.v[i].ino) = old.v[i];
	free(old.v);
}

static bool is_last_name(struct usage *u, const struct stat *st)
{
	struct usage_file *f;
	if (S_ISDIR(st->st_mode) || st->st_nlink <= 1)
		return true;
	if (u->n * 2 >= u->cap)
		grow(u);
	f = find(u, st->st_dev, st->st_ino);
	u->n += f->met == 0;
	f->dev = st->st_dev;
	f->ino = st->st_ino;
	return ++f->met >= st->st_nlink;
}

static int64_t measure(struct usage *u, int dir, const char *name, int depth)
{
	auto_dir d = NULL;
	struct dirent *e;
	struct stat st;
	int64_t bytes;
	int fd;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	bytes = is_last_name(u, &st) ? (int64_t)st.st_blocks * 512 : 0;
	if (!S_ISDIR(st.st_mode) || depth == DEPTH_MAX)
		return bytes;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d && fd >= 0)
		close(fd);
	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			bytes += measure(u, fd, e->d_name, depth + 1);
	return bytes;
}

int64_t usage_measure(struct usage *u, const char *path)
{
	return measure(u, AT_FDCWD, path, 0);
}

void usage_release(struct usage *u)
{
	free(u->v);
	*u = (struct usage){.v = NULL};
}
