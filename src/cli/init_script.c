/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/quote.h"
#include "base/strvec.h"
#include "cli/init.h"
#include "manifest/argparse.h"
#include "manifest/manifest.h"

enum { HELP_MAX = 1 << 20, HELP_MS = 60 * 1000 };

extern char **environ;

/* Up to the end, the limit, the deadline or Ctrl-C. */
static int read_help(
    struct cli *cli, int fd, const char *what, struct buf *out, struct err *err)
{
	const int64_t deadline = clock_mono_ms() + HELP_MS;
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = deadline - clock_mono_ms();
		ssize_t n;
		if (*cli->ctx.interrupted)
			return err_set(err, ERR_INTERRUPTED, "%s was interrupted", what);
		if (left <= 0)
			return err_set(err, ERR_FAIL, "%s did not end within %d s", what,
			    HELP_MS / 1000);
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		buf_reserve(out, 65536);
		n = read(fd, out->s + out->len, 65536);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot read what %s prints", what);
		out->len += n > 0 ? (size_t)n : 0;
		out->s[out->len] = '\0';
		if (out->len > HELP_MAX)
			return err_set(err, ERR_FAIL, "%s prints more than %d bytes",
			    what, HELP_MAX);
	}
}

/* The last line that is not blank: of a traceback, what went wrong. */
static void hint_last_line(int fd, struct err *err)
{
	auto_buf b = BUF_MAX(HELP_MAX), shown = BUF_INIT;
	struct err ignored = ERR_INIT;
	char *line;
	if (lseek(fd, 0, SEEK_SET) < 0 ||
	    fd_read_all(fd, "stderr", HELP_MAX, &b, &ignored) < 0)
		return;
	while (b.len && strchr(" \r\n", b.s[b.len - 1]))
		buf_cut(&b, b.len - 1);
	line = strrchr(b.s, '\n');
	line = line ? line + 1 : b.s;
	quote_display(&shown, line, strlen(line));
	if (shown.len)
		err_hint(err, "%s", shown.s);
}

static int start(struct cli *cli, const char *script, const char *dir, int out,
    int errors, struct proc *p, struct err *err)
{
	auto_strvec env = STRVEC_INIT;
	auto_fd null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char *argv[] = {(char *)"python3", (char *)script, (char *)"--help", NULL};
	strvec_push_all(&env, environ);
	/* wide, so that hardly a line is broken; and without colour */
	strvec_setenv(&env, "COLUMNS", "200");
	strvec_setenv(&env, "NO_COLOR", "1");
	strvec_setenv(&env, "FORCE_COLOR", NULL);
	strvec_setenv(&env, "LC_ALL", "C.UTF-8");
	p->argv = argv;
	p->envp = strvec_argv(&env);
	p->cwd = dir;
	p->fd[0] = null;
	p->fd[1] = out;
	p->fd[2] = errors;
	p->flags = PROC_SESSION | PROC_DIE_WITH_US;
	return proc_start(p, cli->ctx.trace, err);
}

/* Runs it in the project, as `mlp run` would. */
static int ask_script(struct cli *cli, const char *script, const char *dir,
    struct buf *out, struct err *err)
{
	struct proc p = PROC_INIT;
	struct exit_status st;
	auto_fd errors = memfd_create("stderr", MFD_CLOEXEC), from = -1, to = -1;
	const char *what = arena_printf(&cli->arena, "'python3 %s --help'", script);
	int ends[2], rc;
	if (errors < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot make a pipe for %s", what);
	from = ends[0];
	to = ends[1];
	if (start(cli, script, dir, to, errors, &p, err) < 0)
		return -1;
	fd_close(&to);
	rc = read_help(cli, from, what, out, err);
	if (rc < 0)
		kill(-p.pid, SIGKILL);
	st = proc_wait(p.pid);
	if (rc < 0)
		return -1;
	if (st.kind != EXIT_EXITED || st.code != 0) {
		auto_buf how = BUF_INIT;
		exit_describe(&how, &st);
		err_set(err, ERR_FAIL, "%s failed: %s", what, how.s);
		hint_last_line(errors, err);
		return -1;
	}
	return 0;
}

static int check_place(struct arena *a, const char *script, const char *dir,
    const char **inside, struct err *err)
{
	struct diags ds = {.arena = a};
	struct manifest *m = NULL;
	size_t n = strlen(dir);
	n = n == 1 ? 0 : n; /* the root directory */
	if (!path_is_dir(dir))
		return err_set(err, ERR_NOTFOUND, "there is no directory '%s'", dir);
	if (!path_exists(script))
		return err_set(err, ERR_NOTFOUND, "there is no script '%s'", script);
	if (path_is_dir(script))
		return err_set(
		    err, ERR_FAIL, "'%s' is a directory, not a script", script);
	if (strncmp(script, dir, n) != 0 || script[n] != '/') {
		err_set(err, ERR_FAIL, "'%s' is not in the directory '%s'", script, dir);
		return err_hint(err,
		    "a project runs what is in it: name the directory that "
		    "the script is in");
	}
	*inside = script + n + 1;
	for (const char *s = *inside; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return err_set(err, ERR_FAIL,
			    "the script's name has a control character in it");
	if (manifest_load(a, dir, &m, &ds, err) < 0)
		return -1;
	if (!m)
		return err_set(err, ERR_EXISTS, "'%s' has a manifest already", dir);
	if (m->path)
		return err_set(err, ERR_EXISTS, "'%s' exists already", m->path);
	return 0;
}

static int write_new(const char *path, const struct buf *text, struct err *err)
{
	auto_fd fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0 && errno == EEXIST)
		return err_set(err, ERR_EXISTS, "'%s' exists already", path);
	if (fd < 0 || fd_write_all(fd, text->s, text->len) < 0)
		return err_sys(err, errno, "cannot write '%s'", path);
	return 0;
}

int init_from_script(struct cli *cli, const char *script, const char *dir,
    struct buf *out, struct err *err)
{
	struct arena *a = &cli->arena;
	struct script_help help;
	const char *inside = NULL;
	auto_buf text = BUF_INIT;
	if (check_place(a, script, dir, &inside, err) < 0 ||
	    ask_script(cli, inside, dir, &text, err) < 0 ||
	    argparse_read(a, inside, text.s, &help, err) < 0)
		return -1;
	argparse_draft(out, path_base(dir), inside, &help);
	return write_new(path_join(a, dir, "MLproject"), out, err);
}
