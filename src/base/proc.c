/* SPDX-License-Identifier: MIT */
#include "base/proc.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/secret.h"
#include "base/urltext.h"

extern char **environ;

enum step { STEP_FORK, STEP_FD, STEP_SESSION, STEP_ENTER, STEP_CWD, STEP_EXEC };

/* From the child, over the report pipe: what failed, or (sys 0) its pid. */
struct report {
	enum step step;
	int sys;
	pid_t pid;
};

static const char *env_get(char *const *envp, const char *name)
{
	size_t n = strlen(name);
	for (; *envp; envp++)
		if (strncmp(*envp, name, n) == 0 && (*envp)[n] == '=')
			return *envp + n + 1;
	return NULL;
}

static bool is_program(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* What execvp would run: EACCES is remembered where a name is found but not executable.
 */
static char *find_program(const char *name, char *const *envp)
{
	const char *path = env_get(envp, "PATH");
	struct buf b = BUF_INIT;
	int why = ENOENT;
	if (strchr(name, '/'))
		return xstrdup(name);
	for (path = path ? path : "/usr/bin:/bin";; path++) {
		size_t n = strcspn(path, ":");
		buf_clear(&b);
		buf_add(&b, n ? path : ".", n ? n : 1);
		buf_addf(&b, "/%s", name);
		if (is_program(b.s))
			return buf_detach(&b);
		if (path_exists(b.s) && !path_is_dir(b.s))
			why = EACCES;
		path += n;
		if (*path == '\0')
			break;
	}
	buf_release(&b);
	errno = why;
	return NULL;
}

char *proc_find(const char *name)
{
	char *path = find_program(name, environ);
	if (path && is_program(path))
		return path;
	free(path);
	return NULL;
}

bool proc_can_find(const char *name)
{
	auto_free char *path = proc_find(name);
	return path != NULL;
}

/* A variable that is not in our own environment; not one that a shell cannot set. */
static void trace_env(struct buf *b, const char *var)
{
	size_t n = strcspn(var, "=");
	auto_buf name = BUF_INIT;
	auto_buf value = BUF_INIT;
	const char *ours;
	buf_add(&name, var, n);
	ours = getenv(name.s);
	if (var[n] != '=' || (ours && strcmp(ours, var + n + 1) == 0) ||
	    isdigit((unsigned char)var[0]) || n == 0 ||
	    strspn(var,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") != n)
		return;
	if (secret_name(var, n))
		buf_adds(&value, "***");
	else
		url_mask(&value, var + n + 1);
	buf_addf(b, "%s=", name.s);
	quote_shell_line(b, value.s ? value.s : "");
	buf_addc(b, ' ');
}

static void hide(struct buf *b, const char *secret)
{
	char *at = b->s;
	for (; secret && (at = strstr(at, secret)); at += strlen(secret))
		memset(at, '*', strlen(secret));
}

static void trace_launch(int trace, const struct proc *p)
{
	auto_buf b = BUF_INIT;
	if (trace < 0)
		return;
	if (p->cwd) {
		buf_adds(&b, "cd ");
		quote_shell_line(&b, p->cwd);
		buf_adds(&b, " && ");
	}
	for (char *const *e = p->envp; e && *e; e++)
		trace_env(&b, *e);
	for (size_t i = 0; p->argv[i]; i++) {
		auto_buf word = BUF_INIT;
		url_mask(&word, p->argv[i]);
		buf_adds(&b, i ? " " : "");
		quote_shell_line(&b, word.s);
	}
	buf_addf(&b, "%s%s\n", p->note ? " # " : "", p->note ? p->note : "");
	hide(&b, p->secret);
	fd_write_all(trace, b.s, b.len);
}

/*
 * For what runs in the child: its frames are left without a return, and the marks that a
 * sanitizer makes for them in our memory would stay.
 */
#define IN_CHILD __attribute__((no_sanitize("address")))

/* What the child needs; it shares our memory until it executes. */
struct launch_pad {
	const struct proc *p;
	const char *path;
	char *const *envp;
	sigset_t none; /* nothing is blocked in a command, whatever we block now */
	int report;
	pid_t parent;
};

/* Our own copies above 2 first, so that no dup2 overwrites a source still needed. */
IN_CHILD static int place_fds(const struct proc *p)
{
	int from[3], socket = p->socket;
	for (int i = 0; i < 3; i++) {
		from[i] = p->fd[i] < 0 ? i : fcntl(p->fd[i], F_DUPFD_CLOEXEC, 4);
		if (from[i] < 0)
			return -1;
	}
	if (socket == 3) /* it is there, and would be closed */
		socket = fcntl(socket, F_DUPFD_CLOEXEC, 4);
	if (p->socket >= 0 && (socket < 0 || dup2(socket, 3) < 0))
		return -1;
	for (int i = 0; i < 3; i++)
		if (from[i] != i && dup2(from[i], i) < 0)
			return -1;
	return 0;
}

/* An ignored signal would survive exec, and a handler must not run in our memory. */
IN_CHILD static void reset_signals(void)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &dfl, NULL);
}

IN_CHILD static void die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
}

/* In a session with a terminal, which its leader has made: a group in its foreground. */
IN_CHILD static int come_to_front(const struct proc *p)
{
	pid_t us = getpid();
	return setpgid(0, 0) < 0 ? -1 : ioctl(p->ctty, TIOCSPGRP, &us);
}

IN_CHILD static int enter_session(const struct launch_pad *l)
{
	const struct proc *p = l->p;
	if (p->flags & PROC_DIE_WITH_US)
		die_with(l->parent);
	if (p->flags & PROC_CTTY)
		return come_to_front(p);
	return (p->flags & PROC_SESSION) && setsid() < 0 ? -1 : 0;
}

/*
 * Only async-signal-safe calls: another thread may hold any lock.  Returns only the step
 * that failed, with errno.
 */
IN_CHILD static enum step become(const struct launch_pad *l)
{
	reset_signals();
	if (enter_session(l) < 0)
		return STEP_SESSION;
	if (l->p->enter && l->p->enter(l->p->enter_arg) < 0)
		return STEP_ENTER;
	if (place_fds(l->p) < 0)
		return STEP_FD;
	if (l->p->cwd && chdir(l->p->cwd) < 0)
		return STEP_CWD;
	sigprocmask(SIG_SETMASK, &l->none, NULL);
	execve(l->path, l->p->argv, l->envp);
	return STEP_EXEC;
}

IN_CHILD static int child(void *arg)
{
	const struct launch_pad *l = arg;
	struct report r = {.pid = -1};
	/* where our stdin is closed the pipe may have its number, which place_fds fills
	 */
	int report = fcntl(l->report, F_DUPFD_CLOEXEC, 4);
	r.step = become(l);
	r.sys = errno;
	(void)!write(report, &r, sizeof(r)); /* below PIPE_BUF, so atomic */
	_exit(127);
}

/*
 * As vfork: a copy of our page tables would cost more than everything else (measured: 0.1
 * ms instead of 0.5 with 1 MB of memory, 1.0 with 3 MB).  A stack of its own keeps ours
 * whole.
 */
static pid_t spawn(struct launch_pad *l, int flag)
{
	enum { STACK = 64 * 1024 };
	int flags = CLONE_VM | CLONE_VFORK | SIGCHLD | flag;
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	pid_t pid;
	int saved;
	if (stack == MAP_FAILED)
		return -1;
	pid = clone(child, stack + STACK, flags, l);
	saved = errno;
	munmap(stack, STACK);
	errno = saved;
	return pid;
}

/*
 * The leader of a session with a terminal, in a process of its own: makes the session,
 * starts the command as a child of our parent, and then only stays.  When a leader ends
 * the kernel hangs up its foreground group; so a command that led its session would take
 * along what still writes for it (`exec > >(tee log)`).
 */
static _Noreturn void lead(struct launch_pad *l)
{
	struct report r = {.step = STEP_SESSION};
	prctl(PR_SET_NAME, "mlp-session");
	die_with(l->parent);
	if (setsid() < 0 || ioctl(l->p->ctty, TIOCSCTTY, 0) < 0) {
		r.sys = errno;
	} else {
		r.step = STEP_FORK;
		r.pid = spawn(l, CLONE_PARENT);
		r.sys = r.pid < 0 ? errno : 0;
	}
	(void)!write(l->report, &r, sizeof(r));
	close_range(0, ~0U, 0);
	for (;;)
		pause(); /* all signals are blocked: only KILL ends it */
}

void proc_end_leader(struct proc *p)
{
	if (p->leader <= 0)
		return;
	kill(p->leader, SIGKILL);
	proc_wait(p->leader);
	p->leader = -1;
}

static void fork_all(struct proc *p, struct launch_pad *l, struct report *why)
{
	pid_t *made = p->flags & PROC_CTTY ? &p->leader : &p->pid;
	*made = p->flags & PROC_CTTY ? fork() : spawn(l, 0);
	if (*made == 0)
		lead(l);
	if (*made < 0)
		*why = (struct report){.step = STEP_FORK, .sys = errno};
}

static int report_failure(const struct proc *p, const struct report *why, struct err *err)
{
	switch (why->step) {
	case STEP_FORK:
		return err_sys(
		    err, why->sys, "cannot make a process for '%s'", p->argv[0]);
	case STEP_FD:
		return err_sys(
		    err, why->sys, "cannot set up the files of '%s'", p->argv[0]);
	case STEP_SESSION:
		return err_sys(err, why->sys, "cannot give '%s' a session", p->argv[0]);
	case STEP_ENTER:
		return err_sys(err, why->sys, "cannot limit '%s'", p->argv[0]);
	case STEP_CWD:
		return err_sys(err, why->sys, "cannot enter '%s'", p->cwd);
	default:
		return err_sys(err, why->sys, "cannot run '%s'", p->argv[0]);
	}
}

/* To the end of the pipe, which comes when the command has been executed or is no more.
 */
static void read_reports(int fd, struct proc *p, struct report *why)
{
	struct report r;
	ssize_t n;
	while ((n = read(fd, &r, sizeof(r))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n != (ssize_t)sizeof(r))
			return;
		if (r.sys)
			*why = r;
		else
			p->pid = r.pid;
	}
}

int proc_start(struct proc *p, int trace, struct err *err)
{
	char *const *envp = p->envp ? p->envp : environ;
	auto_free char *path = find_program(p->argv[0], envp);
	struct report why = {.sys = 0};
	struct launch_pad l = {.p = p, .path = path, .envp = envp, .parent = getpid()};
	sigset_t all, old;
	int ends[2];
	if (!path)
		return err_sys(err, errno, "cannot run '%s'", p->argv[0]);
	trace_launch(trace, p);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot make a pipe");
	l.report = ends[1];
	sigemptyset(&l.none);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old); /* our handlers must not run in the child */
	fork_all(p, &l, &why);
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(ends[1]); /* or the pipe never ends */
	read_reports(ends[0], p, &why);
	close(ends[0]);
	if (why.sys == 0)
		return 0;
	if (p->pid > 0)
		proc_wait(p->pid);
	proc_end_leader(p);
	p->pid = -1;
	return report_failure(p, &why, err);
}
