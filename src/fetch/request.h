/* SPDX-License-Identifier: MIT */
/*
 * request.h -- what the parent asks for, as one JSON line:
 *
 *   op       "extract"   an archive, into dest
 *            "peek"      only its manifests and environment files, into dest
 *            "download"  a file, into the store
 *   url      for the transport, credentials included                   (or `path`)
 *   path     a file on this machine
 *   shown    the URL or path for people, without credentials
 *   host     for messages, or null
 *   sha256   64 hex digits that the file must have, or null
 *   store    the directory where downloads are kept
 *   dest     the directory to make (peek: to fill)
 *   subdir   of peek: where the project is in the archive, "" at its root
 *   sniff    it may well be no archive: then the error is ERR_CONFLICT, and nothing more
 *            than its first bytes is fetched
 *   offline  nobody is asked: what the URL's content was is taken, or ERR_NOTFOUND
 *   max      most bytes to download, and to extract; null: FETCH_MAX_BYTES
 */
#ifndef REQUEST_H
#define REQUEST_H

#include "base/err.h"
#include "base/json.h"

#define FETCH_MAX_BYTES (INT64_C(8) << 30)

enum fetch_op { FETCH_EXTRACT, FETCH_PEEK, FETCH_DOWNLOAD };

struct request {
	cJSON *json; /* holds the strings */
	enum fetch_op op;
	const char *url, *path, *shown, *host, *sha256;
	const char *store, *dest, *subdir;
	bool sniff, offline;
	int64_t max;
};

int request_parse(struct request *rq, const char *text, size_t n, struct err *err);
void request_release(struct request *rq);

#endif
