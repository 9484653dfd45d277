/* SPDX-License-Identifier: MIT */
/*
 * http.h -- one file by http or https into a partial file that a later attempt, also of
 * another process, can go on with.  The only user of libcurl.
 */
#ifndef HTTP_H
#define HTTP_H

#include "base/arena.h"
#include "fetch/digest.h"
#include "fetch/request.h"

/* How a server tells one content of a URL from another; NULL: it does not. */
struct validators {
	const char *etag, *modified;
};

struct http {
	/* given */
	struct arena *a;
	const struct request *rq;
	struct meter *meter;
	const char *part;	/* the partial file */
	const char *part_facts; /* whose content it is */
	struct validators
	    known;    /* of the content that we have; asks whether it changed */
	bool archive; /* what is no archive is not wanted */
	bool by_etag; /* another URL may share the slot: a time says nothing of it */
	/* the answer */
	int fd;			     /* the partial file, complete */
	char sha256[DIGEST_HEX + 1]; /* of it */
	int64_t size;
	struct validators got;
	bool unchanged;	  /* what is known still holds; nothing was fetched */
	bool unreachable; /* on failure: the server did not answer at all */
};

/*
 * 0: unchanged, or the whole file is in fd, which the caller closes.  -1: *err; a partial
 * file that can be gone on with is left.
 */
int http_get(struct http *h, struct err *err);

#endif
