/* SPDX-License-Identifier: MIT */
#include "base/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/strvec.h"

extern char **environ;

/* How long one poll lasts at most: a signal that came just before it is seen then. */
enum { WAKE_MS = 200 };

static int send_request(int fd, const cJSON *request, struct err *err)
{
	auto_buf line = BUF_INIT;
	json_print(&line, request, false);
	buf_addc(&line, '\n');
	if (line.len > HELPER_LINE)
		return err_set(
		    err, ERR_FAIL, "the request is longer than %d bytes", HELPER_LINE);
	for (size_t done = 0; done < line.len;) {
		/* a socket, because a pipe whose reader died would kill us */
		ssize_t n = send(fd, line.s + done, line.len - done, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EPIPE)
			return 0; /* it is dead: helper_finish says of what */
		if (n < 0)
			return err_sys(err, errno, "cannot send the request");
		done += (size_t)n;
	}
	return 0;
}

static int launch(const struct ctx *ctx, const char *path, struct helper *h,
    int fds[static 3], struct err *err)
{
	char *argv[] = {(char *)path, NULL};
	auto_strvec env = STRVEC_INIT;
	struct proc p = PROC_INIT;
	p.argv = argv;
	p.flags = PROC_DIE_WITH_US;
	p.note = "helper, request on stdin";
	if (h->socket >= 0) {
		strvec_push_all(&env, environ);
		strvec_setenv(&env, "LISTEN_FDS", "1");
		strvec_setenv(&env, "LISTEN_PID", NULL);
		p.envp = strvec_argv(&env);
		p.socket = h->socket;
		p.flags |= PROC_SESSION;
	}
	memcpy(p.fd, fds, sizeof(p.fd));
	if (proc_start(&p, ctx->trace, err) < 0) {
		err_hint(err, "is the installation whole? MLP_LIBEXEC can say where the "
			      "helper programs are");
		return -1;
	}
	h->pid = p.pid;
	return 0;
}

int helper_start(const struct ctx *ctx, const char *name, const cJSON *request,
    struct helper *h, struct err *err)
{
	auto_arena a = ARENA_INIT;
	const char *path = path_join(&a, ctx->libexec ? ctx->libexec : "", name);
	int to[2], from[2], fds[3] = {-1, -1, -1}, rc;
	h->name = name;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, to) < 0)
		return err_sys(err, errno, "cannot make a socket for %s", name);
	if (pipe2(from, O_CLOEXEC) < 0) {
		int saved = errno;
		close(to[0]);
		close(to[1]);
		return err_sys(err, saved, "cannot make a pipe for %s", name);
	}
	fds[0] = to[1];
	fds[1] = from[1];
	h->to = to[0];
	h->from = from[0];
	rc = launch(ctx, path, h, fds, err);
	close(to[1]);
	close(from[1]);
	if (rc == 0 && send_request(h->to, request, err) < 0)
		rc = err_wrap(err, "%s", name);
	if (rc < 0)
		helper_stop(h);
	return rc;
}

static void close_all(struct helper *h)
{
	fd_close(&h->to);
	fd_close(&h->from);
	buf_release(&h->in);
	h->in.max = 2 * HELPER_LINE;
	h->in.full = false;
}

void helper_stop(struct helper *h)
{
	if (h->pid > 0) {
		kill(h->pid, SIGKILL);
		proc_wait(h->pid);
	}
	h->pid = -1;
	close_all(h);
}

static int died(struct helper *h, struct err *err)
{
	struct exit_status st = proc_wait(h->pid);
	auto_buf how = BUF_INIT;
	h->pid = -1;
	exit_describe(&how, &st);
	return err_set(err, ERR_FAIL, "%s ended without an answer: %s", h->name, how.s);
}

static int interrupted(const struct ctx *ctx, struct err *err)
{
	if (!ctx->interrupted || *ctx->interrupted == 0)
		return 0;
	err_set(err, ERR_INTERRUPTED, "interrupted");
	err->sys = *ctx->interrupted;
	return -1;
}

static int stalled(const struct helper *h, int64_t ms, const char *peer, struct err *err)
{
	auto_buf t = BUF_INIT;
	clock_format_duration(&t, ms);
	if (peer)
		err_set(err, ERR_BUSY, "'%s' gave no sign of life for %s", peer, t.s);
	else
		err_set(err, ERR_FAIL, "%s gave no sign of life for %s", h->name, t.s);
	return err_hint(err, "MLP_STALL_TIMEOUT=SECONDS sets another limit");
}

/* Nonsense there is ignored. */
int64_t helper_stall_limit(int64_t stall_ms)
{
	const char *s = getenv("MLP_STALL_TIMEOUT");
	char *end;
	double v;
	if (!s || !*s || stall_ms == 0)
		return stall_ms;
	v = strtod(s, &end);
	if (*end != '\0' || !isfinite(v) || v < 0 || v > 1e9)
		return stall_ms;
	return (int64_t)(v * 1000.0);
}

int helper_read(struct helper *h, struct err *err)
{
	ssize_t n;
	buf_reserve(&h->in, 4096);
	do
		n = read(h->from, h->in.s + h->in.len, 4096);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, errno, "cannot read from %s", h->name);
	h->in.len += (size_t)n;
	h->in.s[h->in.len] = '\0';
	return n > 0;
}

/* Wait for bytes and append them.  1: there are more, 0: end of file, -1: *err. */
static int more(const struct ctx *ctx, struct helper *h, int64_t stall, const char *peer,
    struct err *err)
{
	int64_t start = clock_mono_ms();
	for (;;) {
		struct pollfd p = {.fd = h->from, .events = POLLIN};
		int n;
		if (interrupted(ctx, err) < 0)
			return -1;
		n = poll(&p, 1, WAKE_MS);
		if (n < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot wait for %s", h->name);
		if (n > 0)
			return helper_read(h, err);
		if (stall > 0 && clock_mono_ms() - start >= stall)
			return stalled(h, stall, peer, err);
	}
}

int helper_next(struct helper *h, cJSON **ev, struct err *err)
{
	char *nl = memchr(h->in.s, '\n', h->in.len);
	if (!nl && h->in.len > HELPER_LINE)
		return err_set(err, ERR_FAIL, "%s sent a line longer than %d bytes",
		    h->name, HELPER_LINE);
	if (!nl)
		return 0;
	*ev = json_parse(h->in.s, (size_t)(nl - h->in.s), h->name, err);
	h->in.len -= (size_t)(nl + 1 - h->in.s);
	memmove(h->in.s, nl + 1, h->in.len + 1);
	return *ev ? 1 : -1;
}

/* The next event, or NULL with *err set. */
static cJSON *next_event(const struct ctx *ctx, struct helper *h, int64_t stall,
    const char *peer, struct err *err)
{
	cJSON *ev = NULL;
	int rc;
	while ((rc = helper_next(h, &ev, err)) == 0) {
		rc = more(ctx, h, stall, peer, err);
		if (rc == 0)
			died(h, err);
		if (rc <= 0)
			return NULL;
	}
	return ev;
}

int helper_check_hello(const struct helper *h, const cJSON *ev, struct err *err)
{
	const char *kind = json_str(ev, "event"), *version = json_str(ev, "version");
	int64_t protocol = json_int(ev, "protocol", -1);
	if (!kind || strcmp(kind, "hello") != 0)
		return err_set(err, ERR_FAIL, "%s does not speak our protocol", h->name);
	if (!version || strcmp(version, MLP_VERSION) != 0 ||
	    protocol != HELPER_PROTOCOL) {
		err_set(err, ERR_FAIL, "%s is of version %s, but this is mlp %s", h->name,
		    version ? version : "unknown", MLP_VERSION);
		return err_hint(err, "install mlp and its helpers together");
	}
	return 0;
}

static enum err_code code_from_word(const char *word)
{
	static const struct {
		const char *word;
		enum err_code code;
	} codes[] = {
	    {"ERR_USAGE", ERR_USAGE},
	    {"ERR_NOTFOUND", ERR_NOTFOUND},
	    {"ERR_EXISTS", ERR_EXISTS},
	    {"ERR_BUSY", ERR_BUSY},
	    {"ERR_CONFLICT", ERR_CONFLICT},
	    {"ERR_INTERRUPTED", ERR_INTERRUPTED},
	};
	for (size_t i = 0; word && i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i].word, word) == 0)
			return codes[i].code;
	return ERR_FAIL;
}

static int take_error(const struct helper *h, const cJSON *ev, struct err *err)
{
	const char *msg = json_str(ev, "message"), *hint = json_str(ev, "hint");
	if (!msg || !*msg)
		err_set(err, ERR_FAIL, "%s failed without a reason", h->name);
	else
		err_set(err, code_from_word(json_str(ev, "code")), "%s", msg);
	err->sys = (int)json_int(ev, "sys", 0);
	if (hint && *hint)
		err_hint(err, "%s", hint);
	return -1;
}

static void pass_on(const struct ctx *ctx, const char *kind, const cJSON *ev)
{
	const char *text = json_str(ev, "message");
	struct progress p = {0};
	if (strcmp(kind, "warning") == 0 && text)
		ctx_say(ctx, SAY_WARNING, "%s", text);
	if (strcmp(kind, "progress") != 0 || !ctx->progress)
		return;
	p.what = json_str(ev, "what");
	p.done = json_int(ev, "done", 0);
	p.total = json_int(ev, "total", 0);
	p.bytes = json_int(ev, "bytes", 0);
	p.finished = json_bool(ev, "finished", false);
	if (p.what)
		ctx->progress(ctx->arg, &p);
}

int helper_take(
    const struct ctx *ctx, const struct helper *h, const cJSON *ev, struct err *err)
{
	const char *kind = json_str(ev, "event");
	if (kind && strcmp(kind, "done") == 0)
		return 1;
	if (kind && strcmp(kind, "error") == 0)
		return take_error(h, ev, err);
	if (kind)
		pass_on(ctx, kind, ev);
	return 0;
}

static int read_events(const struct ctx *ctx, struct helper *h, int64_t stall,
    const char *peer, cJSON **done, struct err *err)
{
	auto_json hello = next_event(ctx, h, stall, peer, err);
	if (!hello || helper_check_hello(h, hello, err) < 0)
		return -1;
	for (;;) {
		cJSON *ev = next_event(ctx, h, stall, peer, err);
		int rc = ev ? helper_take(ctx, h, ev, err) : -1;
		if (rc > 0) {
			*done = ev;
			return 0;
		}
		cJSON_Delete(ev);
		if (rc < 0)
			return -1;
	}
}

int helper_finish(const struct ctx *ctx, struct helper *h, int64_t stall_ms,
    const char *peer, cJSON **done, struct err *err)
{
	int rc = read_events(ctx, h, helper_stall_limit(stall_ms), peer, done, err);
	if (rc == 0 && h->pid > 0) {
		proc_wait(h->pid); /* it has nothing left to do but exit */
		h->pid = -1;
	}
	helper_stop(h);
	/* what made us stop may have reached what it waited for, too, which then failed */
	if (rc < 0 && ctx->interrupted && *ctx->interrupted) {
		err_clear(err);
		interrupted(ctx, err);
	}
	return rc;
}
