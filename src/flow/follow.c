/* SPDX-License-Identifier: MIT */
#include "flow/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/sigpoll.h"
#include "flow/queue.h"

enum {
	BLOCK = 64 << 10,
	LOOK_AGAIN_MS = 250, /* where the kernel does not tell of changes */
};

static const char *const names[FOLLOW_LOGS] = {"stdout.log", "stderr.log"};

void follow_open(struct follow *f, const struct ctx *ctx, struct arena *a,
    const struct control_run *run, const struct follow_want *want)
{
	*f = (struct follow){.ctx = ctx,
	    .a = a,
	    .run = *run,
	    .want = *want,
	    .log = {-1, -1},
	    .inotify = -1,
	    .watched = -1,
	    .end = WATCHER_INIT};
}

void follow_close(struct follow *f)
{
	for (int i = 0; i < FOLLOW_LOGS; i++)
		fd_close(&f->log[i]);
	fd_close(&f->inotify);
	watcher_end(&f->end);
}

/* Where the last `lines` lines begin; a last one without its newline counts. */
static off_t tail_of(int fd, long lines)
{
	char block[BLOCK];
	off_t end = lseek(fd, 0, SEEK_END), at = end;
	while (at > 0) {
		off_t from = at > BLOCK ? at - BLOCK : 0;
		ssize_t n = pread(fd, block, (size_t)(at - from), from);
		for (ssize_t i = n - 1; i >= 0; i--)
			if (block[i] == '\n' && from + i + 1 < end && --lines == 0)
				return from + i + 1;
		if (n <= 0)
			break;
		at = from;
	}
	return 0;
}

static void open_log(struct follow *f, int which)
{
	const char *path = path_join(f->a, f->run.card.log_dir, names[which]);
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (f->want.lines >= 0)
		lseek(fd, f->want.lines ? tail_of(fd, f->want.lines) : st.st_size,
		    SEEK_SET);
	f->log[which] = steal_fd(&fd);
	f->any = true;
}

static void open_logs(struct follow *f)
{
	for (int i = 0; f->run.card.log_dir && i < FOLLOW_LOGS; i++)
		if (f->log[i] < 0 && f->want.to[i] >= 0)
			open_log(f, i);
	f->want.lines = -1; /* what comes is shown whole */
}

/* One block.  1: there was one; 0: no more; -1: *how. */
static int copy_block(struct follow *f, int which, enum follow_how *how, struct err *err)
{
	char block[BLOCK];
	ssize_t n;
	if (f->log[which] < 0)
		return 0;
	n = read(f->log[which], block, sizeof(block));
	if (n < 0 && errno == EINTR)
		return 1;
	if (n < 0) {
		err_sys(
		    err, errno, "cannot read '%s/%s'", f->run.card.log_dir, names[which]);
		*how = FOLLOW_FAILED;
		return -1;
	}
	if (n == 0)
		return 0;
	if (fd_write_all(f->want.to[which], block, (size_t)n) == 0)
		return 1;
	*how = errno == EPIPE ? FOLLOW_NO_READER : FOLLOW_FAILED;
	if (errno != EPIPE)
		err_sys(err, errno, "cannot write to standard %s",
		    f->want.to[which] == STDOUT_FILENO ? "output" : "error");
	return -1;
}

/* In turns, so that neither waits for the other. */
static enum follow_how copy(struct follow *f, struct err *err)
{
	enum follow_how how = FOLLOW_ENDED;
	int more;
	open_logs(f);
	do {
		more = 0;
		for (int i = 0; i < FOLLOW_LOGS; i++) {
			int rc = copy_block(f, i, &how, err);
			if (rc < 0)
				return how;
			more |= rc;
		}
		if (more && f->ctx->interrupted && *f->ctx->interrupted)
			return FOLLOW_INTERRUPTED;
	} while (more);
	return FOLLOW_ENDED;
}

enum follow_how follow_print(struct follow *f, struct err *err)
{
	return copy(f, err);
}

/* Before we look, so that nothing happens between looking and waiting. */
static void watch_dirs(struct follow *f)
{
	const uint32_t state =
	    IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;
	if (f->inotify < 0) {
		f->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
		if (f->run.dir)
			inotify_add_watch(f->inotify, f->run.dir, state | IN_MODIFY);
	}
	if (f->watched < 0 && f->run.card.log_dir)
		f->watched = inotify_add_watch(f->inotify, f->run.card.log_dir,
		    IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MASK_ADD);
}

static void drop_events(struct follow *f)
{
	char events[4096];
	while (f->inotify >= 0 && read(f->inotify, events, sizeof(events)) > 0)
		;
}

/* A reader that has gone is noticed also while there is nothing to write. */
static bool has_no_reader(const struct pollfd *p)
{
	return (p[0].revents | p[1].revents) & (POLLERR | POLLNVAL);
}

static enum follow_how wait_for_more(struct follow *f)
{
	struct pollfd p[4] = {{.fd = f->want.to[0]}, {.fd = f->want.to[1]},
	    {.fd = f->inotify, .events = POLLIN}, {.fd = f->end.fd, .events = POLLIN}};
	bool told = f->inotify >= 0 && (f->watched >= 0 || !f->run.card.log_dir);
	if (sigpoll(f->ctx, p, 4, told ? -1 : LOOK_AGAIN_MS) < 0)
		return f->ctx->interrupted && *f->ctx->interrupted ? FOLLOW_INTERRUPTED
								   : FOLLOW_ENDED;
	drop_events(f);
	if (p[3].revents)
		watcher_end(&f->end);
	return has_no_reader(p) ? FOLLOW_NO_READER : FOLLOW_ENDED;
}

/* Its card tells more and more.  False: nothing is left of it. */
static bool read_card(struct follow *f)
{
	struct err ignored = ERR_INIT;
	if (control_refresh(f->ctx, f->a, &f->run, &ignored) == 0)
		return true;
	f->run.dir = NULL;
	f->run.held = false;
	return false;
}

static bool is_in_queue(const struct control_run *r)
{
	return !r->dir && r->card.state == CARD_QUEUED && !r->card.recorded;
}

/* Does it live, or is it about to? */
static int look(struct follow *f, bool *lives, struct err *err)
{
	bool known = true;
	if (f->end.fd < 0 || !f->run.card.log_dir || !f->any)
		known = read_card(f);
	while (known && is_in_queue(&f->run)) {
		if (queue_await(f->ctx, f->run.card.run_id, err) < 0)
			return -1;
		known = read_card(f);
	}
	watch_dirs(f);
	if (f->end.fd < 0 && f->run.held && run_lock_watch(&f->end, f->run.dir, err) < 0)
		return -1;
	*lives = f->end.fd >= 0 || (f->run.dir && f->run.card.state == CARD_QUEUED);
	return 0;
}

enum follow_how follow_go_on(struct follow *f, struct err *err)
{
	for (;;) {
		enum follow_how how;
		bool lives;
		if (look(f, &lives, err) < 0)
			return err->code == ERR_INTERRUPTED ? FOLLOW_INTERRUPTED
							    : FOLLOW_FAILED;
		how = copy(f, err);
		if (how != FOLLOW_ENDED || !lives)
			return how;
		how = wait_for_more(f);
		if (how != FOLLOW_ENDED)
			return how;
	}
}
