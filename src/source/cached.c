/* SPDX-License-Identifier: MIT */
#include "source/cached.h"

#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/urltext.h"
#include "source/lease.h"

enum { CONFIG_MAX = 64 << 10, LOOKED_AT_MAX = 512 };

char *cached_mirror(struct arena *a, const char *cache_dir, const char *origin)
{
	return arena_printf(a, "%s/git/%s.git", cache_dir, url_file_name(a, origin));
}

struct checkout {
	const char *path;
	struct timespec used;
};

/* Those that have a lock, and so may be a git project's. */
static size_t find_all(struct arena *a, const char *dir, struct checkout **out)
{
	auto_dir d = opendir(dir);
	struct dirent *e;
	size_t n = 0;
	*out = NULL;
	while (d && (e = readdir(d))) {
		const char *path = path_join(a, dir, e->d_name);
		struct stat st;
		if (e->d_name[0] == '.' || e->d_type == DT_REG ||
		    stat(lease_lock_path(a, path), &st) < 0)
			continue;
		ARENA_GROW(a, *out, n);
		(*out)[n++] = (struct checkout){path, st.st_mtim};
	}
	return n;
}

static int last_used_first(const void *a, const void *b)
{
	const struct timespec *x = &((const struct checkout *)a)->used;
	const struct timespec *y = &((const struct checkout *)b)->used;
	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? 1 : -1;
	return (x->tv_nsec < y->tv_nsec) - (x->tv_nsec > y->tv_nsec);
}

/* The line in the configuration of a checkout, as mlp-git writes it. */
static void put_url_line(struct buf *out, const char *origin)
{
	buf_adds(out, "\turl = \"");
	for (; *origin; origin++) {
		if (*origin == '"' || *origin == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *origin);
	}
	buf_adds(out, "\"\n");
}

static bool is_of(struct arena *a, const char *checkout, const char *line)
{
	const char *file = path_join(a, checkout, ".git/config");
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	struct stat st;
	return stat(file, &st) == 0 && S_ISREG(st.st_mode) &&
	       file_read(file, CONFIG_MAX, &text, &ignored) == 0 && strstr(text.s, line);
}

void cached_checkouts(struct arena *a, const char *cache_dir, const char *origin,
    size_t max, struct strvec *out)
{
	struct checkout *all;
	size_t n = find_all(a, path_join(a, cache_dir, "checkouts"), &all), found = 0;
	auto_buf line = BUF_INIT;
	put_url_line(&line, origin);
	if (n > 0)
		qsort(all, n, sizeof(*all), last_used_first);
	for (size_t i = 0; i < n && i < LOOKED_AT_MAX && found < max; i++)
		if (is_of(a, all[i].path, line.s)) {
			strvec_push(out, all[i].path);
			found++;
		}
}
