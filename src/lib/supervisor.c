/* SPDX-License-Identifier: MIT */
#include "lib/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/path.h"
#include "base/proc.h"

extern char **environ;

static const char program[] = "mlp-supervise";

/* A standard descriptor of the host's, if it has it, else /dev/null. */
static int give_standard(posix_spawn_file_actions_t *fa, int fd, bool ours)
{
	if (ours && fcntl(fd, F_GETFD) >= 0)
		return posix_spawn_file_actions_adddup2(fa, fd, fd); /* no CLOEXEC */
	return posix_spawn_file_actions_addopen(
	    fa, fd, "/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0);
}

static int set_files(posix_spawn_file_actions_t *fa, int sock, enum supervisor_flag flags)
{
	bool pass_output = flags & SUPERVISOR_PASS;
	int rc = posix_spawn_file_actions_adddup2(fa, sock, SUPERVISOR_FD);
	for (int fd = STDIN_FILENO; rc == 0 && fd <= STDERR_FILENO; fd++)
		rc = give_standard(fa, fd, pass_output && fd != STDIN_FILENO);
	return rc;
}

/* What the host ignores is handed on only where it is the user's word: nohup, a job. */
static int set_signals(posix_spawnattr_t *at)
{
	static const int kept[] = {SIGHUP, SIGINT, SIGQUIT, SIGTSTP};
	sigset_t none, reset;
	int rc;
	sigemptyset(&none);
	sigfillset(&reset);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		sigdelset(&reset, kept[i]);
	rc = posix_spawnattr_setsigmask(at, &none);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(at, &reset);
	if (rc == 0)
		rc = posix_spawnattr_setflags(
		    at, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return rc;
}

/*
 * 0 or an errno.  posix_spawn, because the host may have threads that fork, too; what it
 * does where exec fails is up to it.
 */
static int spawn(const char *path, int sock, enum supervisor_flag flags, pid_t *pid)
{
	static char detach[] = "--detach";
	char *argv[] = {(char *)path, flags & SUPERVISOR_DETACH ? detach : NULL, NULL};
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	int rc = access(path, X_OK) < 0 ? errno : posix_spawn_file_actions_init(&fa);
	if (rc)
		return rc;
	rc = posix_spawnattr_init(&at);
	if (rc == 0) {
		rc = set_files(&fa, sock, flags);
		if (rc == 0)
			rc = set_signals(&at);
		if (rc == 0)
			rc = posix_spawn(pid, path, &fa, &at, argv, environ);
		posix_spawnattr_destroy(&at);
	}
	posix_spawn_file_actions_destroy(&fa);
	return rc;
}

int supervisor_send(struct supervisor *s, const cJSON *request, struct err *err)
{
	auto_buf line = BUF_INIT;
	json_print(&line, request, false);
	buf_addc(&line, '\n');
	if (line.len > SUPERVISOR_REQUEST_MAX)
		return err_set(err, ERR_USAGE, "the options are longer than %d bytes",
		    SUPERVISOR_REQUEST_MAX);
	for (size_t done = 0; done < line.len;) {
		ssize_t n = send(s->h.from, line.s + done, line.len - done, MSG_NOSIGNAL);
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return 0; /* it is dead: supervisor_next says of what */
		if (n < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot send to %s", program);
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Above the standard ones, so that placing those in the child overwrites neither. */
static int socket_pair(int ends[2], struct err *err)
{
	int made[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, made) < 0)
		return err_sys(err, errno, "cannot make a socket for %s", program);
	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(made[i], F_DUPFD_CLOEXEC, SUPERVISOR_FD + 1);
		if (ends[i] < 0)
			err_sys(err, errno, "cannot make a socket for %s", program);
		close(made[i]);
	}
	return ends[0] < 0 || ends[1] < 0 ? -1 : 0;
}

/* Which socket it is, for supervisor_has_files. */
static void note_socket(struct supervisor *s)
{
	struct stat st = {.st_ino = 0};
	fstat(s->h.from, &st);
	s->dev = st.st_dev;
	s->ino = st.st_ino;
}

bool supervisor_has_files(const struct supervisor *s)
{
	struct stat st;
	return s->h.from >= 0 && fstat(s->h.from, &st) == 0 && st.st_dev == s->dev &&
	       st.st_ino == s->ino;
}

int supervisor_start(const struct ctx *ctx, enum supervisor_flag flags,
    struct supervisor *s, struct err *err)
{
	auto_arena a = ARENA_INIT;
	const char *path = path_join(&a, ctx->libexec, program);
	auto_fd ours = -1;
	auto_fd theirs = -1;
	int ends[2] = {-1, -1}, rc = socket_pair(ends, err);
	ours = ends[0];
	theirs = ends[1];
	if (rc < 0)
		return -1;
	rc = spawn(path, theirs, flags, &s->pid);
	if (rc) {
		s->pid = -1;
		err_sys(err, rc, "cannot run '%s'", path);
		return err_hint(err, "is the installation whole? MLP_LIBEXEC can say "
				     "where the helper programs are");
	}
	/* nobody can have reaped it: it waits for the request */
	if (!(flags & SUPERVISOR_DETACH))
		s->pidfd = (int)syscall(SYS_pidfd_open, s->pid, 0);
	s->flags = flags;
	s->h.name = program;
	s->h.from = steal_fd(&ours);
	note_socket(s);
	return 0;
}

/* The one that we started has made another one and ended. */
static void adopt(struct supervisor *s, pid_t pid)
{
	pid_t was = s->pid;
	while (was > 0 && waitpid(was, NULL, 0) < 0 && errno == EINTR)
		;
	s->pid = pid;
	s->reaped = true;
	s->pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
}

int supervisor_take_hello(struct supervisor *s, const cJSON *hello, struct err *err)
{
	if (helper_check_hello(&s->h, hello, err) < 0)
		return -1;
	if (s->flags & SUPERVISOR_DETACH)
		adopt(s, (pid_t)json_int(hello, "pid", -1));
	return 0;
}

/* A number alone proves nothing; that it is our living child does. */
static bool is_our_child(const struct supervisor *s)
{
	siginfo_t si = {.si_pid = 0};
	return s->pid > 0 && !__atomic_load_n(&s->reaped, __ATOMIC_ACQUIRE) &&
	       waitid(P_PID, (id_t)s->pid, &si, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       si.si_pid == 0;
}

int supervisor_signal(const struct supervisor *s, int sig)
{
	if (s->pidfd >= 0 && supervisor_has_files(s))
		return (int)syscall(SYS_pidfd_send_signal, s->pidfd, sig, NULL, 0);
	if (is_our_child(s))
		return kill(s->pid, sig);
	errno = s->flags & SUPERVISOR_DETACH && s->pidfd < 0 ? ENOSYS : ESRCH;
	return -1;
}

static int left_ms(int64_t until)
{
	int64_t left = until < 0 ? -1 : until - clock_mono_ms();
	if (until < 0)
		return -1;
	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* Who has reaped it otherwise does not matter: then how it ended is not known. */
static void reap_child(struct supervisor *s, siginfo_t *si)
{
	int rc;
	do
		rc = s->pidfd >= 0 ? waitid(P_PIDFD, (id_t)s->pidfd, si, WEXITED)
				   : waitid(P_PID, (id_t)s->pid, si, WEXITED);
	while (rc < 0 && errno == EINTR);
	__atomic_store_n(&s->reaped, true, __ATOMIC_RELEASE);
}

static void await_end(const struct supervisor *s)
{
	struct pollfd p = {.fd = s->pidfd, .events = POLLIN};
	while (s->pidfd >= 0 && poll(&p, 1, -1) < 0 && errno == EINTR)
		;
}

void supervisor_reap(struct supervisor *s, struct exit_status *st)
{
	siginfo_t si = {.si_pid = 0};
	*st = (struct exit_status){.kind = EXIT_UNKNOWN};
	if (!supervisor_has_files(s))
		return;
	await_end(s);
	if (s->pid > 0 && !s->reaped)
		reap_child(s, &si);
	if (si.si_pid == 0)
		return;
	if (si.si_code == CLD_EXITED)
		*st = (struct exit_status){.kind = EXIT_EXITED, .code = si.si_status};
	else
		*st = (struct exit_status){.kind = EXIT_SIGNALLED,
		    .sig = si.si_status,
		    .core = si.si_code == CLD_DUMPED};
}

static int silent_end(struct supervisor *s, struct err *err)
{
	struct exit_status st;
	auto_buf how = BUF_INIT;
	supervisor_reap(s, &st);
	exit_describe(&how, &st);
	return err_set(err, ERR_FAIL, "%s ended without an answer%s%s", program,
	    st.kind == EXIT_UNKNOWN ? "" : ": ", st.kind == EXIT_UNKNOWN ? "" : how.s);
}

/* 1: there are bytes, 0: none until then, -1: it has ended, or *err says what. */
static int wait_for_bytes(struct supervisor *s, int wake, int64_t until, struct err *err)
{
	for (;;) {
		struct pollfd p[] = {{.fd = s->h.from, .events = POLLIN},
		    {.fd = wake, .events = POLLIN}, {.fd = s->pidfd, .events = POLLIN}};
		int n;
		if (!supervisor_has_files(s))
			return err_set(err, ERR_BUSY,
			    "the host has closed the descriptors of %s", program);
		n = poll(p, 3, left_ms(until));
		if (n < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot wait for %s", program);
		if (n == 0 && left_ms(until) == 0)
			return 0;
		if (n <= 0)
			continue;
		if (p[0].revents) {
			int rc = helper_read(&s->h, err);
			if (rc > 0 || (rc < 0 && err->sys != ECONNRESET))
				return rc;
			err_clear(err);
			return silent_end(s, err);
		}
		/* where a child of another thread keeps its end of the socket open */
		if (p[2].revents && poll(p, 1, 0) == 0)
			return silent_end(s, err);
		if (p[1].revents)
			return 0;
	}
}

int supervisor_next(
    struct supervisor *s, int wake, int64_t until, cJSON **ev, struct err *err)
{
	int rc;
	while ((rc = helper_next(&s->h, ev, err)) == 0) {
		rc = wait_for_bytes(s, wake, until, err);
		if (rc <= 0)
			return rc;
	}
	return rc;
}

void supervisor_close(struct supervisor *s)
{
	if (supervisor_has_files(s)) {
		fd_close(&s->h.from);
		fd_close(&s->pidfd);
	}
	buf_release(&s->h.in);
}
