/* SPDX-License-Identifier: MIT */
/*
 * supervise_rig.h -- supervise() in a process of its own, with files of ours as its
 * stdin, stdout and stderr, so that tests can signal it and look at what it leaves.
 */
#ifndef SUPERVISE_RIG_H
#define SUPERVISE_RIG_H

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "run/supervise.h"

/* What comes back from the other process. */
struct result {
	int rc, says;
	struct outcome out;
	struct err err;
	char tail[4096], said[256];
	long grown_kb; /* of its peak memory, by supervise() */
	int stdout_flags;
};

struct rig {
	struct arena arena;
	char *dir, *out, *err; /* its directory and its logs */
	struct ctx ctx;
	struct launch launch;
	int fd[3];		   /* given to it; -1: /dev/null */
	void (*before)(void *arg); /* called in it, just before */
	struct result *result;	   /* shared */
	pid_t pid;
};

static inline void rig_say(void *arg, enum say_level level, const char *text)
{
	struct result *r = arg;
	if (level != SAY_WARNING)
		return;
	r->says++;
	snprintf(r->said, sizeof(r->said), "%s", text);
}

static inline int rig_setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	char template[] = "/tmp/mlp-supervise.XXXXXX";
	if (!r || !mkdtemp(template))
		return -1;
	r->dir = arena_strdup(&r->arena, template);
	r->out = arena_printf(&r->arena, "%s/stdout.log", r->dir);
	r->err = arena_printf(&r->arena, "%s/stderr.log", r->dir);
	r->result = mmap(NULL, sizeof(*r->result), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	r->ctx =
	    (struct ctx){.cwd = r->dir, .trace = -1, .say = rig_say, .arg = r->result};
	r->launch =
	    (struct launch){.cwd = r->dir, .stdout_log = r->out, .stderr_log = r->err};
	for (int i = 0; i < 3; i++)
		r->fd[i] = -1;
	*state = r;
	return r->result == MAP_FAILED ? -1 : 0;
}

static inline int rig_teardown(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;
	for (int i = 0; i < 3; i++)
		fd_close(&r->fd[i]);
	tree_remove(r->dir, &err);
	munmap(r->result, sizeof(*r->result));
	arena_release(&r->arena);
	free(r);
	return 0;
}

static inline long rig_memory_kb(void)
{
	struct err err = ERR_INIT;
	auto_buf b = BUF_INIT;
	const char *at;
	if (file_read("/proc/self/status", 65536, &b, &err) < 0)
		return 0;
	at = strstr(b.s, "VmHWM:");
	return at ? strtol(at + 6, NULL, 10) : 0;
}

static inline void rig_child(struct rig *r)
{
	auto_fd null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct result *res = r->result;
	long before;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails must leave nothing */
	for (int i = 0; i < 3; i++)
		dup2(r->fd[i] >= 0 ? r->fd[i] : null, i);
	for (int i = 0; i < 3; i++)
		fd_close(&r->fd[i]);
	if (r->before)
		r->before(r);
	before = rig_memory_kb();
	res->rc = supervise(&r->ctx, &r->launch, &res->out, &res->err);
	res->grown_kb = rig_memory_kb() - before;
	res->stdout_flags = fcntl(1, F_GETFL);
	if (res->out.stderr_tail)
		snprintf(res->tail, sizeof(res->tail), "%s", res->out.stderr_tail);
	free(res->out.stderr_tail);
	res->out.stderr_tail = NULL;
}

/* Start it; argv is for execution, NULL-terminated. */
static inline void rig_start(struct rig *r, char *const *argv)
{
	r->launch.argv = argv;
	fflush(NULL);
	r->pid = fork();
	assert_true(r->pid >= 0);
	if (r->pid == 0) {
		rig_child(r);
		_exit(0);
	}
}

static inline struct result *rig_wait(struct rig *r)
{
	int status;
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	assert_true(WIFEXITED(status));
	return r->result;
}

static inline void rig_start_shell(struct rig *r, const char *script)
{
	char *argv[] = {(char *)"bash", (char *)"-c", (char *)script, NULL};
	rig_start(r, argv);
}

static inline struct result *rig_shell(struct rig *r, const char *script)
{
	rig_start_shell(r, script);
	return rig_wait(r);
}

/* The text of a file; "" while there is none. */
static inline char *rig_read(struct rig *r, const char *path)
{
	struct err err = ERR_INIT;
	auto_buf b = BUF_INIT;
	if (file_read(path, 64 << 20, &b, &err) < 0)
		return arena_strdup(&r->arena, "");
	return arena_strdup(&r->arena, b.s);
}

static inline off_t rig_size(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 ? st.st_size : -1;
}

/* Until the file holds the text; a test that waits for nothing fails. */
static inline void rig_await(struct rig *r, const char *path, const char *text)
{
	for (int i = 0; i < 4000; i++) {
		if (strstr(rig_read(r, path), text))
			return;
		usleep(5000);
	}
	fail_msg("'%s' never appeared in %s", text, path);
}

#endif
