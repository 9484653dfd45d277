/* SPDX-License-Identifier: MIT */
/*
 * request.h -- what the parent asks for, as one JSON line:
 *
 *   op         "checkout", "peek", "bring" (as "peek", and the submodules' mirrors have what
 *              a later checkout needs), "fetch" (the mirror alone) or "facts"
 *   url        for the transport, credentials included     (or `repo`)
 *   repo       the path of a repository on this machine, used in place
 *   origin     the URL for people and for the checkout's remote, without credentials
 *   host       for messages, or null
 *   version    branch, tag, commit or other revision; null: the default branch
 *   tree       of a page's address: "REF/dir", or null; tree_is_file: dir's last component
 *              is a file
 *   offline    nobody is asked: the mirror is taken as it is
 *   cache_dir  where mirrors are
 *   dest       the directory to make
 *   reuse      the caller holds <dest>.lock: dest may be another run's checkout (reuse.h)
 *   subdir     of peek: where the project is in the tree, "" at its root
 *   dir, ignore[]   of facts
 */
#ifndef REQUEST_H
#define REQUEST_H

#include "base/err.h"
#include "base/json.h"

struct request {
	cJSON *json; /* holds the strings */
	const char *op;
	const char *url, *repo, *origin, *host, *version;
	const char *cache_dir, *dest, *subdir;
	const char *tree;
	bool tree_is_file, offline;
	bool reuse;
	const char *dir;
	const cJSON *ignore;
};

int request_parse(struct request *rq, const char *text, size_t n, struct err *err);
void request_release(struct request *rq);

#endif
