/* SPDX-License-Identifier: MIT */
/* weburl.h -- the address of a page that shows a directory or file of a repository. */
#ifndef WEBURL_H
#define WEBURL_H

#include <stdbool.h>

#include "base/arena.h"

struct weburl {
	const char *repo; /* the repository's URL, user and password still in it */
	const char
	    *tree;    /* REF, or REF/dir, decoded; only the remote knows where REF ends */
	bool is_file; /* the directory's last component is a file in it */
};

/*
 * https://host/owner/repo/tree/REF/dir (GitHub and its like) or
 * https://host/group/.../repo/-/tree/REF/dir (GitLab), also with "blob" for "tree".
 * false: it is something else, and *out is untouched.
 */
bool weburl_split(struct arena *a, const char *url, struct weburl *out);

#endif
