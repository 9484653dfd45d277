/* SPDX-License-Identifier: MIT */
/*
 * control_stop.c -- asking a supervisor to stop its run.
 *
 * Its process is found by the number in the card, held by a descriptor, and proved by the
 * lock: it must be that process that has it, and it does not go on to another run before
 * the signal is sent.  So neither a number that has become another's nor another run of the
 * same process is ever signalled.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "flow/control.h"
#include "run/lock.h"
#include "run/stop.h"

enum { PROC_TEXT_MAX = 64 << 10 };

/* The locks that a process holds through an open file are listed there. */
static bool fd_has_lock(struct arena *a, pid_t pid, const char *fd)
{
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	const char *path = arena_printf(a, "/proc/%ld/fdinfo/%s", (long)pid, fd);
	const char *lock;
	if (file_read(path, PROC_TEXT_MAX, &text, &ignored) < 0)
		return false;
	lock = strstr(text.s, "FLOCK");
	return lock && strstr(lock, "WRITE");
}

static bool holds_lock(pid_t pid, const char *dir)
{
	auto_arena a = ARENA_INIT;
	const char *fds = arena_printf(&a, "/proc/%ld/fd", (long)pid);
	auto_dir d = opendir(fds);
	struct dirent *e;
	struct stat lock, st;
	if (stat(path_join(&a, dir, "lock"), &lock) < 0)
		return false;
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' &&
		    stat(path_join(&a, fds, e->d_name), &st) == 0 &&
		    stat_is_same(&st, &lock) && fd_has_lock(&a, pid, e->d_name))
			return true;
	return false;
}

static bool ignores(pid_t pid, int sig)
{
	auto_arena a = ARENA_INIT;
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	const char *path = arena_printf(&a, "/proc/%ld/status", (long)pid), *at;
	if (file_read(path, PROC_TEXT_MAX, &text, &ignored) < 0)
		return false;
	at = strstr(text.s, "\nSigIgn:");
	return at && (strtoull(at + 8, NULL, 16) >> (sig - 1) & 1);
}

/* What was started with signals ignored (by nohup, by a script in the background). */
static int signal_that_is_heard(pid_t pid, int sig)
{
	static const int all[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP};
	if (!ignores(pid, sig))
		return sig;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!ignores(pid, all[i]))
			return all[i];
	return 0;
}

static int send_signal(int pidfd, const struct control_run *r, int sig, struct err *err)
{
	if (syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) < 0)
		return err_sys(err, errno, "cannot stop run %.8s (process %ld)",
		    r->card.run_id, (long)r->card.pid);
	/* one that somebody has suspended hears it, too */
	syscall(SYS_pidfd_send_signal, pidfd, SIGCONT, NULL, 0);
	return 0;
}

int control_stop(const struct ctx *ctx, const struct control_run *r, int sig,
    int64_t grace_ms, struct err *err)
{
	pid_t pid = r->card.pid;
	struct err why = ERR_INIT;
	auto_fd pin = run_lock_pin(r->dir);
	auto_fd pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	(void)pin; /* until we return */
	if (pidfd < 0 || !holds_lock(pid, r->dir)) {
		if (!run_lock_is_held(r->dir))
			return err_set(
			    err, ERR_NOTFOUND, "run %.8s has just ended", r->card.run_id);
		err_set(err, ERR_FAIL,
		    "run %.8s lives, but its supervisor cannot be found", r->card.run_id);
		return err_hint(err, "it may be in another container, or be just "
				     "beginning: try again");
	}
	sig = signal_that_is_heard(pid, sig);
	if (!sig)
		return err_set(err, ERR_FAIL,
		    "the supervisor of run %.8s (process %ld) ignores all signals",
		    r->card.run_id, (long)pid);
	if (grace_ms >= 0 && stop_ask_grace(r->dir, grace_ms, &why) < 0)
		ctx_say(ctx, SAY_WARNING, "--grace has no effect: %s", why.msg);
	return send_signal(pidfd, r, sig, err);
}
