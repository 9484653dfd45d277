/* SPDX-License-Identifier: MIT */
#include "lib/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/cleanup.h"
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

static int set_files(posix_spawn_file_actions_t *fa, int sock, bool pass_output)
{
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
static int spawn(const char *path, int sock, bool pass_output, pid_t *pid)
{
	char *argv[] = {(char *)path, NULL};
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	int rc = access(path, X_OK) < 0 ? errno : posix_spawn_file_actions_init(&fa);
	if (rc)
		return rc;
	rc = posix_spawnattr_init(&at);
	if (rc == 0) {
		rc = set_files(&fa, sock, pass_output);
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

int supervisor_start(
    const struct mlp *m, bool pass_output, struct supervisor *s, struct err *err)
{
	auto_arena a = ARENA_INIT;
	const char *path = path_join(&a, m->ctx.libexec, program);
	auto_fd ours = -1;
	auto_fd theirs = -1;
	int ends[2] = {-1, -1}, rc = socket_pair(ends, err);
	ours = ends[0];
	theirs = ends[1];
	if (rc < 0)
		return -1;
	rc = spawn(path, theirs, pass_output, &s->pid);
	if (rc) {
		s->pid = -1;
		err_sys(err, rc, "cannot run '%s'", path);
		return err_hint(err, "is the installation whole? MLP_LIBEXEC can say "
				     "where the helper programs are");
	}
	/* nobody can have reaped it: it waits for the request */
	s->pidfd = (int)syscall(SYS_pidfd_open, s->pid, 0);
	s->h.name = program;
	s->h.from = steal_fd(&ours);
	return 0;
}

static void signal_it(const struct supervisor *s, int sig)
{
	if (s->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, s->pidfd, sig, NULL, 0);
	else if (s->pid > 0)
		kill(s->pid, sig);
}

/* Wait for bytes.  1: there are some, 0: it has ended, -1. */
static int wait_for_bytes(struct mlp *m, struct supervisor *s, struct err *err)
{
	for (;;) {
		struct pollfd p[] = {{.fd = s->h.from, .events = POLLIN},
		    {.fd = m->wake, .events = POLLIN},
		    {.fd = s->pidfd, .events = POLLIN}};
		uint64_t count;
		if (poll(p, 3, -1) < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot wait for %s", program);
		if (p[0].revents) {
			int rc = helper_read(&s->h, err);
			return rc < 0 && err->sys == ECONNRESET ? 0 : rc;
		}
		if (p[1].revents && read(m->wake, &count, sizeof(count)) > 0 &&
		    __atomic_load_n(&m->interrupted, __ATOMIC_SEQ_CST))
			signal_it(s, SIGTERM);
		/* where a child of another thread keeps its end of the socket open */
		if (p[2].revents && poll(p, 1, 0) == 0)
			return 0;
	}
}

/* Who has reaped it otherwise does not matter: then its end is not known. */
static void reap(struct supervisor *s, struct exit_status *st)
{
	siginfo_t si = {.si_pid = 0};
	int rc;
	*st = (struct exit_status){.kind = EXIT_UNKNOWN};
	if (s->pid <= 0)
		return;
	do
		rc = s->pidfd >= 0 ? waitid(P_PIDFD, (id_t)s->pidfd, &si, WEXITED)
				   : waitid(P_PID, (id_t)s->pid, &si, WEXITED);
	while (rc < 0 && errno == EINTR);
	s->pid = -1;
	if (rc < 0 || si.si_pid == 0)
		return;
	if (si.si_code == CLD_EXITED)
		*st = (struct exit_status){.kind = EXIT_EXITED, .code = si.si_status};
	else
		*st = (struct exit_status){.kind = EXIT_SIGNALLED,
		    .sig = si.si_status,
		    .core = si.si_code == CLD_DUMPED};
}

static void died(struct supervisor *s, struct err *err)
{
	struct exit_status st;
	auto_buf how = BUF_INIT;
	reap(s, &st);
	if (st.kind == EXIT_UNKNOWN)
		err_set(err, ERR_FAIL, "%s ended without an answer", program);
	else {
		exit_describe(&how, &st);
		err_set(err, ERR_FAIL, "%s ended without an answer: %s", program, how.s);
	}
}

cJSON *supervisor_next(struct mlp *m, struct supervisor *s, struct err *err)
{
	cJSON *ev = NULL;
	int rc;
	while ((rc = helper_next(&s->h, &ev, err)) == 0) {
		rc = wait_for_bytes(m, s, err);
		if (rc == 0)
			died(s, err);
		if (rc <= 0)
			return NULL;
	}
	return ev;
}

void supervisor_end(struct supervisor *s, int sig)
{
	struct exit_status st;
	if (sig)
		signal_it(s, sig);
	fd_close(&s->h.from);
	reap(s, &st);
	fd_close(&s->pidfd);
	buf_release(&s->h.in);
}
