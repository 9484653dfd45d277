/* SPDX-License-Identifier: MIT */
/* address.h -- the address of a repository, taken apart as git does it. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

enum address_kind {
	ADDRESS_HTTP, /* and https */
	ADDRESS_SSH,  /* ssh://, git+ssh://, ssh+git://, [user@]host:path */
	ADDRESS_GIT,
	ADDRESS_LOCAL, /* a path, or file:// */
	ADDRESS_OTHER, /* what git would start a program for, or nobody knows */
};

/* Strings live in the arena; NULL: not in it. */
struct address {
	enum address_kind kind;
	const char *scheme;	     /* in small letters; "ssh" for host:path */
	const char *user, *password; /* decoded */
	const char *host;	     /* without port and brackets */
	const char *port;
	const char *path;  /* http, git: as written; ssh, local: decoded */
	const char *plain; /* the whole, without user name and password */
	const char *shown; /* for people: likewise, and its query without secrets */
};

/*
 * -1: a host or path that could be taken for an option, a control character, or no host
 * where one is needed.
 */
int address_parse(
    struct arena *a, const char *text, struct address *out, struct err *err);

#endif
