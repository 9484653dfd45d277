/* SPDX-License-Identifier: MIT */
#include "run/leftovers.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "run/mark.h"

enum { MOST = 8192, CHILDREN_TEXT = 1 << 20 };

static void pids_add(struct pids *p, pid_t pid)
{
	if (p->n >= MOST)
		return;
	GROW(p->v, p->n, p->cap);
	p->v[p->n++] = pid;
}

static void pids_release(struct pids *p)
{
	free(p->v);
	*p = (struct pids){.v = NULL};
}

static bool pids_has(const struct pids *p, pid_t pid)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i] == pid)
			return true;
	return false;
}

/* The kernel lists children by the thread that made them. */
static void add_children_of_thread(struct pids *out, pid_t pid, const char *tid)
{
	struct err ignored = ERR_INIT;
	auto_buf path = BUF_INIT;
	auto_buf text = BUF_INIT;
	char *s, *end;
	buf_addf(&path, "/proc/%ld/task/%s/children", (long)pid, tid);
	if (file_read(path.s, CHILDREN_TEXT, &text, &ignored) < 0)
		return; /* it has just ended */
	for (s = text.s; *s; s = end) {
		long child = strtol(s, &end, 10);
		if (end == s)
			break;
		pids_add(out, (pid_t)child);
		while (*end == ' ')
			end++;
	}
}

static void add_children(struct pids *out, pid_t pid)
{
	auto_buf path = BUF_INIT;
	struct dirent *e;
	auto_dir d = NULL;
	buf_addf(&path, "/proc/%ld/task", (long)pid);
	d = opendir(path.s);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			add_children_of_thread(out, pid, e->d_name);
}

/* What a command queues outlives it. */
static bool is_queue_runner(pid_t pid)
{
	char text[24];
	snprintf(text, sizeof(text), "%ld", (long)pid);
	return mark_is_on(text, mark_of(MARK_QUEUE));
}

/* Our living children, except those that are others'.  How many had ended. */
static size_t look_at_children(struct leftovers *l, struct pids *out)
{
	struct pids all = {.v = NULL};
	size_t ended = 0;
	out->n = 0;
	add_children(&all, getpid());
	for (size_t i = 0; i < all.n; i++) {
		pid_t pid = all.v[i], got;
		if (pids_has(&l->others, pid) || is_queue_runner(pid))
			continue;
		got = usage_reap(&l->usage, pid, NULL, WNOHANG);
		if (got == 0)
			pids_add(out, pid);
		ended += got > 0;
	}
	pids_release(&all);
	return ended;
}

/* What one that has just ended had started may be ours only since we looked. */
static void adopted(struct leftovers *l, struct pids *out)
{
	while (look_at_children(l, out) > 0)
		;
}

/* The adopted ones and everything below them. */
static void everyone(struct leftovers *l, struct pids *out)
{
	adopted(l, out);
	for (size_t i = 0; i < out->n; i++)
		add_children(out, out->v[i]);
}

void leftovers_open(struct leftovers *l)
{
	*l = (struct leftovers){.open = true, .usage = USAGE_UNKNOWN};
	prctl(PR_GET_CHILD_SUBREAPER, &l->was_subreaper, 0, 0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	add_children(&l->others, getpid());
}

void leftovers_except(struct leftovers *l, pid_t pid)
{
	pids_add(&l->others, pid);
}

void leftovers_reap(struct leftovers *l)
{
	struct pids p = {.v = NULL};
	adopted(l, &p);
	pids_release(&p);
}

size_t leftovers_count(struct leftovers *l)
{
	struct pids p = {.v = NULL};
	size_t n;
	everyone(l, &p);
	n = p.n;
	pids_release(&p);
	return n;
}

void leftovers_signal(struct leftovers *l, int sig)
{
	struct pids p = {.v = NULL};
	everyone(l, &p);
	for (size_t i = 0; i < p.n; i++) {
		kill(p.v[i], sig);
		kill(p.v[i], SIGCONT);
	}
	pids_release(&p);
}

void leftovers_close(struct leftovers *l)
{
	leftovers_reap(l);
	prctl(PR_SET_CHILD_SUBREAPER, l->was_subreaper, 0, 0, 0);
	pids_release(&l->others);
}
