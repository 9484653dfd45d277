/* SPDX-License-Identifier: MIT */
#include "run/proctree.h"

#include <ctype.h>
#include <fcntl.h>

#include "base/buf.h"
#include "base/cleanup.h"

enum { DEPTH_MAX = 200 };

struct proctree_row {
	pid_t parent, pid;
	int64_t ticks, pages;
};

/* "17 (any) name) S 1 ..."; the fields are counted from the state on. */
static int parse_stat(char *text, struct proctree_row *row)
{
	long long f[22];
	char *at = strrchr(text, ')');
	if (!at || at[1] != ' ' || !at[2])
		return -1;
	at += 3;
	for (size_t i = 0; i < sizeof(f) / sizeof(f[0]); i++)
		f[i] = strtoll(at, &at, 10);
	row->pid = (pid_t)strtol(text, NULL, 10);
	row->parent = (pid_t)f[0];
	row->ticks = f[10] + f[11] + f[12] + f[13];
	row->pages = f[20];
	return 0;
}

static int read_row(const char *pid, struct proctree_row *row)
{
	auto_buf path = BUF_INIT;
	auto_fd fd = -1;
	char text[1024];
	ssize_t n;
	buf_addf(&path, "/proc/%s/stat", pid);
	fd = open(path.s, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	return parse_stat(text, row);
}

static int by_parent(const void *a, const void *b)
{
	const struct proctree_row *x = a, *y = b;
	return (x->parent > y->parent) - (x->parent < y->parent);
}

void proctree_read(struct arena *a, struct proctree *t)
{
	auto_dir d = opendir("/proc");
	struct dirent *e;
	*t = (struct proctree){NULL, 0};
	while (d && (e = readdir(d))) {
		struct proctree_row row;
		if (!isdigit((unsigned char)e->d_name[0]) ||
		    read_row(e->d_name, &row) < 0)
			continue;
		ARENA_GROW(a, t->v, t->n);
		t->v[t->n++] = row;
	}
	if (t->n)
		qsort(t->v, t->n, sizeof(*t->v), by_parent);
}

static const struct proctree_row *first_child(const struct proctree *t, pid_t parent)
{
	size_t low = 0, high = t->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (t->v[mid].parent < parent)
			low = mid + 1;
		else
			high = mid;
	}
	return t->v + low;
}

static void add_below(
    const struct proctree *t, pid_t root, int depth, int64_t *ticks, int64_t *pages)
{
	const struct proctree_row *end = t->v + t->n;
	if (depth > DEPTH_MAX)
		return;
	for (const struct proctree_row *r = first_child(t, root);
	     r < end && r->parent == root; r++) {
		*ticks += r->ticks;
		*pages += r->pages;
		add_below(t, r->pid, depth + 1, ticks, pages);
	}
}

void proctree_sum(
    const struct proctree *t, pid_t root, int64_t *cpu_time_ms, int64_t *memory_bytes)
{
	int64_t ticks = 0, pages = 0;
	if (t->n)
		add_below(t, root, 0, &ticks, &pages);
	*cpu_time_ms = ticks * 1000 / sysconf(_SC_CLK_TCK);
	*memory_bytes = pages * sysconf(_SC_PAGESIZE);
}
