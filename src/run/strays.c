/* SPDX-License-Identifier: MIT */
#include "run/strays.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "run/cgroup.h"
#include "run/mark.h"
#include "run/stop.h"

enum {
	ENVIRON_MAX = 8 << 20, /* the kernel allows a quarter of the stack's limit */
	STATUS_MAX = 64 << 10,
	MOST = 1024,	  /* files that may be open are fewer than processes */
	DEPTH_MAX = 1000, /* of ancestors */
	ROUNDS = 50,	  /* against those who start others while they are stopped */
	QUIET_ROUNDS = 2, /* in which nobody was found, nor missed */
	TURN_MS = 100,	  /* between looks at ctx->interrupted */
	DYING_MS = 100,	  /* what dies with its supervisor is not left */
	KILL_MS = 1000,	  /* for the kernel to end what was killed */
};

/* Processes, each held by a descriptor: its number cannot become another's meanwhile. */
struct held {
	struct pollfd
	    v[MOST]; /* readable once it has ended; fd -1: no longer looked at */
	size_t n;
};

/* What marks a process of the run. */
struct signs {
	const struct strays *of;
	char entry[96]; /* in its environment */
	uint64_t mark;
	bool session; /* the number is still that session */
	bool missed; /* one has ended before it was looked at: it may have left another */
};

static bool is_ours(const char *pid, struct signs *g)
{
	auto_buf path = BUF_INIT;
	struct stat st;
	buf_addf(&path, "/proc/%s", pid);
	if (stat(path.s, &st) < 0) {
		g->missed = true;
		return false;
	}
	return st.st_uid == geteuid();
}

static bool environ_has(const char *pid, const char *entry)
{
	struct err ignored = ERR_INIT;
	auto_buf path = BUF_INIT;
	auto_buf text = BUF_INIT;
	size_t n = strlen(entry);
	buf_addf(&path, "/proc/%s/environ", pid);
	if (file_read(path.s, ENVIRON_MAX, &text, &ignored) < 0)
		return false; /* gone, or another user's */
	for (const char *s = text.s; s < text.s + text.len; s += strlen(s) + 1)
		if (strncmp(s, entry, n + 1) == 0)
			return true;
	return false;
}

static void signs_init(struct signs *g, const struct strays *of)
{
	*g = (struct signs){.of = of, .mark = mark_of(of->run_id)};
	snprintf(g->entry, sizeof(g->entry), "MLP_RUN_ID=%s", of->run_id);
}

static bool is_candidate(const char *pid, struct signs *g)
{
	return isdigit((unsigned char)pid[0]) && strtol(pid, NULL, 10) != getpid() &&
	       is_ours(pid, g);
}

static bool bears_sign(const char *pid, struct signs *g)
{
	if (!mark_is_on(pid, g->mark))
		return environ_has(pid, g->entry);
	if (!mark_is_dead(pid))
		return true;
	g->missed = true;
	return false;
}

static bool is_in_session(const char *pid, const struct signs *g)
{
	return g->of->session > 0 &&
	       getsid((pid_t)strtol(pid, NULL, 10)) == g->of->session;
}

static bool is_stray(const char *pid, struct signs *g)
{
	return is_candidate(pid, g) &&
	       (bears_sign(pid, g) || cgroup_holds(pid, g->of->run_id) ||
		   (g->session && is_in_session(pid, g) && !mark_is_dead(pid)));
}

bool strays_exist(const char *run_id)
{
	const struct strays of = {.run_id = run_id};
	struct signs g;
	auto_dir d = opendir("/proc");
	struct dirent *e;
	signs_init(&g, &of);
	while (d && (e = readdir(d)))
		if (is_stray(e->d_name, &g))
			return true;
	return false;
}

/* Has the kernel come to the end of its numbers since it started? */
static bool numbers_come_again(void)
{
	struct err ignored = ERR_INIT;
	auto_buf stat = BUF_INIT;
	auto_buf max = BUF_INIT;
	const char *made;
	if (file_read("/proc/stat", ENVIRON_MAX, &stat, &ignored) < 0 ||
	    file_read("/proc/sys/kernel/pid_max", STATUS_MAX, &max, &ignored) < 0 ||
	    !(made = strstr(stat.s, "\nprocesses ")))
		return true;
	return strtoull(made + 11, NULL, 10) >= strtoull(max.s, NULL, 10);
}

/* Looked at anew for every round: who is found may have started others. */
static void look_around(struct signs *g)
{
	auto_dir d = g->of->session > 0 ? opendir("/proc") : NULL;
	struct dirent *e;
	g->session = g->session || (d && !numbers_come_again());
	while (d && !g->session && (e = readdir(d)))
		g->session = is_candidate(e->d_name, g) && is_in_session(e->d_name, g) &&
			     bears_sign(e->d_name, g);
}

static long parent_of(long pid)
{
	struct err ignored = ERR_INIT;
	auto_buf path = BUF_INIT;
	auto_buf text = BUF_INIT;
	const char *at;
	buf_addf(&path, "/proc/%ld/status", pid);
	if (file_read(path.s, STATUS_MAX, &text, &ignored) < 0)
		return 0;
	at = strstr(text.s, "\nPPid:");
	return at ? strtol(at + 6, NULL, 10) : 0;
}

static bool is_ancestor(long pid)
{
	long p = getppid();
	for (int i = 0; i < DEPTH_MAX && p > 0; i++, p = parent_of(p))
		if (p == pid)
			return true;
	return false;
}

/* Looked at again once it is held: only then its number is surely its own. */
static void hold(struct held *h, const char *pid, struct signs *g)
{
	int fd;
	if (h->n >= MOST || !is_stray(pid, g) || is_ancestor(strtol(pid, NULL, 10)))
		return;
	fd = (int)syscall(SYS_pidfd_open, (pid_t)strtol(pid, NULL, 10), 0);
	if (fd < 0)
		return;
	if (is_stray(pid, g))
		h->v[h->n++] = (struct pollfd){.fd = fd, .events = POLLIN};
	else
		close(fd);
}

static void hold_all(struct held *h, struct signs *g)
{
	auto_dir d = opendir("/proc");
	struct dirent *e;
	h->n = 0;
	g->missed = false;
	look_around(g);
	while (d && (e = readdir(d)))
		hold(h, e->d_name, g);
}

static void signal_all(const struct held *h, int sig)
{
	for (size_t i = 0; i < h->n; i++)
		syscall(SYS_pidfd_send_signal, h->v[i].fd, sig, NULL, 0);
}

/* Until all have ended, the time is over, or the user does not want to wait. */
static void wait_for(struct held *h, const struct ctx *ctx, int64_t ms)
{
	int64_t end = clock_mono_ms() + ms;
	struct pollfd left[MOST];
	size_t n = h->n;
	memcpy(left, h->v, n * sizeof(*left));
	while (
	    n > 0 && clock_mono_ms() < end && !(ctx->interrupted && *ctx->interrupted)) {
		size_t k = 0;
		if (poll(left, n, TURN_MS) <= 0)
			continue;
		for (size_t i = 0; i < n; i++)
			if (!left[i].revents)
				left[k++] = left[i];
		n = k;
	}
}

static size_t how_many_live(struct held *h)
{
	size_t n = 0;
	poll(h->v, h->n, 0);
	for (size_t i = 0; i < h->n; i++)
		n += !h->v[i].revents;
	return n;
}

static void let_go(struct held *h)
{
	for (size_t i = 0; i < h->n; i++)
		close(h->v[i].fd);
	h->n = 0;
}

/* Those of one look around.  How many lived. */
static size_t stop_round(struct held *h, const struct ctx *ctx, bool politely)
{
	size_t live;
	if (politely)
		wait_for(h, ctx, DYING_MS);
	live = how_many_live(h);
	if (live > 0) {
		signal_all(h, politely ? SIGTERM : SIGKILL);
		signal_all(h, SIGCONT); /* a stopped one hears nothing else */
		wait_for(h, ctx, politely ? stop_grace() : KILL_MS);
	}
	let_go(h);
	return live;
}

int strays_stop(const struct ctx *ctx, const struct strays *s)
{
	struct signs g;
	auto_free struct held *h = xmalloc(sizeof(*h));
	size_t found = 0;
	signs_init(&g, s);
	for (int i = 0, quiet = 0; i < ROUNDS && quiet < QUIET_ROUNDS; i++) {
		size_t live;
		hold_all(h, &g);
		if (h->n == 0) {
			quiet = g.missed ? 0 : quiet + 1;
			continue;
		}
		live = stop_round(h, ctx, found == 0);
		found = found ? found : live;
		quiet = 0;
	}
	return (int)found;
}
