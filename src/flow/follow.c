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
	    .order = ORDER_INIT,
	    .inotify = -1,
	    .watched = -1,
	    .end = WATCHER_INIT};
}

void follow_close(struct follow *f)
{
	for (int i = 0; i < FOLLOW_LOGS; i++)
		fd_close(&f->log[i]);
	order_close(&f->order);
	fd_close(&f->inotify);
	watcher_end(&f->end);
}

static int64_t size_of(const struct follow *f, int which)
{
	struct stat st;
	return f->log[which] >= 0 && fstat(f->log[which], &st) == 0 ? st.st_size : 0;
}

/* Lines that are looked for from the end on, one piece after the other. */
struct lines {
	long left;   /* so many are still to be found */
	bool behind; /* there is something behind */
};

/* Where the first of the lines begins, if that is in the piece, else -1. */
static int64_t find_lines(int fd, const struct order_piece *p, struct lines *l)
{
	char block[BLOCK];
	for (int64_t at = p->to; at > p->from;) {
		int64_t from = at - p->from > BLOCK ? at - BLOCK : p->from;
		ssize_t n = pread(fd, block, (size_t)(at - from), (off_t)from);
		for (ssize_t i = n - 1; i >= 0; i--) {
			if (block[i] == '\n' && l->behind && --l->left == 0)
				return from + i + 1;
			l->behind = true;
		}
		if (n <= 0)
			break;
		at = from;
	}
	return -1;
}

/* What is there, in its order; the caller's to free(). */
static struct order_piece *list_pieces(const struct follow *f, size_t *n)
{
	struct order order = f->order; /* read once more when it is shown */
	auto_buf all = BUF_INIT;
	struct order_piece p;
	while (order_next(&order, &p)) {
		int64_t size = size_of(f, p.log);
		p.to = p.to < size ? p.to : size;
		if (p.from < p.to)
			buf_add(&all, &p, sizeof(p));
	}
	for (p.log = 0; p.log < FOLLOW_LOGS; p.log++) {
		p.from = order.told[p.log];
		p.to = size_of(f, p.log);
		if (p.from < p.to)
			buf_add(&all, &p, sizeof(p));
	}
	*n = all.len / sizeof(p);
	return (struct order_piece *)(void *)buf_detach(&all);
}

/* Begin with the last lines of what is there; a last one without its newline counts. */
static void pass_over(struct follow *f)
{
	struct lines l = {.left = f->want.lines};
	size_t n;
	auto_free struct order_piece *v = list_pieces(f, &n);
	for (int i = 0; i < FOLLOW_LOGS; i++)
		f->shown[i] = size_of(f, i);
	while (l.left > 0 && n > 0) {
		const struct order_piece *p = &v[--n];
		int64_t at = find_lines(f->log[p->log], p, &l);
		f->shown[p->log] = at < 0 ? p->from : at;
	}
}

static void open_log(struct follow *f, int which)
{
	const char *path = path_join(f->a, f->run.card.log_dir, names[which]);
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	f->log[which] = steal_fd(&fd);
	f->any = true;
}

/* Looked for again and again where a run writes to one stream only: nothing is left. */
static void open_order(struct follow *f)
{
	auto_buf path = BUF_INIT;
	if (f->order.fd >= 0 || f->log[FOLLOW_OUT] < 0 || f->log[FOLLOW_ERR] < 0)
		return;
	buf_addf(&path, "%s/" ORDER_NAME, f->run.card.log_dir);
	order_open(&f->order, path.s);
}

static void open_logs(struct follow *f)
{
	for (int i = 0; f->run.card.log_dir && i < FOLLOW_LOGS; i++)
		if (f->log[i] < 0 && f->want.to[i] >= 0)
			open_log(f, i);
	open_order(f);
	if (f->want.lines >= 0)
		pass_over(f);
	f->want.lines = -1; /* what comes is shown whole */
}

static enum follow_how cannot_write(const struct follow *f, int which, struct err *err)
{
	if (errno == EPIPE)
		return FOLLOW_NO_READER;
	err_sys(err, errno, "cannot write to standard %s",
	    f->want.to[which] == STDOUT_FILENO ? "output" : "error");
	return FOLLOW_FAILED;
}

/* A log up to a byte, or to its end if that comes before.  FOLLOW_ENDED: go on. */
static enum follow_how show(struct follow *f, int which, int64_t to, struct err *err)
{
	char block[BLOCK];
	while (f->log[which] >= 0 && f->shown[which] < to) {
		int64_t left = to - f->shown[which];
		ssize_t n = pread(f->log[which], block,
		    left < BLOCK ? (size_t)left : BLOCK, (off_t)f->shown[which]);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_sys(err, errno, "cannot read '%s/%s'", f->run.card.log_dir,
			    names[which]);
			return FOLLOW_FAILED;
		}
		if (n == 0)
			break;
		if (fd_write_all(f->want.to[which], block, (size_t)n) < 0)
			return cannot_write(f, which, err);
		f->shown[which] += n;
		if (f->ctx->interrupted && *f->ctx->interrupted)
			return FOLLOW_INTERRUPTED;
	}
	return FOLLOW_ENDED;
}

/* Each as far as it goes now, so that none waits for one that grows. */
static enum follow_how show_what_is_there(struct follow *f, struct err *err)
{
	enum follow_how how = FOLLOW_ENDED;
	while (how == FOLLOW_ENDED && (f->in_piece || order_next(&f->order, &f->piece))) {
		how = show(f, f->piece.log, f->piece.to, err);
		f->in_piece = how != FOLLOW_ENDED;
	}
	for (int i = 0; i < FOLLOW_LOGS && how == FOLLOW_ENDED; i++)
		how = show(f, i, size_of(f, i), err);
	return how;
}

static enum follow_how copy(struct follow *f, struct err *err)
{
	enum follow_how how;
	int64_t before;
	open_logs(f);
	do {
		before = f->shown[FOLLOW_OUT] + f->shown[FOLLOW_ERR];
		how = show_what_is_there(f, err);
	} while (
	    how == FOLLOW_ENDED && f->shown[FOLLOW_OUT] + f->shown[FOLLOW_ERR] > before);
	return how;
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
