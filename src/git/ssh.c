/* SPDX-License-Identifier: MIT */
#include "git/ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <git2/sys/transport.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/proc.h"
#include "base/quote.h"
#include "git/sshcmd.h"

enum { WORDS_MAX = 600, TAIL_MAX = 8192, END_MS = 2000 };

#define CHANGED_KEY "REMOTE HOST IDENTIFICATION HAS CHANGED"

/* One ssh: the same stream for the references and the pack. */
struct stream {
	git_smart_subtransport_stream base;
	pid_t pid;
	int to, from, said; /* its stdin, stdout, stderr; not blocking */
	bool heard;	    /* it has sent something */
	struct buf tail;    /* the end of stderr */
	struct ssh_words *words;
};

struct subtransport {
	git_smart_subtransport base;
	git_remote *remote;
	struct stream *stream; /* libgit2's to free */
	struct ssh_words *words;
};

static struct stream *stream_of(git_smart_subtransport_stream *s)
{
	return (struct stream *)s;
}

static void keep_tail(struct buf *tail)
{
	size_t over = tail->len > TAIL_MAX / 2 ? tail->len - TAIL_MAX / 2 : 0;
	memmove(tail->s, tail->s + over, tail->len - over);
	buf_cut(tail, tail->len - over);
}

/* What is there of stderr.  false: it has ended. */
static bool listen_once(struct stream *s)
{
	ssize_t n;
	buf_reserve(&s->tail, TAIL_MAX);
	n = read(s->said, s->tail.s + s->tail.len, TAIL_MAX / 2);
	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	s->tail.len += (size_t)n;
	s->tail.s[s->tail.len] = '\0';
	keep_tail(&s->tail);
	return true;
}

/* Until `fd` is ready; a full stderr must not stop ssh meanwhile. */
static void wait_for(struct stream *s, int fd, short events)
{
	struct pollfd p[2] = {
	    {.fd = fd, .events = events}, {.fd = s->said, .events = POLLIN}};
	do {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[1].revents && !listen_once(s))
			p[1].fd = -1;
	} while (!p[0].revents);
	if (p[1].fd < 0)
		fd_close(&s->said);
}

/* It has closed its output: the reason is on stderr, and comes soon. */
static void hear_out(struct stream *s)
{
	struct pollfd p = {.fd = s->said, .events = POLLIN};
	while (s->said >= 0 && poll(&p, 1, END_MS) > 0)
		if (!listen_once(s))
			break;
}

/* Of the banner over a host key that has changed only the place of the known one. */
static bool put_changed_key(struct buf *out, const char *tail)
{
	const char *banner = strstr(tail, CHANGED_KEY);
	const char *known = banner ? strstr(banner, "\nOffending ") : NULL;
	if (!banner)
		return false;
	buf_adds(out, CHANGED_KEY);
	if (known) {
		buf_adds(out, "; ");
		quote_display(out, known + 1, strcspn(known + 1, "\r\n"));
	}
	return true;
}

/* The last lines, on one, without what ssh and servers wrap around them. */
static void put_words(struct buf *out, const struct buf *tail)
{
	const char *start =
	    tail->len > WORDS_MAX ? tail->s + tail->len - WORDS_MAX : tail->s;
	if (put_changed_key(out, tail->s))
		return;
	if (start > tail->s && strchr(start, '\n'))
		start = strchr(start, '\n');
	while (*start) {
		size_t n = strcspn(start, "\r\n");
		if (n > 0 && strspn(start, " @*=-\t") < n && out->len > 0)
			buf_adds(out, "; ");
		if (strspn(start, " @*=-\t") < n)
			quote_display(out, start, n);
		start += n + (start[n] != '\0');
	}
}

static int give_up(struct stream *s, const char *what)
{
	hear_out(s);
	buf_clear(&s->words->text);
	put_words(&s->words->text, &s->tail);
	git_error_set_str(
	    GIT_ERROR_SSH, s->words->text.len > 0 ? s->words->text.s : what);
	return GIT_EEOF;
}

static int stream_read(
    git_smart_subtransport_stream *base, char *to, size_t size, size_t *got)
{
	struct stream *s = stream_of(base);
	ssize_t n;
	*got = 0;
	while ((n = read(s->from, to, size)) < 0) {
		if (errno == EAGAIN)
			wait_for(s, s->from, POLLIN);
		else if (errno != EINTR)
			break;
	}
	if (n <= 0)
		return give_up(s, s->heard ? "ssh ended in the middle of the transfer"
					   : "ssh ended without a word");
	s->heard = true;
	*got = (size_t)n;
	return 0;
}

static int stream_write(
    git_smart_subtransport_stream *base, const char *from, size_t size)
{
	struct stream *s = stream_of(base);
	while (size > 0) {
		ssize_t n = send(s->to, from, size, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			wait_for(s, s->to, POLLOUT);
		else if (n < 0 && errno != EINTR)
			return give_up(s, "ssh has ended");
		if (n > 0) {
			from += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

static void stream_free(git_smart_subtransport_stream *base)
{
	struct stream *s = stream_of(base);
	struct subtransport *owner = (struct subtransport *)base->subtransport;
	owner->stream = NULL;
	fd_close(&s->to);
	fd_close(&s->from);
	fd_close(&s->said);
	if (s->pid > 0) {
		kill(s->pid, SIGTERM);
		proc_wait(s->pid);
	}
	buf_release(&s->tail);
	free(s);
}

/* Both ends of what becomes its three files; ours do not block. */
static int make_ends(struct stream *s, int theirs[static 3])
{
	int in[2], out[2], said[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) < 0)
		return -1;
	s->to = in[0];
	theirs[0] = in[1];
	if (pipe2(out, O_CLOEXEC) < 0)
		return -1;
	s->from = out[0];
	theirs[1] = out[1];
	if (pipe2(said, O_CLOEXEC) < 0)
		return -1;
	s->said = said[0];
	theirs[2] = said[1];
	fcntl(s->to, F_SETFL, O_NONBLOCK);
	fcntl(s->from, F_SETFL, O_NONBLOCK);
	fcntl(s->said, F_SETFL, O_NONBLOCK);
	return 0;
}

static int start(struct stream *s, git_remote *remote, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_strvec argv = STRVEC_INIT;
	struct proc p = PROC_INIT;
	struct address to;
	int rc = -1;
	if (address_parse(&a, git_remote_url(remote), &to, err) < 0 ||
	    sshcmd_make(&a, git_remote_owner(remote), &to, &argv, err) < 0)
		return -1;
	if (make_ends(s, p.fd) < 0) {
		err_sys(err, errno, "cannot make a pipe for ssh");
	} else {
		p.argv = strvec_argv(&argv);
		p.flags = PROC_DIE_WITH_US;
		rc = proc_start(&p, -1, err);
	}
	for (int i = 0; i < 3; i++)
		fd_close(&p.fd[i]);
	s->pid = p.pid;
	return rc;
}

static int action(git_smart_subtransport_stream **out, git_smart_subtransport *base,
    const char *url, git_smart_service_t service)
{
	struct subtransport *t = (struct subtransport *)base;
	struct err err = ERR_INIT;
	struct stream *s;
	(void)url;
	if (service == GIT_SERVICE_UPLOADPACK && t->stream) {
		*out = &t->stream->base;
		return 0;
	}
	if (service != GIT_SERVICE_UPLOADPACK_LS)
		return -1;
	s = xcalloc(1, sizeof(*s));
	*s = (struct stream){.base = {base, stream_read, stream_write, stream_free},
	    .pid = -1,
	    .to = -1,
	    .from = -1,
	    .said = -1,
	    .tail = BUF_INIT,
	    .words = t->words};
	t->stream = s;
	if (start(s, t->remote, &err) < 0) {
		git_error_set_str(GIT_ERROR_SSH, err.msg);
		stream_free(&s->base);
		return -1;
	}
	*out = &s->base;
	return 0;
}

static int subtransport_close(git_smart_subtransport *base)
{
	(void)base;
	return 0;
}

static void subtransport_free(git_smart_subtransport *base)
{
	free(base);
}

/* What git_transport_smart hands on to make_subtransport. */
struct start_with {
	git_remote *remote;
	struct ssh_words *words;
};

static int make_subtransport(
    git_smart_subtransport **out, git_transport *owner, void *param)
{
	const struct start_with *with = param;
	struct subtransport *t = xcalloc(1, sizeof(*t));
	(void)owner;
	t->base = (git_smart_subtransport){action, subtransport_close, subtransport_free};
	t->remote = with->remote;
	t->words = with->words;
	*out = &t->base;
	return 0;
}

int ssh_transport(git_transport **out, git_remote *remote, struct ssh_words *words)
{
	struct start_with with = {remote, words};
	git_smart_subtransport_definition d = {make_subtransport, 0, &with};
	return git_transport_smart(out, remote, &d);
}
