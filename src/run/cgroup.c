/* SPDX-License-Identifier: MIT */
#include "run/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"

enum {
	TEXT_MAX = 1 << 20,
	PERIOD_US = 100000, /* of the limit of processors: the kernel's own default */
	QUOTA_LEAST_US = 1000,
};

static bool put(const char *dir, const char *file, const char *text)
{
	auto_buf path = BUF_INIT;
	auto_fd fd = -1;
	buf_addf(&path, "%s/%s", dir, file);
	fd = open(path.s, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static bool put_number(const char *dir, const char *file, int64_t v)
{
	char text[32];
	snprintf(text, sizeof(text), "%" PRId64, v);
	return put(dir, file, text);
}

static bool get(const char *dir, const char *file, struct buf *out)
{
	struct err ignored = ERR_INIT;
	auto_buf path = BUF_INIT;
	buf_addf(&path, "%s/%s", dir, file);
	return file_read(path.s, TEXT_MAX, out, &ignored) == 0;
}

/* The number behind `word` and a blank at the beginning of a line, or fallback. */
static int64_t number_of(const char *text, const char *word, int64_t fallback)
{
	size_t n = strlen(word);
	for (const char *s = text; s; s = strchr(s, '\n'), s = s ? s + 1 : NULL)
		if (strncmp(s, word, n) == 0 && s[n] == ' ')
			return strtoll(s + n, NULL, 10);
	return fallback;
}

static bool has_word(const char *dir, const char *file, const char *word)
{
	auto_buf text = BUF_INIT;
	size_t n = strlen(word);
	if (!get(dir, file, &text))
		return false;
	for (const char *s = text.s; *s; s += strcspn(s, " \n"), s += *s != '\0')
		if (strncmp(s, word, n) == 0 && strchr(" \n", s[n]))
			return true;
	return false;
}

static bool limit_memory(const char *dir, int version, int64_t bytes)
{
	if (version == 1) {
		if (!put_number(dir, "memory.limit_in_bytes", bytes))
			return false;
		/* or as much again would go to the swap */
		put_number(dir, "memory.memsw.limit_in_bytes", bytes);
		return true;
	}
	put(dir, "memory.swap.max", "0");
	return put_number(dir, "memory.max", bytes);
}

static bool limit_cpus(const char *dir, int version, double cpus)
{
	int64_t quota = (int64_t)ceil(cpus * PERIOD_US);
	char text[64];
	if (quota < QUOTA_LEAST_US)
		quota = QUOTA_LEAST_US;
	if (version == 1)
		return put_number(dir, "cpu.cfs_period_us", PERIOD_US) &&
		       put_number(dir, "cpu.cfs_quota_us", quota);
	snprintf(text, sizeof(text), "%" PRId64 " %d", quota, PERIOD_US);
	return put(dir, "cpu.max", text);
}

/* One more directory of the group; NULL: it cannot be made, or nobody may enter it. */
static char *add_dir(
    struct cgroup *g, const char *parent, const char *run_id, const char *state_dir)
{
	auto_buf path = BUF_INIT;
	auto_buf procs = BUF_INIT;
	auto_buf note = BUF_INIT;
	auto_fd fd = -1;
	buf_addf(&path, "%s/mlp-%s", parent, run_id);
	buf_addf(&procs, "%s/cgroup.procs", path.s);
	if (state_dir) {
		auto_fd to = -1;
		buf_addf(&note, "%s/cgroup", state_dir);
		to = open(
		    note.s, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (to < 0 || fd_write_all(to, path.s, path.len) < 0 ||
		    fd_write_all(to, "\n", 1) < 0)
			return NULL; /* nobody would find it again */
	}
	if (mkdir(path.s, 0755) < 0 && errno != EEXIST)
		return NULL;
	fd = open(procs.s, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		rmdir(path.s);
		return NULL;
	}
	g->v[g->n] = (struct cgroup_dir){xstrdup(path.s), steal_fd(&fd)};
	return g->v[g->n++].path;
}

static void drop_last(struct cgroup *g)
{
	struct cgroup_dir *d = &g->v[--g->n];
	fd_close(&d->procs);
	rmdir(d->path);
	free(d->path);
}

static void open_v1(struct cgroup *g, const struct cgroup_place *where,
    const char *run_id, int64_t memory, double cpus, const char *state_dir)
{
	const char *dir;
	if (memory && where->memory &&
	    (dir = add_dir(g, where->memory, run_id, state_dir))) {
		g->has_memory = limit_memory(dir, 1, memory);
		if (g->has_memory)
			g->memory_dir = g->v[g->n - 1].path;
		else
			drop_last(g);
	}
	if (cpus > 0 && where->cpu && (dir = add_dir(g, where->cpu, run_id, state_dir))) {
		g->has_cpus = limit_cpus(dir, 1, cpus);
		if (!g->has_cpus)
			drop_last(g);
	}
	g->version = g->n ? 1 : 0;
}

/* A group beside ours is not below its limits. */
static bool is_unlimited(const char *dir)
{
	auto_buf memory = BUF_INIT;
	auto_buf cpu = BUF_INIT;
	return (!get(dir, "memory.max", &memory) || strncmp(memory.s, "max", 3) == 0) &&
	       (!get(dir, "cpu.max", &cpu) || strncmp(cpu.s, "max", 3) == 0);
}

static void open_v2(struct cgroup *g, const struct cgroup_place *where,
    const char *run_id, int64_t memory, double cpus, const char *state_dir)
{
	const char *parent = where->unified, *dir;
	if (!parent)
		return;
	if (!has_word(parent, "cgroup.subtree_control", memory ? "memory" : "cpu"))
		parent = is_unlimited(parent) ? where->above : NULL;
	dir = parent ? add_dir(g, parent, run_id, state_dir) : NULL;
	if (!dir)
		return;
	g->has_memory = memory && limit_memory(dir, 2, memory);
	g->has_cpus = cpus > 0 && limit_cpus(dir, 2, cpus);
	g->memory_dir = g->has_memory ? g->v[0].path : NULL;
	if (g->has_memory || g->has_cpus)
		g->version = 2;
	else
		drop_last(g);
}

/*
 * Whether the kernel lets us move into it shows, in version 2, only when we try: that
 * depends on what contains both groups.  Each move takes milliseconds.
 */
static bool may_join(const struct cgroup *g)
{
	int ws = 0;
	pid_t pid;
	if (g->version == 1)
		return true;
	pid = fork();
	if (pid == 0)
		_exit(cgroup_join(g) < 0);
	return pid > 0 && waitpid(pid, &ws, 0) == pid && ws == 0;
}

void cgroup_open(struct cgroup *g, const struct cgroup_place *where, const char *run_id,
    int64_t memory_bytes, double cpus, const char *state_dir)
{
	memset(g, 0, sizeof(*g));
	open_v1(g, where, run_id, memory_bytes, cpus, state_dir);
	if (g->n == 0)
		open_v2(g, where, run_id, memory_bytes, cpus, state_dir);
	if (g->n > 0 && may_join(g))
		return;
	cgroup_close(g, state_dir);
}

int cgroup_join(const struct cgroup *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (write(g->v[i].procs, "0", 1) < 0)
			return -1;
	return 0;
}

int64_t cgroup_peak(const struct cgroup *g)
{
	auto_buf text = BUF_INIT;
	const char *file = g->version == 1 ? "memory.max_usage_in_bytes" : "memory.peak";
	if (!g->memory_dir || !get(g->memory_dir, file, &text) || text.len == 0)
		return -1;
	return strtoll(text.s, NULL, 10);
}

int cgroup_oom_kills(const struct cgroup *g)
{
	auto_buf text = BUF_INIT;
	const char *file = g->version == 1 ? "memory.oom_control" : "memory.events";
	if (!g->memory_dir || !get(g->memory_dir, file, &text))
		return 0;
	return (int)number_of(text.s, "oom_kill", 0);
}
