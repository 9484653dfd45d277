/* SPDX-License-Identifier: MIT */
#include "server/guard.h"

#include <fnmatch.h>
#include <netinet/in.h>
#include <strings.h>

enum { HOST_MAX = 255 + 6 };

const char *guard_path(const struct guard *g, const char *path)
{
	size_t n = strlen(g->prefix), len = strlen(path);
	unsigned char diff = len < n;
	for (size_t i = 0; i < n; i++)
		diff |= (unsigned char)(g->prefix[i] ^ path[i < len ? i : len]);
	if (diff || (path[n] != '/' && path[n] != '\0' && path[n] != '?'))
		return NULL;
	return path + n;
}

struct host_port {
	char name[HOST_MAX + 1];
	int port; /* 0: none */
};

/* "name", "name:port", "[::1]:port" */
static bool split(const char *text, struct host_port *out)
{
	const char *colon = strrchr(text, ':'), *bracket = strrchr(text, ']');
	size_t n = strlen(text);
	out->port = 0;
	if (colon && (!bracket || colon > bracket)) {
		char *end;
		long port = strtol(colon + 1, &end, 10);
		if (colon[1] < '0' || colon[1] > '9' || *end || port < 1 || port > 65535)
			return false;
		out->port = (int)port;
		n = (size_t)(colon - text);
	}
	if (n == 0 || n > HOST_MAX)
		return false;
	memcpy(out->name, text, n);
	out->name[n] = '\0';
	return true;
}

static bool is_own_name(const struct listener *l, int fd, const char *name)
{
	char own[INET6_ADDRSTRLEN + 2];
	for (size_t i = 0; i < l->nnames; i++)
		if (strcasecmp(l->names[i], name) == 0)
			return true;
	if (!l->any)
		return false;
	socket_own_address(fd, own, sizeof(own));
	return *own && strcasecmp(own, name) == 0;
}

static bool is_allowed(const struct guard *g, const char *host, const char *name)
{
	for (size_t i = 0; i < g->nhosts; i++)
		if (fnmatch(g->hosts[i], host, FNM_CASEFOLD) == 0 ||
		    fnmatch(g->hosts[i], name, FNM_CASEFOLD) == 0 ||
		    strcasecmp(g->hosts[i], host) == 0)
			return true;
	return false;
}

bool guard_host(const struct guard *g, const struct listener *l, int fd, const char *host)
{
	struct host_port hp;
	if (!host || !split(host, &hp))
		return false;
	if (is_own_name(l, fd, hp.name)) {
		int port = hp.port ? hp.port : g->usual_port;
		if (port == l->port || l->port == 0)
			return true;
	}
	return is_allowed(g, host, hp.name);
}

bool guard_origin(const char *origin, const char *host)
{
	static const char *const loopback[] = {"localhost", "127.0.0.1", "[::1]"};
	const char *at = origin ? strstr(origin, "://") : NULL;
	struct host_port hp;
	if (!origin)
		return true;
	if (!at || !split(at + 3, &hp))
		return false;
	if (host && strcasecmp(at + 3, host) == 0)
		return true;
	if (strncmp(origin, "http://", 7) != 0)
		return false;
	for (size_t i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++)
		if (strcasecmp(hp.name, loopback[i]) == 0)
			return true;
	return false;
}
