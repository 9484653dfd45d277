/* SPDX-License-Identifier: MIT */
#include "run/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/alloc.h"
#include "base/boot.h"
#include "base/cleanup.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/path.h"
#include "run/statedir.h"
#include "run/strays.h"

enum {
	TRIES = 100, /* against others who remove the directory meanwhile */
	ID_MAX = 64,
	LOCKS_MAX = 4 << 20,
	STOPPER_TRIES = 2000,
	STOPPER_NAP_US = 500,
};

/* Of hex digits in practice; never something that leaves the directory. */
static int check_id(const char *id, struct err *err)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_-";
	size_t n = strspn(id, good);
	if (n > 0 && n <= ID_MAX && id[n] == '\0')
		return 0;
	return err_set(err, ERR_USAGE, "'%.80s' is not a run id", id);
}

char *run_state_dir(const struct ctx *ctx, struct arena *a, const char *run_id)
{
	return ctx->state_dir ? arena_printf(a, "%s/runs/%s", ctx->state_dir, run_id)
			      : NULL;
}

/* That it is gone again a moment later is no failure: whoever held it has forgotten it. */
static int make_dir(const struct ctx *ctx, const char *dir, struct err *err)
{
	auto_arena a = ARENA_INIT;
	if (mkdir(dir, 0700) == 0 || errno == EEXIST)
		return 0;
	if (dir_make(path_dir(&a, dir), 0700, err) == 0) {
		state_note(ctx);
		if (mkdir(dir, 0700) == 0 || errno == EEXIST)
			return 0;
		err_sys(err, errno, "cannot make directory '%s'", dir);
	}
	return err_hint(err, "set XDG_STATE_HOME to a directory you can write");
}

/*
 * A second lock on the same open file, for those who look (F_OFD_GETLK takes nothing) and
 * those who wait.  The first one alone decides; where the kernel or the file system has
 * no such locks it serves both.
 */
static void show_held(int fd)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	(void)fcntl(fd, F_OFD_SETLK, &whole);
}

static int open_to_look(const char *dir)
{
	auto_buf path = BUF_INIT;
	buf_addf(&path, "%s/lock", dir);
	return open(path.s, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

enum run_lock_state run_lock_look(const char *dir)
{
	struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	auto_fd fd = open_to_look(dir);
	bool held;
	if (fd < 0)
		return RUN_LOCK_NONE;
	if (fcntl(fd, F_OFD_GETLK, &whole) == 0)
		held = whole.l_type != F_UNLCK;
	else
		held = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	return held ? RUN_LOCK_HELD : RUN_LOCK_FREE;
}

bool run_lock_is_held(const char *dir)
{
	return run_lock_look(dir) == RUN_LOCK_HELD;
}

pid_t run_lock_holder(const char *dir)
{
	auto_fd fd = open_to_look(dir);
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	const char *end;
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0 ||
	    file_read("/proc/locks", LOCKS_MAX, &text, &ignored) < 0)
		return 0;
	for (const char *line = text.s; line && *line; line = end + (*end == '\n')) {
		unsigned major, minor;
		unsigned long long ino;
		long pid;
		end = line + strcspn(line, "\n");
		if (sscanf(line, "%*u: FLOCK %*s WRITE %ld %x:%x:%llu", &pid, &major,
			&minor, &ino) == 4 &&
		    ino == st.st_ino && makedev(major, minor) == st.st_dev)
			return pid > 0 ? (pid_t)pid : 0;
	}
	return 0;
}

/* Until nobody holds it, or it is gone. */
static void await_free(const char *dir)
{
	struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	auto_fd fd = open_to_look(dir);
	int rc;
	if (fd < 0)
		return;
	do
		rc = fcntl(fd, F_OFD_SETLKW, &whole);
	while (rc < 0 && errno == EINTR);
	while (rc < 0 && (rc = flock(fd, LOCK_SH)) < 0 && errno == EINTR)
		;
}

int run_lock_watch(struct watcher *w, const char *dir, struct err *err)
{
	if (watcher_start(w, await_free, dir) == 0)
		return 0;
	return err_sys(err, errno, "cannot wait for a run");
}

static int take_flock(int fd, const char *run_id, const char *path, struct err *err)
{
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return err_set(err, ERR_BUSY, "run %s is running", run_id);
		if (errno != EINTR)
			return err_sys(err, errno, "cannot lock '%s'", path);
	}
	return 0;
}

static int cannot_open(const char *path, struct err *err)
{
	err_sys(err, errno, "cannot open '%s'", path);
	return err_hint(err, "set XDG_STATE_HOME to a directory you can write");
}

/* Which machine, and since when it runs: what is noted in the lock. */
static void note_boot(int fd)
{
	char id[BOOT_ID_SIZE];
	boot_id(id);
	(void)!pwrite(fd, id, sizeof(id) - 1, 0); /* on a full disk: RUN_LOCK_NO_BOOT */
}

/*
 * It appears under its name when it is locked already: so one that nobody holds is always
 * that of a run whose supervisor is lost.  0, -1, or 1: somebody was faster, be it who
 * clears away what is half made.
 */
static int make_lock(const char *path, const char *run_id, int *lock, struct err *err)
{
	struct err why = ERR_INIT;
	auto_buf temp = BUF_INIT;
	auto_fd fd = -1;
	buf_addf(&temp, "%s.%ld", path, (long)getpid());
	unlink(temp.s);
	fd = open(temp.s, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == ENOENT ? 1 : cannot_open(path, err);
	FAULT("lock.made");
	if (take_flock(fd, run_id, path, &why) < 0) {
		if (why.code == ERR_BUSY)
			return 1;
		*err = why;
		return -1;
	}
	show_held(fd);
	note_boot(fd);
	if (link(temp.s, path) < 0 && errno != EEXIST && errno != ENOENT &&
	    rename(temp.s, path) < 0) /* a file system without links */
		return cannot_open(path, err);
	FAULT("lock.linked");
	unlink(temp.s);
	*lock = steal_fd(&fd);
	return 0;
}

enum run_lock_boot run_lock_boot(const char *dir)
{
	char id[BOOT_ID_SIZE], noted[BOOT_ID_SIZE] = "";
	auto_fd fd = open_to_look(dir);
	boot_id(id);
	if (fd < 0 || read(fd, noted, sizeof(noted) - 1) != sizeof(noted) - 1)
		return RUN_LOCK_NO_BOOT;
	return strcmp(id, noted) == 0 ? RUN_LOCK_THIS_BOOT : RUN_LOCK_OTHER_BOOT;
}

/* 0, -1, or 1: it was removed under our hands, try again. */
static int try_lock(const struct ctx *ctx, const char *dir, const char *run_id, int *lock,
    struct err *err)
{
	auto_buf path = BUF_INIT;
	auto_fd fd = -1;
	int rc = 0;
	if (make_dir(ctx, dir, err) < 0)
		return -1;
	FAULT("lock.directory");
	buf_addf(&path, "%s/lock", dir);
	fd = open(path.s, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno != ENOENT)
		return cannot_open(path.s, err);
	if (fd < 0)
		rc = make_lock(path.s, run_id, &fd, err);
	else if (take_flock(fd, run_id, path.s, err) < 0)
		return -1;
	if (rc != 0)
		return rc;
	if (!file_is_at(fd, path.s))
		return 1;
	show_held(fd);
	FAULT("lock.taken");
	*lock = steal_fd(&fd);
	return 0;
}

int run_lock_take(
    const struct ctx *ctx, const char *run_id, struct run_lock *lk, struct err *err)
{
	auto_arena a = ARENA_INIT;
	const char *dir;
	int rc = 1;
	if (check_id(run_id, err) < 0)
		return -1;
	dir = run_state_dir(ctx, &a, run_id);
	if (!dir) {
		err_set(
		    err, ERR_FAIL, "no place for the state of runs: there is no home");
		return err_hint(err, "set HOME or XDG_STATE_HOME");
	}
	if (state_check(ctx, err) < 0)
		return -1;
	for (int i = 0; i < TRIES && rc == 1; i++)
		rc = try_lock(ctx, dir, run_id, &lk->fd, err);
	if (rc == 1)
		return err_set(err, ERR_BUSY, "'%s' is being removed by somebody", dir);
	if (rc == 0)
		lk->dir = xstrdup(dir);
	return rc;
}

/*
 * Renamed first (to a name that is no id): removing it in place could take the lock file
 * of somebody who has just made the directory anew.
 */
static void forget_dir(const char *dir)
{
	auto_buf gone = BUF_INIT;
	struct err ignored = ERR_INIT;
	buf_addf(&gone, "%s.gone.%ld", dir, (long)getpid());
	FAULT("forget.before");
	if (rename(dir, gone.s) < 0)
		return;
	FAULT("forget.renamed");
	tree_remove(gone.s, &ignored); /* state only: what stays does no harm */
}

/* A new lock that nobody holds; who is about to will notice, and try again. */
static void remove_half_made(const char *dir, const char *name)
{
	auto_buf path = BUF_INIT;
	auto_fd fd = -1;
	buf_addf(&path, "%s/%s", dir, name);
	fd = open(path.s, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlink(path.s);
}

void run_lock_clear(const char *dir)
{
	auto_dir d = rmdir(dir) < 0 ? opendir(dir) : NULL;
	struct dirent *e;
	while (d && (e = readdir(d)))
		if (strncmp(e->d_name, "lock.", 5) == 0)
			remove_half_made(dir, e->d_name);
	if (d)
		rmdir(dir);
}

/*
 * Who has made sure that we hold the lock, and is about to send us a signal, holds the
 * directory: the signal must not hit what we do next.  Not for ever: he may be suspended.
 */
static void await_signals(int dir)
{
	for (int i = 0; i < STOPPER_TRIES && flock(dir, LOCK_EX | LOCK_NB) < 0 &&
			(errno == EWOULDBLOCK || errno == EINTR);
	     i++)
		usleep(STOPPER_NAP_US);
}

int run_lock_pin(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (fd >= 0 && flock(fd, LOCK_SH) < 0 && errno == EINTR)
		;
	return fd;
}

void run_lock_drop(struct run_lock *lk, bool forget)
{
	auto_fd dir =
	    lk->fd >= 0 ? open(lk->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (forget && lk->fd >= 0)
		forget_dir(lk->dir);
	fd_close(&lk->fd);
	if (dir >= 0)
		await_signals(dir);
	free(lk->dir);
	lk->dir = NULL;
}

void run_lock_retire(struct run_lock *lk)
{
	auto_buf path = BUF_INIT;
	if (lk->fd >= 0) {
		buf_addf(&path, "%s/lock", lk->dir);
		unlink(path.s);
	}
	run_lock_drop(lk, false);
}

/* A symbolic link: one step, there whole or not at all. */
void run_lock_note(const struct run_lock *lk, const char *store_uri)
{
	auto_buf path = BUF_INIT;
	buf_addf(&path, "%s/store", lk->dir);
	unlink(path.s);
	FAULT("note.begin");
	(void)!symlink(store_uri, path.s);
	note_boot(lk->fd);
	FAULT("note.written");
}

char *run_lock_store(struct arena *a, const char *dir)
{
	char uri[PATH_MAX];
	ssize_t n = readlink(path_join(a, dir, "store"), uri, sizeof(uri));
	return n > 0 && (size_t)n < sizeof(uri) ? arena_strndup(a, uri, (size_t)n) : NULL;
}

int run_is_alive(
    const struct ctx *ctx, const char *run_id, struct run_lock *lk, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct err why = ERR_INIT;
	const char *dir;
	if (check_id(run_id, err) < 0)
		return -1;
	dir = run_state_dir(ctx, &a, run_id);
	if (dir && !path_is_dir(dir) && strays_exist(run_id))
		return 1;
	if (run_lock_take(ctx, run_id, lk, &why) == 0)
		return 0;
	if (why.code == ERR_BUSY)
		return 1;
	*err = why;
	return -1;
}
