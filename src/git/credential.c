/* SPDX-License-Identifier: MIT */
#include "git/credential.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/gitvars.h"
#include "base/proc.h"
#include "base/strvec.h"
#include "base/urltext.h"
#include "git/guard.h"
#include "git/netrc.h"

/* A helper may open a window; below the 30 s after which our parent thinks us dead. */
enum { HELPER_MS = 25 * 1000, ANSWER_MAX = 65536 };

extern char **environ;

struct credential credential_first(const struct address *to)
{
	struct credential c = {CREDENTIAL_NONE, NULL, NULL};
	if (to->user && to->password)
		c = (struct credential){CREDENTIAL_URL, to->user, to->password};
	return c;
}

/* protocol, host, path and what is known, as git-credential(1) takes it. */
static void describe(
    struct buf *out, const struct address *to, const struct credential *c)
{
	auto_arena a = ARENA_INIT;
	const char *path = url_decode(&a, to->path + (to->path[0] == '/'));
	buf_addf(out, "protocol=%s\nhost=%s%s%s%s%s\n", to->scheme,
	    strchr(to->host, ':') ? "[" : "", to->host, strchr(to->host, ':') ? "]" : "",
	    to->port ? ":" : "", to->port ? to->port : "");
	if (path && *path && !strpbrk(path, "\r\n"))
		buf_addf(out, "path=%s\n", path);
	if (c && c->user)
		buf_addf(out, "username=%s\n", c->user);
	if (c && c->password)
		buf_addf(out, "password=%s\n", c->password);
	buf_addc(out, '\n');
}

/* What it writes, up to its end.  false: the time is up. */
static bool read_answer(int fd, struct buf *out)
{
	int64_t end = clock_mono_ms() + HELPER_MS, left;
	while ((left = end - clock_mono_ms()) > 0 && out->len < ANSWER_MAX) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return true;
		if (!p.revents)
			continue;
		buf_reserve(out, 4096);
		n = read(fd, out->s + out->len, 4096);
		if (n <= 0)
			return true;
		out->len += (size_t)n;
		out->s[out->len] = '\0';
	}
	return false;
}

static int launch(const char *action, int in, int out, pid_t *pid)
{
	const char *argv[] = {"git", "credential", action, NULL};
	auto_strvec env = STRVEC_INIT;
	auto_fd null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct proc p = PROC_INIT;
	struct err ignored = ERR_INIT;
	strvec_push_all(&env, environ);
	gitvars_clear(&env);
	strvec_setenv(&env, "GIT_TERMINAL_PROMPT", "0");
	strvec_setenv(&env, "SSH_ASKPASS", NULL); /* GIT_ASKPASS was set for git alone */
	p.argv = (char *const *)argv;
	p.envp = strvec_argv(&env);
	p.cwd = "/"; /* not the configuration of whatever lies here */
	p.fd[0] = in;
	p.fd[1] = out >= 0 ? out : null;
	p.fd[2] = null;
	p.flags = PROC_DIE_WITH_US | PROC_SESSION;
	if (null < 0 || proc_start(&p, -1, &ignored) < 0)
		return -1;
	*pid = p.pid;
	return 0;
}

/* git credential <action>.  `answer` NULL: none is wanted. */
static bool ask_git(const char *action, const struct buf *text, struct buf *answer)
{
	int in[2], out[2] = {-1, -1};
	struct exit_status st = {.kind = EXIT_NEVER};
	struct guard guard = GUARD_INIT;
	pid_t pid = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) < 0)
		return false;
	if (!answer || pipe2(out, O_CLOEXEC) == 0)
		launch(action, in[1], out[1], &pid);
	fd_close(&in[1]);
	fd_close(&out[1]);
	if (pid > 0)
		guard_start(&guard, pid);
	if (pid > 0)
		(void)!send(in[0], text->s, text->len, MSG_NOSIGNAL);
	fd_close(&in[0]);
	if (pid > 0 && answer && !read_answer(out[0], answer))
		kill(-pid, SIGKILL); /* a session of its own: its helpers, too */
	fd_close(&out[0]);
	if (pid > 0)
		st = proc_wait(pid);
	guard_end(&guard);
	return st.kind == EXIT_EXITED && st.code == 0;
}

static const char *member(struct arena *a, const char *text, const char *name)
{
	size_t n = strlen(name);
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (strncmp(text, name, n) == 0 && text[n] == '=')
			return arena_strndup(
			    a, text + n + 1, strcspn(text + n + 1, "\n"));
	return NULL;
}

static bool from_helper(struct arena *a, const struct address *to, struct credential *c)
{
	struct credential known = {CREDENTIAL_HELPER, to->user, NULL};
	auto_buf text = BUF_INIT, answer = BUF_INIT;
	describe(&text, to, &known);
	if (!ask_git("fill", &text, &answer))
		return false;
	c->source = CREDENTIAL_HELPER;
	c->user = member(a, answer.s, "username");
	c->password = member(a, answer.s, "password");
	explicit_bzero(answer.s, answer.len);
	return c->user && c->password;
}

static void tell_helper(
    const char *action, const struct address *to, const struct credential *c)
{
	auto_buf text = BUF_INIT;
	describe(&text, to, c);
	ask_git(action, &text, NULL);
	explicit_bzero(text.s, text.len);
}

struct credential credential_next(
    struct arena *a, const struct address *to, const struct credential *last)
{
	struct credential c = {CREDENTIAL_END, to->user, NULL};
	if (last->source == CREDENTIAL_HELPER)
		tell_helper("reject", to, last);
	if (last->source == CREDENTIAL_NONE &&
	    netrc_lookup(a, to->host, &c.user, &c.password)) {
		c.source = CREDENTIAL_NETRC;
		return c;
	}
	if ((last->source == CREDENTIAL_NONE || last->source == CREDENTIAL_NETRC) &&
	    from_helper(a, to, &c))
		return c;
	if (to->user && last->source != CREDENTIAL_URL && last->source != CREDENTIAL_USER)
		return (struct credential){CREDENTIAL_USER, to->user, ""};
	return (struct credential){CREDENTIAL_END, NULL, NULL};
}

void credential_accepted(const struct address *to, const struct credential *c)
{
	if (c->source == CREDENTIAL_HELPER)
		tell_helper("approve", to, c);
}

static void base64(struct buf *out, const unsigned char *s, size_t n)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < n; i += 3) {
		unsigned long v = (unsigned long)s[i] << 16;
		if (i + 1 < n)
			v |= (unsigned long)s[i + 1] << 8;
		if (i + 2 < n)
			v |= s[i + 2];
		buf_addc(out, digits[v >> 18 & 63]);
		buf_addc(out, digits[v >> 12 & 63]);
		buf_addc(out, i + 1 < n ? digits[v >> 6 & 63] : '=');
		buf_addc(out, i + 2 < n ? digits[v & 63] : '=');
	}
}

const char *credential_header(struct arena *a, const struct credential *c)
{
	auto_buf pair = BUF_INIT, text = BUF_INIT;
	buf_addf(&pair, "%s:%s", c->user, c->password);
	buf_adds(&text, "Authorization: Basic ");
	base64(&text, (const unsigned char *)pair.s, pair.len);
	explicit_bzero(pair.s, pair.len);
	return arena_strdup(a, text.s);
}
