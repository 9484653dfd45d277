/* SPDX-License-Identifier: MIT */
/*
 * engine_http.c -- questions over an engine's unix socket (declared in engine.h): HTTP/1.0,
 * so that a reply is its headers, its body and the end.
 */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "env/engine.h"

enum { REPLY_MAX = 8 << 20, SAID_MAX = 1500 };

static int no_answer(const struct engine *en, int errnum, struct err *err)
{
	err_sys(err, errnum, "the docker engine does not answer at %s", en->socket);
	err->code = ERR_FAIL; /* not ERR_NOTFOUND: that is for what it was asked for */
	return -1;
}

static int connect_to(const struct engine *en, struct err *err)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	auto_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (strlen(en->socket) >= sizeof(to.sun_path))
		return no_answer(en, ENAMETOOLONG, err);
	memcpy(to.sun_path, en->socket, strlen(en->socket) + 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return no_answer(en, errno, err);
	return steal_fd(&fd);
}

static int send_all(int fd, const char *s, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, s, n, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -1;
		s += sent;
		n -= (size_t)sent;
	}
	return 0;
}

/* All that comes until the end; errno says why not. */
static int read_all(int fd, int64_t ms, struct buf *reply)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;
		int ready = poll(&p, 1, ms > 0 ? (int)ms : -1);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready == 0)
			errno = ETIMEDOUT;
		if (ready <= 0)
			return -1;
		buf_reserve(reply, 16384);
		n = read(fd, reply->s + reply->len, 16384);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		reply->len += (size_t)n;
		reply->s[reply->len] = '\0';
		if (reply->len > REPLY_MAX) {
			errno = EMSGSIZE;
			return -1;
		}
	}
}

/* "HTTP/1.0 200 OK", headers, an empty line, the body. */
static int split(const struct buf *reply, int *status, struct buf *body)
{
	const char *end = strstr(reply->s, "\r\n\r\n");
	if (!end || strncmp(reply->s, "HTTP/1.", 7) != 0 || reply->len < 12)
		return -1;
	*status = atoi(reply->s + 9);
	if (body)
		buf_add(body, end + 4, reply->len - (size_t)(end + 4 - reply->s));
	return *status >= 100 ? 0 : -1;
}

int engine_request(const struct engine *en, const char *method, const char *path,
    int64_t ms, int *status, struct buf *out, struct err *err)
{
	auto_buf text = BUF_INIT;
	auto_buf reply = BUF_INIT;
	auto_fd fd = connect_to(en, err);
	if (fd < 0)
		return -1;
	buf_addf(&text, "%s %s HTTP/1.0\r\nHost: docker\r\n", method, path);
	if (strcmp(method, "POST") == 0)
		buf_adds(&text, "Content-Length: 0\r\n");
	buf_adds(&text, "\r\n");
	if (send_all(fd, text.s, text.len) < 0 || read_all(fd, ms, &reply) < 0)
		return no_answer(en, errno, err);
	if (split(&reply, status, out) < 0)
		return err_set(
		    err, ERR_FAIL, "what answers at %s is no docker engine", en->socket);
	return 0;
}

void engine_quote(struct buf *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (isalnum(c) || strchr("/-._~:@", c))
			buf_addc(out, (char)c);
		else
			buf_addf(out, "%%%02X", c);
	}
}

const char *engine_said(struct arena *a, const struct buf *body)
{
	struct err ignored = ERR_INIT;
	auto_json j = json_parse(body->s, body->len, "the engine's reply", &ignored);
	const char *message = j ? json_str(j, "message") : NULL;
	size_t n = body->len < SAID_MAX ? body->len : SAID_MAX;
	return message ? arena_strdup(a, message) : arena_strndup(a, body->s, n);
}
