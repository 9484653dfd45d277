/* SPDX-License-Identifier: MIT */
#include "git/tunnel.h"

#include <errno.h>
#include <git2/sys/stream.h>
#include <netdb.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "git/credential.h"

enum { ANSWER_MAX = 32 * 1024 };

/* libgit2 hands nothing on to what makes a stream. */
static struct tunnel *in_use;

struct stream {
	git_stream base;
	struct tunnel *t;
	char *host, *port; /* of the server behind the proxy */
	int fd;
};

int tunnel_init(
    struct arena *a, const char *proxy, bool connects, struct tunnel *t, struct err *err)
{
	struct credential c = {CREDENTIAL_URL, NULL, NULL};
	memset(t, 0, sizeof(*t));
	if (address_parse(a, proxy, &t->proxy, err) < 0)
		return -1;
	t->connects = connects;
	c.user = t->proxy.user;
	c.password = t->proxy.password ? t->proxy.password : "";
	if (c.user)
		t->header = arena_printf(a, "Proxy-%s", credential_header(a, &c));
	return 0;
}

static int fail(const char *step, const char *whom, const char *why)
{
	auto_buf text = BUF_INIT;
	buf_addf(&text, "%s %s: %s", step, whom, why);
	git_error_set_str(GIT_ERROR_NET, text.s);
	return -1;
}

/* In libgit2's own words, which failure.c knows. */
static int connect_to_proxy(struct stream *s)
{
	const struct address *p = &s->t->proxy;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all, *a;
	int rc = getaddrinfo(p->host, p->port ? p->port : "80", &hints, &all), why = 0;
	if (rc != 0)
		return fail("failed to resolve address for", p->host, gai_strerror(rc));
	for (a = all; a && s->fd < 0; a = a->ai_next) {
		s->fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, 0);
		if (s->fd >= 0 && connect(s->fd, a->ai_addr, a->ai_addrlen) == 0)
			break;
		why = errno;
		fd_close(&s->fd);
	}
	freeaddrinfo(all);
	return s->fd < 0 ? fail("failed to connect to", p->host, strerror(why)) : 0;
}

static struct stream *stream_of(git_stream *base)
{
	return (struct stream *)base;
}

static ssize_t stream_read(git_stream *base, void *to, size_t size)
{
	ssize_t n;
	do
		n = recv(stream_of(base)->fd, to, size, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? fail("cannot receive from", "the proxy", strerror(errno)) : n;
}

static ssize_t stream_write(git_stream *base, const char *from, size_t size, int flags)
{
	ssize_t n;
	(void)flags;
	do
		n = send(stream_of(base)->fd, from, size, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? fail("cannot send to", "the proxy", strerror(errno)) : n;
}

/* Byte by byte: what comes behind the empty line is the server's. */
static int read_answer(struct stream *s, struct buf *answer)
{
	while (answer->len < ANSWER_MAX) {
		char c;
		ssize_t n = stream_read(&s->base, &c, 1);
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		buf_addc(answer, c);
		if (answer->len >= 4 &&
		    memcmp(answer->s + answer->len - 4, "\r\n\r\n", 4) == 0)
			return 0;
	}
	return fail("no answer from", "the proxy", "it does not speak HTTP");
}

static int open_tunnel(struct stream *s)
{
	bool ipv6 = strchr(s->host, ':') != NULL;
	auto_buf text = BUF_INIT, answer = BUF_INIT, to = BUF_INIT;
	buf_addf(&to, "%s%s%s:%s", ipv6 ? "[" : "", s->host, ipv6 ? "]" : "", s->port);
	buf_addf(&text, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", to.s, to.s);
	if (s->t->header)
		buf_addf(&text, "%s\r\n", s->t->header);
	buf_adds(&text, "\r\n");
	for (size_t done = 0; done < text.len;) {
		ssize_t n = stream_write(&s->base, text.s + done, text.len - done, 0);
		if (n < 0)
			return -1;
		done += (size_t)n;
	}
	explicit_bzero(text.s, text.len);
	if (read_answer(s, &answer) < 0)
		return -1;
	if (sscanf(answer.s, "HTTP/1.%*1d %3d", &s->t->status) != 1)
		return fail("no answer from", "the proxy", "it does not speak HTTP");
	if (s->t->status / 100 == 2)
		return 0;
	buf_clear(&to);
	buf_addf(&to, "status code: %d", s->t->status);
	return fail("no tunnel to", s->host, to.s);
}

static int stream_connect(git_stream *base)
{
	struct stream *s = stream_of(base);
	if (connect_to_proxy(s) < 0)
		return -1;
	return s->t->connects ? open_tunnel(s) : 0;
}

static int stream_close(git_stream *base)
{
	fd_close(&stream_of(base)->fd);
	return 0;
}

static void stream_free(git_stream *base)
{
	struct stream *s = stream_of(base);
	fd_close(&s->fd);
	free(s->host);
	free(s->port);
	free(s);
}

static int stream_make(git_stream **out, const char *host, const char *port)
{
	struct stream *s = xcalloc(1, sizeof(*s));
	s->base = (git_stream){.version = GIT_STREAM_VERSION,
	    .connect = stream_connect,
	    .read = stream_read,
	    .write = stream_write,
	    .close = stream_close,
	    .free = stream_free};
	s->t = in_use;
	s->host = xstrdup(host);
	s->port = xstrdup(port);
	s->fd = -1;
	*out = &s->base;
	return 0;
}

void tunnel_use(struct tunnel *t)
{
	git_stream_registration how = {
	    .version = GIT_STREAM_VERSION, .init = stream_make};
	in_use = t;
	git_stream_register(GIT_STREAM_STANDARD, t ? &how : NULL);
}
