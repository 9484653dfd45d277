/* SPDX-License-Identifier: MIT */
/*
 * ended.c -- ended.jsonl: a line for each run that has ended, the newest last.
 *
 * Who appends, and who rewrites the file, holds its lock (flock), so that lines are whole
 * and none is lost between reading and renaming.  Readers take none: a line that is half
 * there, or was torn by a power cut, is no card.
 */
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/path.h"
#include "run/card.h"

enum { LINE_MAX_BYTES = 1 << 20, TRIES = 100 };

/* The file, locked, and still the one of that name.  -1 with errno. */
static int open_locked(const char *path, int flags)
{
	for (int i = 0; i < TRIES; i++) {
		auto_fd fd =
		    open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
		if (fd < 0)
			return -1;
		while (flock(fd, LOCK_EX) < 0)
			if (errno != EINTR)
				return -1;
		if (file_is_at(fd, path))
			return steal_fd(&fd);
	}
	errno = EBUSY;
	return -1;
}

/* Behind a line that a full disk or a power cut has torn a new one begins. */
static int append(int fd, const char *text, size_t n)
{
	off_t end = lseek(fd, 0, SEEK_END);
	ssize_t put;
	char last = '\n';
	if (end > 0)
		(void)!pread(fd, &last, 1, end - 1);
	if (last != '\n' && write(fd, "\n", 1) != 1)
		return -1;
	put = write(fd, text, n);
	if (put == (ssize_t)n)
		return 0;
	if (put >= 0)
		errno = ENOSPC;
	return -1;
}

int card_archive(const struct ctx *ctx, const struct card *c, struct err *err)
{
	auto_buf text = BUF_INIT;
	auto_buf path = BUF_INIT;
	auto_fd fd = -1;
	card_print(&text, c);
	buf_addf(&path, "%s/ended.jsonl", ctx->state_dir);
	fd = open_locked(path.s, O_RDWR | O_CREAT | O_APPEND);
	FAULT("archive.locked");
	if (fd < 0 || append(fd, text.s, text.len) < 0)
		return err_sys(err, errno, "cannot write '%s'", path.s);
	FAULT("archive.written");
	return 0;
}

/* The whole file, mapped; `v` is NULL where it is empty or not there. */
struct view {
	char *v;
	size_t n;
};

static void view_close(struct view *w)
{
	if (w->v)
		munmap(w->v, w->n);
}
#define auto_view __attribute__((cleanup(view_close))) struct view

static int view_fd(int fd, struct view *w)
{
	struct stat st;
	void *v;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return 0;
	v = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (v == MAP_FAILED)
		return -1;
	*w = (struct view){v, (size_t)st.st_size};
	return 0;
}

static int view_open(const char *path, struct view *w, struct err *err)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || view_fd(fd, w) < 0)
		return err_sys(err, errno, "cannot read '%s'", path);
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void keep_id(void *id)
{
	(void)id; /* in the arena */
}

/* False: an attempt of that run that ended later is there already. */
static bool add_id(void **seen, const char *id)
{
	const char *const *at = tsearch(id, seen, compare_ids);
	return at && *at == id;
}

/* Most lines are left out before they are parsed; JSON writes some characters anew. */
static bool may_be_meant(const char *line, size_t n, const char *text)
{
	size_t plain = 0;
	while (text && (unsigned char)text[plain] >= ' ' && text[plain] != '"' &&
	       text[plain] != '\\')
		plain++;
	return !text || memmem(line, n, text, plain);
}

int cards_ended(const struct ctx *ctx, struct arena *a, const char *text, size_t max,
    struct card **out, size_t *n, struct err *err)
{
	auto_view w = {NULL, 0};
	const char *end;
	void *seen = NULL;
	*out = NULL;
	*n = 0;
	if (!ctx->state_dir ||
	    view_open(path_join(a, ctx->state_dir, "ended.jsonl"), &w, err) < 0)
		return ctx->state_dir ? -1 : 0;
	for (end = w.v + w.n; w.v && end > w.v && *n < max;) {
		const char *before = memrchr(w.v, '\n', (size_t)(end - 1 - w.v));
		const char *line = before ? before + 1 : w.v;
		size_t len = (size_t)(end - line);
		struct card c = CARD_INIT;
		end = line;
		if (len > LINE_MAX_BYTES || !may_be_meant(line, len, text) ||
		    card_parse(a, line, len, &c) < 0 ||
		    (text && !card_is_meant(&c, text)) || !add_id(&seen, c.run_id))
			continue;
		ARENA_GROW(a, *out, *n);
		(*out)[(*n)++] = c;
	}
	tdestroy(seen, keep_id);
	return 0;
}

/* What has no end time is no card, and so goes, too. */
static bool is_old(const char *line, size_t n, int64_t before)
{
	auto_arena a = ARENA_INIT;
	struct card c = CARD_INIT;
	return card_parse(&a, line, n, &c) < 0 || c.ended < before;
}

static void pick_young(
    const struct view *w, int64_t before, struct buf *young, size_t *gone)
{
	const char *end = w->v + w->n;
	for (const char *line = w->v, *next; line < end; line = next) {
		const char *nl = memchr(line, '\n', (size_t)(end - line));
		next = nl ? nl + 1 : end;
		if (is_old(line, (size_t)(next - line), before))
			++*gone;
		else
			buf_add(young, line, (size_t)(next - line));
	}
}

int cards_trim(const struct ctx *ctx, int64_t before, bool dry_run, size_t *gone,
    int64_t *bytes, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_view w = {NULL, 0};
	auto_buf young = BUF_INIT;
	const char *path = path_join(&a, ctx->state_dir, "ended.jsonl");
	auto_fd fd = open_locked(path, O_RDWR);
	*gone = 0;
	*bytes = 0;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || view_fd(fd, &w) < 0)
		return err_sys(err, errno, "cannot read '%s'", path);
	pick_young(&w, before, &young, gone);
	*bytes = (int64_t)(w.n - young.len);
	if (*gone == 0 || dry_run)
		return 0;
	return file_write(path, young.s, young.len, 0600, err);
}
