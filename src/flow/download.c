/* SPDX-License-Identifier: MIT */
#include "flow/download.h"

#include <strings.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/urltext.h"
#include "source/archive.h"
#include "source/fetcher.h"

enum { TRIES = 3 };

/* file://localhost/path; percent-decoded where only that exists. */
static int local_file(
    struct arena *a, const char *text, const char **path, struct err *err)
{
	const char *decoded;
	*path = text;
	if (path_exists(*path))
		return 0;
	decoded = url_decode(a, text);
	if (decoded && path_exists(decoded)) {
		*path = decoded;
		return 0;
	}
	return err_set(err, ERR_USAGE, "no such file or directory: '%s'", text);
}

/* The digest may stand behind #, as that of a project's archive. */
static int split_uri(
    struct arena *a, const struct param *p, struct fetcher_ask *q, struct err *err)
{
	const char *hash = strchr(p->source, '#'), *rest = "";
	q->url =
	    hash ? arena_strndup(a, p->source, (size_t)(hash - p->source)) : p->source;
	if (hash && archive_split_fragment(a, hash + 1, &rest, &q->sha256, err) < 0)
		return -1;
	if (p->sha256)
		q->sha256 = p->sha256;
	q->shown = url_public(a, q->url);
	q->host = url_host(a, q->url);
	return 0;
}

static int fetch(
    const struct download *d, struct arena *a, struct param *p, struct err *err)
{
	struct fetcher_ask q = {.op = "download", .store = d->dir};
	auto_json done = NULL;
	if (split_uri(a, p, &q, err) < 0)
		return -1;
	if (strncasecmp(q.url, "file:", 5) == 0) {
		q.url += strlen("file://localhost");
		if (local_file(a, q.url, &q.path, err) < 0)
			return -1;
		q.url = q.host = NULL;
	}
	if (q.path && path_is_dir(q.path)) {
		p->used = q.path; /* used in place */
		return 0;
	}
	for (int tries = 0;; tries++) {
		if (fetcher_ask(d->ctx, &q, &done, err) < 0)
			return -1;
		p->used =
		    arena_strdup(a, json_str(done, "path") ? json_str(done, "path") : "");
		/* a collector may get in before we hold it, but hardly again */
		if (holds_add(d->holds, path_dir(a, p->used)) && path_exists(p->used))
			break;
		if (tries == TRIES)
			return err_set(err, ERR_FAIL, "'%s' is gone again", p->used);
		cJSON_Delete(steal_ptr(&done));
	}
	p->sha256 =
	    json_str(done, "sha256") ? arena_strdup(a, json_str(done, "sha256")) : NULL;
	ctx_say(d->ctx, SAY_DEBUG, "parameter '%s' is %s", p->name, p->used);
	return 0;
}

int download_param(void *arg, struct arena *a, struct param *p, struct err *err)
{
	return fetch(arg, a, p, err) < 0 ? err_wrap(err, "parameter '%s'", p->name) : 0;
}
