/* SPDX-License-Identifier: MIT */
#include "git/lfsfetch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/gitvars.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/quote.h"
#include "base/strvec.h"
#include "base/trace.h"
#include "base/urltext.h"
#include "git/address.h"
#include "git/guard.h"

enum { WORDS_MAX = 16384, SHOWN_MAX = 300, WAKE_MS = 200, TOLD_MAX = 1024 * 1024 };

extern char **environ;

struct lfsfetch {
	struct arena *a;
	const struct lfs_place *at;
	const char *store;
	struct meter *meter;
	int progress, secret; /* files in memory, that it finds below /proc/OUR-PID/fd */
	int words;	      /* its standard error */
	long long bytes, before; /* of the file that comes, and of those before it */
	char name[256];
	struct buf said;
};

static const char *path_of(struct arena *a, int fd)
{
	return arena_printf(a, "/proc/%d/fd/%d", (int)getpid(), fd);
}

/* One more of git's settings for it and what it starts. */
static void add_setting(struct strvec *env, const char *name, const char *value)
{
	auto_arena a = ARENA_INIT;
	const char *count = strvec_getenv(env, "GIT_CONFIG_COUNT");
	int n = count ? atoi(count) : 0;
	strvec_setenv(env, arena_printf(&a, "GIT_CONFIG_KEY_%d", n), name);
	strvec_setenv(env, arena_printf(&a, "GIT_CONFIG_VALUE_%d", n), value);
	strvec_setenv(env, "GIT_CONFIG_COUNT", arena_printf(&a, "%d", n + 1));
}

/*
 * The user name and password of the URL, for its own host alone: a helper that reads them
 * from our memory, so that they are in no argument, variable or file.
 */
static void add_secret(struct lfsfetch *f, struct strvec *env)
{
	struct address to;
	struct err ignored = ERR_INIT;
	auto_buf text = BUF_INIT;
	bool six;
	if (!f->at->url || address_parse(f->a, f->at->url, &to, &ignored) < 0 ||
	    to.kind != ADDRESS_HTTP || !to.user)
		return;
	six = strchr(to.host, ':') != NULL;
	f->secret = memfd_create("credential", MFD_CLOEXEC);
	buf_addf(
	    &text, "username=%s\npassword=%s\n", to.user, to.password ? to.password : "");
	if (f->secret >= 0 && fd_write_all(f->secret, text.s, text.len) == 0)
		add_setting(env,
		    arena_printf(f->a, "credential.%s://%s%s%s%s%s.helper", to.scheme,
			six ? "[" : "", to.host, six ? "]" : "", to.port ? ":" : "",
			to.port ? to.port : ""),
		    arena_printf(f->a, "!f() { test \"$1\" != get || cat %s; }; f",
			path_of(f->a, f->secret)));
	explicit_bzero(text.s, text.len);
}

static void make_env(struct lfsfetch *f, struct strvec *env)
{
	strvec_push_all(env, environ);
	gitvars_clear(env);
	strvec_setenv(env, "GIT_ASKPASS", NULL);
	strvec_setenv(env, "SSH_ASKPASS", NULL);
	strvec_setenv(env, "GIT_TERMINAL_PROMPT", "0");
	strvec_setenv(env, "GIT_LFS_PROGRESS", path_of(f->a, f->progress));
	add_setting(env, "lfs.storage", f->store);
	/* it likes to install some, where the user's configuration has them for all */
	add_setting(env, "core.hooksPath", path_join(f->a, f->at->git_dir, "lfs/hooks"));
	add_setting(env, "core.askPass", "");
	add_secret(f, env);
}

static int launch(struct lfsfetch *f, struct proc *p, int words, struct err *err)
{
	const char *argv[] = {"git-lfs", "fetch", NULL};
	struct ctx ctx = {.trace = -1};
	auto_strvec env = STRVEC_INIT;
	auto_fd null = open("/dev/null", O_RDWR | O_CLOEXEC), trace = trace_open(&ctx);
	make_env(f, &env);
	p->argv = (char *const *)argv;
	p->envp = strvec_argv(&env);
	p->cwd = f->at->root;
	p->fd[0] = p->fd[1] = null;
	p->fd[2] = words;
	p->flags = PROC_DIE_WITH_US | PROC_SESSION;
	return proc_start(p, trace, err);
}

/* Lines "download 1/3 1024/4096 name", the last of which counts. */
static void show_progress(struct lfsfetch *f)
{
	auto_buf text = BUF_INIT;
	long long done, total, bytes, size;
	const char *line;
	char name[256];
	ssize_t n;
	buf_reserve(&text, TOLD_MAX);
	n = pread(f->progress, text.s, TOLD_MAX, 0);
	if (n <= 1 || ftruncate(f->progress, 0) < 0)
		return;
	text.len = (size_t)n - (text.s[n - 1] == '\n');
	text.s[text.len] = '\0';
	line = strrchr(text.s, '\n');
	if (sscanf(line ? line + 1 : text.s, "download %lld/%lld %lld/%lld %255[^\n]",
		&done, &total, &bytes, &size, name) != 5)
		return;
	if (strcmp(name, f->name) != 0) {
		f->before += f->bytes;
		snprintf(f->name, sizeof(f->name), "%s", name);
	}
	f->bytes = bytes;
	event_progress(
	    f->meter, "downloading LFS files", done - 1, total, f->before + f->bytes);
}

/* The rest is read and forgotten. */
static bool hear(struct lfsfetch *f)
{
	char block[4096];
	ssize_t n = read(f->words, block, sizeof(block));
	if (n > 0 && f->said.len < WORDS_MAX)
		buf_add(&f->said, block, (size_t)n);
	return n > 0 || (n < 0 && errno == EINTR);
}

/* Until it ends; what it has started may hold its standard error for longer. */
static struct exit_status follow(struct lfsfetch *f, pid_t pid)
{
	auto_fd end = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p[2] = {
	    {.fd = f->words, .events = POLLIN}, {.fd = end, .events = POLLIN}};
	for (;;) {
		if (poll(p, 2, WAKE_MS) < 0 && errno != EINTR)
			break;
		show_progress(f);
		if (p[0].revents && !hear(f))
			p[0].fd = -1;
		if (p[1].revents || (p[0].fd < 0 && end < 0))
			break;
	}
	return proc_wait(pid);
}

/* Its first line, for people: "[id] Object does not exist on the server". */
static void add_words(struct lfsfetch *f, const struct exit_status *st, struct buf *out)
{
	auto_buf plain = BUF_INIT, shown = BUF_INIT;
	const char *s = f->said.s;
	size_t n;
	s += strspn(s, " \r\n");
	if (*s == '[' && strstr(s, "] "))
		s = strstr(s, "] ") + 2;
	n = strcspn(s, "\r\n");
	while (n > 0 && strchr(". ", s[n - 1]))
		n--;
	if (n == 0) {
		exit_describe(out, st);
		return;
	}
	quote_display(&shown, s, n);
	url_mask(&plain, shown.s);
	buf_add(out, plain.s, plain.len < SHOWN_MAX ? plain.len : SHOWN_MAX);
}

static int run(struct lfsfetch *f, struct err *err)
{
	struct proc p = PROC_INIT;
	struct guard guard;
	struct exit_status st;
	auto_buf why = BUF_INIT;
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot make a pipe for git-lfs");
	f->words = ends[0];
	if (launch(f, &p, ends[1], err) < 0) {
		close(ends[1]);
		return -1;
	}
	close(ends[1]);
	guard_start(&guard, p.pid);
	st = follow(f, p.pid);
	guard_end(&guard);
	if (st.kind == EXIT_EXITED && st.code == 0)
		return 0;
	add_words(f, &st, &why);
	return err_set(err, ERR_FAIL, "%s", why.s);
}

/* What it leaves in the git directory is of no use where the objects are elsewhere. */
static void tidy(struct lfsfetch *f)
{
	struct err ignored = ERR_INIT;
	if (f->at->store)
		tree_remove(path_join(f->a, f->at->git_dir, "lfs"), &ignored);
	else
		tree_remove(path_join(f->a, f->at->git_dir, "lfs/hooks"), &ignored);
}

int lfsfetch(
    const struct lfs_place *at, const char *store, struct meter *meter, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct lfsfetch f = {.a = &a, .at = at, .store = store, .meter = meter};
	int rc = -1;
	f.progress = memfd_create("progress", MFD_CLOEXEC);
	f.secret = f.words = -1;
	f.said = (struct buf)BUF_INIT;
	event_progress(meter, "downloading LFS files", 0, 0, 0);
	if (f.progress < 0)
		err_sys(err, errno, "cannot make a file in memory");
	else if (dir_make(store, 0700, err) == 0)
		rc = run(&f, err);
	tidy(&f);
	fd_close(&f.progress);
	fd_close(&f.secret);
	fd_close(&f.words);
	buf_release(&f.said);
	return rc;
}
