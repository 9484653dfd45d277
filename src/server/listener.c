/* SPDX-License-Identifier: MIT */
#include "server/listener.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/cleanup.h"

enum { FIRST = 3, BACKLOG = 1024, NAMES = 6 };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage room;
};

static bool is_mapped(const union address *at)
{
	return at->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&at->v6.sin6_addr);
}

/* "1.2.3.4" or "::1"; "" for what is no Internet address. */
static void address_text(const union address *at, char *out, size_t size)
{
	const void *ip = at->any.sa_family == AF_INET ? (const void *)&at->v4.sin_addr
						      : (const void *)&at->v6.sin6_addr;
	int family = at->any.sa_family;
	out[0] = '\0';
	if (is_mapped(at)) {
		ip = &at->v6.sin6_addr.s6_addr[12];
		family = AF_INET;
	}
	if (family == AF_INET || family == AF_INET6)
		inet_ntop(family, ip, out, (socklen_t)size);
}

static bool is_loopback(const union address *at)
{
	if (at->any.sa_family == AF_INET)
		return ntohl(at->v4.sin_addr.s_addr) >> 24 == 127;
	if (is_mapped(at))
		return at->v6.sin6_addr.s6_addr[12] == 127;
	if (at->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&at->v6.sin6_addr);
	return true;
}

static bool is_any(const union address *at)
{
	if (at->any.sa_family == AF_INET)
		return at->v4.sin_addr.s_addr == htonl(INADDR_ANY);
	return at->any.sa_family == AF_INET6 &&
	       IN6_IS_ADDR_UNSPECIFIED(&at->v6.sin6_addr);
}

static void add_name(struct arena *a, struct listener *l, const char *name)
{
	char *s = arena_strdup(a, name);
	for (char *p = s; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	for (size_t i = 0; i < l->nnames; i++)
		if (strcmp(l->names[i], s) == 0)
			return;
	if (*s && l->nnames < NAMES)
		l->names[l->nnames++] = s;
}

static void name_it(
    struct arena *a, struct listener *l, const union address *at, const char *host)
{
	char ip[INET6_ADDRSTRLEN], own[256] = "";
	bool six = at->any.sa_family == AF_INET6 && !is_mapped(at);
	address_text(at, ip, sizeof(ip));
	l->names = arena_array(a, NAMES, sizeof(*l->names));
	if (!l->any && *ip)
		add_name(a, l, six ? arena_printf(a, "[%s]", ip) : ip);
	if (host && !l->any && !strchr(host, ':'))
		add_name(a, l, host);
	if (l->loopback || l->any) {
		add_name(a, l, "localhost");
		add_name(a, l, "127.0.0.1");
		add_name(a, l, "[::1]");
	}
	if (l->any && gethostname(own, sizeof(own) - 1) == 0)
		add_name(a, l, own);
	l->at = l->port == 0 ? "a socket of the file system"
		: six	     ? arena_printf(a, "[%s]:%d", ip, l->port)
			     : arena_printf(a, "%s:%d", ip, l->port);
}

static int describe(
    struct arena *a, struct listener *l, const char *host, struct err *err)
{
	union address at = {.room = {.ss_family = AF_UNSPEC}};
	socklen_t n = sizeof(at);
	if (getsockname(l->fd, &at.any, &n) < 0)
		return err_sys(err, errno, "cannot use descriptor %d to listen", l->fd);
	if (at.any.sa_family == AF_INET)
		l->port = ntohs(at.v4.sin_port);
	else if (at.any.sa_family == AF_INET6)
		l->port = ntohs(at.v6.sin6_port);
	l->loopback = is_loopback(&at);
	l->any = is_any(&at);
	name_it(a, l, &at, host);
	return 0;
}

static long number_of(const char *name)
{
	const char *s = getenv(name);
	return s && *s ? strtol(s, NULL, 10) : 0;
}

int listeners_handed_over(void)
{
	long n = number_of("LISTEN_FDS"), pid = number_of("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	if (n <= 0 || (pid > 0 && pid != (long)getpid()))
		return 0;
	return n > LISTENERS_MAX ? LISTENERS_MAX + 1 : (int)n;
}

int listeners_take(struct arena *a, struct listeners *ls, int n, struct err *err)
{
	if (n > LISTENERS_MAX)
		return err_set(err, ERR_USAGE, "more than %d sockets were handed over",
		    (int)LISTENERS_MAX);
	for (int i = 0; i < n; i++) {
		int fd = FIRST + i, on = 0;
		socklen_t size = sizeof(on);
		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &size) < 0 || !on)
			return err_set(err, ERR_USAGE,
			    "descriptor %d, which was handed over, does not listen", fd);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		ls->v[ls->n].fd = fd;
		if (describe(a, &ls->v[ls->n++], NULL, err) < 0)
			return -1;
	}
	return 0;
}

static int bind_one(const struct addrinfo *ai)
{
	auto_fd fd = socket(
	    ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, ai->ai_protocol);
	int on = 1;
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
		return -1;
	return steal_fd(&fd);
}

static int cannot_listen(const char *host, int port, int errnum, struct err *err)
{
	err_sys(err, errnum, "cannot listen on %s port %d", host, port);
	if (errnum == EADDRINUSE)
		err_hint(err, "another program is there; --port takes another number, 0 "
			      "a free one");
	return -1;
}

/* ::1 may be in /etc/hosts of a machine that has no IPv6. */
static bool passes_over(int errnum, const struct listeners *ls, const struct addrinfo *ai)
{
	return (errnum == EAFNOSUPPORT || errnum == EADDRNOTAVAIL) &&
	       (ls->n > 0 || ai->ai_next);
}

int listeners_bind(
    struct arena *a, struct listeners *ls, const char *host, int port, struct err *err)
{
	struct addrinfo want = {.ai_socktype = SOCK_STREAM,
			    .ai_flags = AI_PASSIVE | AI_NUMERICSERV},
			*found = NULL;
	int rc, failed = 0;
	rc = getaddrinfo(host, arena_printf(a, "%d", port), &want, &found);
	if (rc != 0)
		return err_set(err, ERR_FAIL, "cannot listen on '%s': %s", host,
		    rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
	for (const struct addrinfo *ai = found; ai && ls->n < LISTENERS_MAX && !failed;
	     ai = ai->ai_next) {
		struct listener *l = &ls->v[ls->n];
		l->fd = bind_one(ai);
		if (l->fd >= 0) {
			ls->n++;
			failed = describe(a, l, host, err) < 0 ? EINVAL : 0;
		} else if (!passes_over(errno, ls, ai)) {
			failed = errno;
			cannot_listen(host, port, failed, err);
		}
	}
	freeaddrinfo(found);
	if (failed || ls->n > 0)
		return failed ? -1 : 0;
	return err_set(err, ERR_FAIL, "this machine has no address '%s'", host);
}

void listeners_close(struct listeners *ls)
{
	for (size_t i = 0; i < ls->n; i++)
		fd_close(&ls->v[i].fd);
	ls->n = 0;
}

void socket_own_address(int fd, char *out, size_t size)
{
	union address at = {.room = {.ss_family = AF_UNSPEC}};
	socklen_t n = sizeof(at);
	char ip[INET6_ADDRSTRLEN];
	out[0] = '\0';
	if (getsockname(fd, &at.any, &n) < 0)
		return;
	address_text(&at, ip, sizeof(ip));
	snprintf(out, size, strchr(ip, ':') ? "[%s]" : "%s", ip);
}

void socket_peer(int fd, char *out, size_t size)
{
	union address at = {.room = {.ss_family = AF_UNSPEC}};
	socklen_t n = sizeof(at);
	out[0] = '\0';
	if (getpeername(fd, &at.any, &n) == 0)
		address_text(&at, out, size);
	if (!out[0])
		snprintf(out, size, "local");
}
