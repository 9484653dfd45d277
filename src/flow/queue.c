/* SPDX-License-Identifier: MIT */
/* queue.c -- what is in the queue, and in which order (queue_add.c: how it gets there). */
#include "flow/queue.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "base/sigpoll.h"
#include "flow/ending.h"
#include "flow/queue_name.h"
#include "run/lock.h"
#include "run/statedir.h"

char *queue_path(const struct ctx *ctx, struct arena *a, const char *name)
{
	return arena_printf(a, "%s/queue/%s", ctx->state_dir, name);
}

const char *queue_file(
    const struct ctx *ctx, struct arena *a, enum queue_where where, const char *name)
{
	return arena_printf(a, "%s/queue/%s/%s", ctx->state_dir,
	    where == QUEUE_WAITING ? "jobs" : "claimed", name);
}

/* ---- names ---- */

enum { ALL_GPUS = 999 };

void queue_name(struct queue_entry *e, int64_t seq, const char *run_id)
{
	int n = snprintf(e->name, sizeof(e->name), "%05d.%015lld.%03d.%c%c.%s",
	    QUEUE_PRIORITY_MOST - e->priority, (long long)seq,
	    e->gpus < 0 || e->gpus > ALL_GPUS ? ALL_GPUS : e->gpus, e->held ? 'h' : '-',
	    e->again ? '2' : '-', run_id);
	e->run_id = e->name + n - strlen(run_id);
}

/* "01000.001763721345123.000.--.0123...": the widths are fixed up to the id. */
enum { AT_SEQ = 6, AT_GPUS = 22, AT_FLAGS = 26, AT_ID = 29, ID_MAX = 64 };

bool queue_name_parse(const char *name, struct queue_entry *e, int64_t *seq)
{
	static const char shape[] = "ddddd.ddddddddddddddd.ddd.ff.";
	size_t n = strlen(name);
	if (n <= AT_ID || n > AT_ID + ID_MAX)
		return false;
	for (size_t i = 0; i < AT_ID; i++)
		if (shape[i] == 'd' ? !isdigit((unsigned char)name[i])
				    : shape[i] == '.' && name[i] != '.')
			return false;
	memcpy(e->name, name, n + 1);
	e->run_id = e->name + AT_ID;
	e->priority = QUEUE_PRIORITY_MOST - (int)strtol(name, NULL, 10);
	e->gpus = (int)strtol(name + AT_GPUS, NULL, 10);
	e->gpus = e->gpus == ALL_GPUS ? -1 : e->gpus;
	e->held = name[AT_FLAGS] == 'h';
	e->again = name[AT_FLAGS + 1] == '2';
	*seq = strtoll(name + AT_SEQ, NULL, 10);
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct queue_entry *x = a, *y = b;
	return strcmp(x->name, y->name);
}

int queue_list(const struct ctx *ctx, struct arena *a, enum queue_where where,
    struct queue_entry **out, size_t *n, struct err *err)
{
	const char *dir = ctx->state_dir ? queue_file(ctx, a, where, "") : "";
	auto_dir d = *dir ? opendir(dir) : NULL;
	struct dirent *e;
	int64_t seq;
	*out = NULL;
	*n = 0;
	if (!d && *dir && errno != ENOENT)
		return err_sys(err, errno, "cannot read '%s'", dir);
	while (d && (e = readdir(d))) {
		ARENA_GROW(a, *out, *n);
		*n += queue_name_parse(e->d_name, &(*out)[*n], &seq);
	}
	if (*n > 0)
		qsort(*out, *n, sizeof(**out), by_name);
	for (size_t i = 0; i < *n; i++) /* qsort has moved them */
		(*out)[i].run_id = (*out)[i].name + AT_ID;
	return 0;
}

static bool has_entry(const struct ctx *ctx, enum queue_where where)
{
	auto_arena a = ARENA_INIT;
	auto_dir d = opendir(queue_file(ctx, &a, where, ""));
	struct queue_entry q;
	struct dirent *e;
	int64_t seq;
	while (d && (e = readdir(d)))
		if (queue_name_parse(e->d_name, &q, &seq) && !q.held)
			return true;
	return false;
}

bool queue_has_work(const struct ctx *ctx)
{
	return ctx->state_dir &&
	       (has_entry(ctx, QUEUE_WAITING) || has_entry(ctx, QUEUE_CLAIMED));
}

bool queue_find(const struct ctx *ctx, struct arena *a, enum queue_where where,
    const char *run_id, struct queue_entry *out)
{
	auto_dir d = ctx->state_dir ? opendir(queue_file(ctx, a, where, "")) : NULL;
	struct dirent *e;
	int64_t seq;
	while (d && (e = readdir(d)))
		if (queue_name_parse(e->d_name, out, &seq) &&
		    strcmp(out->run_id, run_id) == 0)
			return true;
	return false;
}

/* ---- changes, under the lock ---- */

static int make_dirs(const struct ctx *ctx, struct err *err)
{
	static const char *const names[] = {"jobs", "claimed"};
	auto_arena a = ARENA_INIT;
	for (size_t i = 0; i < 2; i++)
		if (dir_make(queue_path(ctx, &a, names[i]), 0700, err) < 0)
			return err_hint(
			    err, "set XDG_STATE_HOME to a directory you can write");
	state_note(ctx);
	return 0;
}

int queue_lock(const struct ctx *ctx, struct err *err)
{
	auto_arena a = ARENA_INIT;
	const char *path;
	int fd;
	if (!ctx->state_dir) {
		err_set(err, ERR_FAIL, "no place for a queue: there is no home");
		return err_hint(err, "set HOME or XDG_STATE_HOME");
	}
	if (state_check(ctx, err) < 0)
		return -1;
	path = queue_path(ctx, &a, "lock");
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT) { /* made last: where it is, the rest is, too */
		if (make_dirs(ctx, err) < 0)
			return -1;
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	if (fd < 0) {
		err_sys(err, errno, "cannot open '%s'", path);
		return err_hint(err, "set XDG_STATE_HOME to a directory you can write");
	}
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR) {
			err_sys(err, errno, "cannot lock '%s'", path);
			close(fd);
			return -1;
		}
	return fd;
}

int queue_refind(const struct ctx *ctx, struct arena *a, const struct queue_entry *e,
    struct queue_entry *now, struct err *err)
{
	int64_t seq;
	if (path_exists(queue_file(ctx, a, QUEUE_WAITING, e->name)) &&
	    queue_name_parse(e->name, now, &seq))
		return 0;
	if (queue_find(ctx, a, QUEUE_WAITING, e->run_id, now))
		return 0;
	err_set(err, ERR_NOTFOUND, "run %.8s is not in the queue", e->run_id);
	return err_hint(err, "'mlp queue' lists those that are, 'mlp ps' those that run");
}

/* How an entry is to change; -1: it stays. */
struct change {
	int held;
	const int *priority;
};

static int change(const struct ctx *ctx, const struct queue_entry *was,
    const struct change *ch, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct queue_entry e, to;
	int64_t seq;
	auto_fd lock = queue_lock(ctx, err);
	if (lock < 0)
		return -1;
	if (queue_refind(ctx, &a, was, &e, err) < 0)
		return -1;
	queue_name_parse(e.name, &to, &seq);
	to.held = ch->held < 0 ? e.held : ch->held;
	to.priority = ch->priority ? *ch->priority : e.priority;
	queue_name(&to, seq, e.run_id);
	if (rename(queue_file(ctx, &a, QUEUE_WAITING, e.name),
		queue_file(ctx, &a, QUEUE_WAITING, to.name)) < 0)
		return err_sys(err, errno, "cannot change '%s'", e.name);
	return 0;
}

int queue_hold(
    const struct ctx *ctx, const struct queue_entry *e, bool held, struct err *err)
{
	return change(ctx, e, &(struct change){held, NULL}, err);
}

int queue_set_priority(
    const struct ctx *ctx, const struct queue_entry *e, int priority, struct err *err)
{
	if (priority < -QUEUE_PRIORITY_MOST || priority > QUEUE_PRIORITY_MOST)
		return err_set(err, ERR_USAGE,
		    "a priority is a number from -%d to %d, not %d", QUEUE_PRIORITY_MOST,
		    QUEUE_PRIORITY_MOST, priority);
	return change(ctx, e, &(struct change){-1, &priority}, err);
}

/* ---- how many at once ---- */

int queue_slots(const struct ctx *ctx)
{
	auto_arena a = ARENA_INIT;
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	long n;
	if (!ctx->state_dir ||
	    file_read(queue_path(ctx, &a, "slots"), 64, &text, &ignored) < 0)
		return 1;
	n = strtol(text.s, NULL, 10);
	return n >= 1 && n <= QUEUE_SLOTS_MOST ? (int)n : 1;
}

int queue_slots_parse(const char *text, int *slots, struct err *err)
{
	char *end;
	long n = strtol(text, &end, 10);
	if (*end || end == text || n < 1 || n > QUEUE_SLOTS_MOST)
		return err_set(err, ERR_USAGE, "'%s' is not a number from 1 to %d", text,
		    QUEUE_SLOTS_MOST);
	*slots = (int)n;
	return 0;
}

int queue_set_slots(const struct ctx *ctx, int slots, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_buf text = BUF_INIT;
	auto_fd lock = -1;
	const char *path, *temp;
	auto_fd fd = -1;
	if (slots == queue_slots(ctx) && path_exists(queue_path(ctx, &a, "slots")))
		return 0;
	lock = queue_lock(ctx, err);
	if (lock < 0)
		return -1;
	path = queue_path(ctx, &a, "slots");
	temp = queue_path(ctx, &a, "slots.tmp");
	buf_addf(&text, "%d\n", slots);
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fd_write_all(fd, text.s, text.len) < 0 || rename(temp, path) < 0)
		return err_sys(err, errno, "cannot write '%s'", path);
	return 0;
}

/* ---- waiting ---- */

static bool is_there(const struct ctx *ctx, const char *run_id)
{
	auto_arena a = ARENA_INIT;
	struct queue_entry e;
	/* twice: between the two looks it may have gone back */
	return queue_find(ctx, &a, QUEUE_WAITING, run_id, &e) ||
	       queue_find(ctx, &a, QUEUE_CLAIMED, run_id, &e) ||
	       queue_find(ctx, &a, QUEUE_WAITING, run_id, &e);
}

/* Everything but its own name is of others: read away. */
static void drain(int fd)
{
	char events[4096];
	while (read(fd, events, sizeof(events)) > 0)
		;
}

int queue_await(const struct ctx *ctx, const char *run_id, struct err *err)
{
	static const uint32_t events = IN_MOVED_FROM | IN_DELETE | IN_MOVED_TO;
	auto_arena a = ARENA_INIT;
	auto_fd fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	if (fd < 0 ||
	    inotify_add_watch(fd, queue_file(ctx, &a, QUEUE_WAITING, ""), events) < 0 ||
	    inotify_add_watch(fd, queue_file(ctx, &a, QUEUE_CLAIMED, ""), events) < 0)
		return err_sys(err, errno, "cannot watch the queue");
	while (is_there(ctx, run_id)) {
		if (sigpoll(ctx, &p, 1, -1) < 0 && ctx->interrupted &&
		    *ctx->interrupted) {
			err_set(err, ERR_INTERRUPTED, "interrupted");
			err->sys = *ctx->interrupted;
			return -1;
		}
		drain(fd);
	}
	return 0;
}
