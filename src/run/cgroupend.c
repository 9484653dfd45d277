/* SPDX-License-Identifier: MIT */
/* cgroupend.c -- the end of a run's control group (declared in cgroup.h). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "run/cgroup.h"

enum {
	TEXT_MAX = 1 << 20,
	ROUNDS = 50, /* a group is empty a moment after its last process has ended */
	ROUND_US = 10 * 1000,
};
static const long cgroup1_magic = 0x27e0eb, cgroup2_magic = 0x63677270;

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* Its path in a line of /proc/PID/cgroup has the group's name as one part. */
static bool names_group(const char *text, const char *name)
{
	size_t n = strlen(name);
	for (const char *s = text; (s = strstr(s, name)); s += n)
		if (s > text && s[-1] == '/' && (s[n] == '\n' || s[n] == '/'))
			return true;
	return false;
}

static bool is_in(const char *pid, const char *name)
{
	struct err ignored = ERR_INIT;
	auto_buf path = BUF_INIT;
	auto_buf text = BUF_INIT;
	buf_addf(&path, "/proc/%s/cgroup", pid);
	return file_read(path.s, TEXT_MAX, &text, &ignored) == 0 &&
	       names_group(text.s, name);
}

bool cgroup_holds(const char *pid, const char *run_id)
{
	auto_buf name = BUF_INIT;
	buf_addf(&name, "mlp-%s", run_id);
	return is_in(pid, name.s);
}

/* Looked at again once it is held: only then its number is surely its own. */
static void kill_one(const char *pid, const char *name)
{
	auto_fd fd = (int)syscall(SYS_pidfd_open, (pid_t)strtol(pid, NULL, 10), 0);
	if (fd >= 0 && is_in(pid, name))
		syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
}

static void kill_all(const char *dir)
{
	struct err ignored = ERR_INIT;
	auto_buf path = BUF_INIT;
	auto_buf pids = BUF_INIT;
	char *rest, *pid;
	auto_fd fd = -1;
	buf_addf(&path, "%s/cgroup.kill", dir);
	fd = open(path.s, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && write(fd, "1", 1) == 1)
		return;
	buf_clear(&path);
	buf_addf(&path, "%s/cgroup.procs", dir);
	if (file_read(path.s, TEXT_MAX, &pids, &ignored) < 0)
		return;
	for (rest = pids.s; (pid = strsep(&rest, "\n"));)
		if (*pid)
			kill_one(pid, last_part(dir));
}

static void end_dir(const char *dir)
{
	for (int i = 0; i < ROUNDS && rmdir(dir) < 0 && errno == EBUSY; i++) {
		kill_all(dir);
		usleep(ROUND_US);
	}
}

static void remove_note(const char *state_dir)
{
	auto_buf path = BUF_INIT;
	if (!state_dir)
		return;
	buf_addf(&path, "%s/cgroup", state_dir);
	unlink(path.s);
}

void cgroup_close(struct cgroup *g, const char *state_dir)
{
	while (g->n > 0) {
		struct cgroup_dir *d = &g->v[--g->n];
		fd_close(&d->procs);
		end_dir(d->path);
		free(d->path);
	}
	memset(g, 0, sizeof(*g));
	remove_note(state_dir);
}

/* What stands in a file could be anything. */
static bool is_group_of(const char *dir, const char *run_id)
{
	const char *name = last_part(dir);
	struct statfs fs;
	return strncmp(name, "mlp-", 4) == 0 && strcmp(name + 4, run_id) == 0 &&
	       statfs(dir, &fs) == 0 &&
	       ((long)fs.f_type == cgroup1_magic || (long)fs.f_type == cgroup2_magic);
}

void cgroup_remove_left(const char *state_dir, const char *run_id)
{
	struct err ignored = ERR_INIT;
	auto_buf path = BUF_INIT;
	auto_buf text = BUF_INIT;
	char *rest, *dir;
	buf_addf(&path, "%s/cgroup", state_dir);
	if (file_read(path.s, TEXT_MAX, &text, &ignored) < 0)
		return;
	for (rest = text.s; (dir = strsep(&rest, "\n"));)
		if (is_group_of(dir, run_id))
			end_dir(dir);
	remove_note(state_dir);
}
