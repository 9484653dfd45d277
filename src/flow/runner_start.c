/* SPDX-License-Identifier: MIT */
/* runner_start.c -- a runner, started by whoever finds that there is none. */
#include <fcntl.h>
#include <sys/prctl.h>

#include "base/cleanup.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/libexec.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/strvec.h"
#include "flow/runner.h"
#include "run/cgroup.h"
#include "run/mark.h"
#include "run/seat.h"

enum { PROC_MAX = 1 << 20 };

const char *runner_seat(const struct ctx *ctx, struct arena *a)
{
	return queue_path(ctx, a, "runner");
}

/* It belongs to no run, terminal or directory, whoever starts it. */
static void make_env(struct strvec *env)
{
	static const char *const names[] = {"PATH", "HOME", "USER", "LOGNAME", "LANG",
	    "LC_ALL", "TMPDIR", "XDG_STATE_HOME", "XDG_CACHE_HOME", "MLP_LIBEXEC",
	    "MLP_TRACE", "LD_LIBRARY_PATH", "ASAN_OPTIONS",
	    "LSAN_OPTIONS" FAULT_VARIABLES};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (getenv(names[i]))
			strvec_pushf(env, "%s=%s", names[i], getenv(names[i]));
}

/* Only mlp itself can be a runner, not a program that uses libmlp. */
static const char *own_program(struct arena *a)
{
	static const char gone[] = " (deleted)"; /* a newer one is installed */
	const char *self = libexec_own_program(a), *base = self ? path_base(self) : "";
	if (strncmp(base, "mlp", 3) != 0 || (base[3] && strcmp(base + 3, gone) != 0))
		return NULL;
	return base[3] ? "/proc/self/exe" : self;
}

static void start_runner(const struct ctx *ctx)
{
	auto_arena a = ARENA_INIT;
	auto_strvec env = STRVEC_INIT;
	auto_fd null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const char *self = own_program(&a);
	const char *argv[] = {self, RUNNER_COMMAND, NULL};
	struct proc p = PROC_INIT;
	struct err err = ERR_INIT;
	if (!self || null < 0)
		return;
	make_env(&env);
	p.argv = (char *const *)argv;
	p.envp = strvec_argv(&env);
	p.cwd = "/";
	p.fd[0] = p.fd[1] = p.fd[2] = null;
	p.flags = PROC_SESSION;
	if (proc_start(&p, -1, &err) < 0)
		ctx_say(
		    ctx, SAY_WARNING, "what is queued cannot be started: %s", err.msg);
}

void runner_wake(const struct ctx *ctx)
{
	auto_arena a = ARENA_INIT;
	if (queue_has_work(ctx) && !seat_is_taken(runner_seat(ctx, &a)))
		start_runner(ctx);
}

static void leave_for(struct arena *a, const char *group)
{
	auto_fd fd = open(path_join(a, group, "cgroup.procs"), O_WRONLY | O_CLOEXEC);
	if (fd >= 0)
		(void)!write(fd, "0", 1);
}

/* Of a run with limits, whose command has queued something: it ends with that run. */
static void leave_cgroup(void)
{
	auto_arena a = ARENA_INIT;
	auto_buf mounts = BUF_INIT;
	auto_buf self = BUF_INIT;
	struct cgroup_place at = {.memory = NULL};
	struct err err = ERR_INIT;
	const char *own[3];
	if (file_read("/proc/self/mountinfo", PROC_MAX, &mounts, &err) < 0 ||
	    file_read("/proc/self/cgroup", PROC_MAX, &self, &err) < 0)
		return;
	cgroup_find(&a, mounts.s, self.s, &at);
	own[0] = at.memory;
	own[1] = at.cpu;
	own[2] = at.unified;
	for (size_t i = 0; i < 3; i++)
		if (own[i] && strncmp(path_base(own[i]), "mlp-", 4) == 0)
			leave_for(&a, path_dir(&a, own[i]));
}

void runner_settle(void)
{
	prctl(PR_SET_NAME, "mlp-queue");
	mark_ourselves(MARK_QUEUE);
	leave_cgroup();
}
