/* SPDX-License-Identifier: MIT */
/*
 * artifacts.c -- the artifact proxy: what MLflow's clients ask for where an artifact URI
 * is mlflow-artifacts:, and /get-artifact.
 */
#include "server/exchange.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "base/urltext.h"
#include "track/run_store.h"

static const char *behind(const char *path, const char *start)
{
	size_t n = strlen(start);
	return strncmp(path, start, n) == 0 ? path + n : NULL;
}

/* What follows ".../mlflow-artifacts/", or NULL. */
static const char *proxy_path(const char *path)
{
	const char *p = behind(path, "/api/2.0/mlflow-artifacts/");
	return p ? p : behind(path, "/ajax-api/2.0/mlflow-artifacts/");
}

bool artifacts_owns(const char *path)
{
	return proxy_path(path) || strcmp(path, "/get-artifact") == 0;
}

static int check_served(struct exchange *ex)
{
	if (ex->sv->options->artifacts)
		return 0;
	/* MLflow answers 503 here, which its clients repeat for minutes */
	exchange_fail(ex, 501, "NOT_IMPLEMENTED",
	    "This server does not serve artifacts: it runs with --no-serve-artifacts");
	return -1;
}

static int check_may_write(struct exchange *ex)
{
	if (!ex->sv->options->read_only)
		return 0;
	exchange_fail(ex, 403, "PERMISSION_DENIED", "This server is read-only.");
	return -1;
}

/* The checked path of a file; NULL: refused. */
static const char *take_path(struct exchange *ex, const char *text)
{
	struct err err = ERR_INIT;
	const char *path = artifact_path(&ex->arena, text, &err);
	if (!path)
		exchange_fail_err(ex, &err);
	return path;
}

void artifacts_begin(struct exchange *ex)
{
	const char *rest = proxy_path(ex->path);
	const char *file = rest ? behind(rest, "artifacts/") : NULL, *path;
	struct err err = ERR_INIT;
	if (!file)
		return; /* a wrong method, as artifacts_answer will say */
	if (check_served(ex) < 0 || check_may_write(ex) < 0)
		return;
	path = take_path(ex, file);
	if (!path)
		return;
	ex->upload = upload_begin(ex->sv->options->artifacts, path, &err);
	if (!ex->upload)
		exchange_fail_err(ex, &err);
}

static void answer_json(struct exchange *ex, const char *text)
{
	struct api_reply *r = &ex->reply.api;
	r->status = 200;
	r->content_type = "application/json";
	if (text)
		buf_adds(&r->body, text);
}

/* Digits and nothing else up to `end`. */
static bool is_number(const char *s, const char *end, uint64_t *out)
{
	char *stop;
	*out = strtoull(s, &stop, 10);
	return *s >= '0' && *s <= '9' && stop == end;
}

/*
 * "bytes=2-5", "bytes=2-", "bytes=-5" of `size` bytes.  1: *first to *last; -1: there are
 * no such bytes; 0: nothing that we know, so the whole.
 */
static int parse_range(const char *s, uint64_t size, uint64_t *first, uint64_t *last)
{
	const char *dash, *end;
	uint64_t n;
	if (!s || strncmp(s, "bytes=", 6) != 0 || !(dash = strchr(s += 6, '-')))
		return 0;
	end = s + strlen(s);
	*last = size ? size - 1 : 0;
	if (dash == s) {
		if (!is_number(s + 1, end, &n))
			return 0;
		*first = n < size ? size - n : 0;
		return n == 0 || size == 0 ? -1 : 1;
	}
	if (!is_number(s, dash, first) || (dash[1] && !is_number(dash + 1, end, &n)))
		return 0;
	if (dash[1] && n < *first)
		return 0;
	if (dash[1] && n < *last)
		*last = n;
	return *first >= size ? -1 : 1;
}

static void answer_range(struct exchange *ex, uint64_t size)
{
	struct reply *r = &ex->reply;
	uint64_t first = 0, last = 0;
	int part = parse_range(ex->range, size, &first, &last);
	r->size = size;
	if (part < 0) {
		exchange_fail_text(ex, 416, "Requested Range Not Satisfiable\n");
		fd_close(&r->fd);
		return;
	}
	r->api.status = part ? 206 : 200;
	r->offset = part ? first : 0;
	r->length = part ? last - first + 1 : size;
}

static void answer_file(struct exchange *ex, const char *root, const char *path)
{
	struct reply *r = &ex->reply;
	struct err err = ERR_INIT;
	struct stat st;
	r->fd = artifact_open(root, path, &st, &err);
	if (r->fd < 0) {
		exchange_fail_err(ex, &err);
		return;
	}
	r->api.content_type = artifact_type(path);
	r->file_name = path_base(path);
	snprintf(r->etag, sizeof(r->etag), "\"%llx-%llx\"",
	    (unsigned long long)st.st_mtim.tv_sec * 1000000000 +
		(unsigned long long)st.st_mtim.tv_nsec,
	    (unsigned long long)st.st_size);
	if (ex->if_none_match && strcmp(ex->if_none_match, r->etag) == 0) {
		fd_close(&r->fd);
		r->api.status = 304;
		return;
	}
	if (ex->if_range && strcmp(ex->if_range, r->etag) != 0)
		ex->range = NULL; /* the rest of another file would do harm */
	answer_range(ex, (uint64_t)st.st_size);
}

static void answer_list(struct exchange *ex)
{
	const char *given = kvs_get(&ex->query, "path");
	const char *path = take_path(ex, given ? given : "");
	struct err err = ERR_INIT;
	if (!path)
		return;
	answer_json(ex, NULL);
	if (artifact_list(&ex->arena, ex->sv->options->artifacts, path,
		&ex->reply.api.body, &err) < 0)
		exchange_fail_err(ex, &err);
}

static void answer_one(struct exchange *ex, const char *text)
{
	const char *root = ex->sv->options->artifacts, *path;
	struct err err = ERR_INIT;
	if (ex->upload) {
		if (upload_finish(ex->upload, &err) < 0)
			exchange_fail_err(ex, &err);
		else
			answer_json(ex, "{}");
		return;
	}
	path = take_path(ex, text);
	if (!path)
		return;
	if (ex->verb == API_GET) {
		answer_file(ex, root, path);
	} else if (ex->verb == API_DELETE) {
		if (check_may_write(ex) < 0)
			return;
		if (artifact_remove(&ex->arena, root, path, &err) < 0)
			exchange_fail_err(ex, &err);
		else
			answer_json(ex, "{}");
	} else {
		exchange_fail(ex, 405, "BAD_REQUEST", "Method Not Allowed");
	}
}

static int find_run(
    struct exchange *ex, const char *id, struct run_record *run, struct err *err)
{
	struct dbslot *slot = dbpool_take(&ex->sv->pool, err);
	int rc;
	if (!slot)
		return -1;
	rc = run_read(&slot->db, &ex->arena, id, run, err);
	dbpool_give(&ex->sv->pool, slot);
	return rc;
}

/* GET /get-artifact?run_id=&path= */
static void answer_of_run(struct exchange *ex)
{
	const struct artifact_dirs dirs = {
	    ex->sv->options->artifacts, ex->sv->options->artifact_root};
	const char *id = kvs_get(&ex->query, "run_id");
	const char *text = kvs_get(&ex->query, "path"), *path, *root, *below = NULL;
	struct run_record run;
	struct err err = ERR_INIT;
	if (!id)
		id = kvs_get(&ex->query, "run_uuid");
	if (!id || !text || ex->verb != API_GET) {
		exchange_fail(ex, ex->verb == API_GET ? 400 : 405,
		    ex->verb == API_GET ? "INVALID_PARAMETER_VALUE" : "BAD_REQUEST",
		    ex->verb == API_GET ? "run_id and path are needed"
					: "Method Not Allowed");
		return;
	}
	path = take_path(ex, text);
	if (!path)
		return;
	if (find_run(ex, id, &run, &err) < 0) {
		exchange_fail_err(ex, &err);
		return;
	}
	root = artifact_place(&ex->arena, &dirs, run.artifact_uri, &below);
	below =
	    root ? take_path(ex, arena_printf(&ex->arena, "%s/%s", below, path)) : NULL;
	if (below)
		answer_file(ex, root, below);
	else if (!ex->refused)
		exchange_fail(ex, 501, "NOT_IMPLEMENTED",
		    "The artifacts of this run are in a place that this server does not "
		    "serve");
}

void artifacts_answer(struct exchange *ex)
{
	const char *rest = proxy_path(ex->path), *file;
	if (!rest) {
		answer_of_run(ex);
		return;
	}
	file = behind(rest, "artifacts/");
	if (check_served(ex) < 0)
		return;
	if (strcmp(rest, "artifacts") == 0 && ex->verb == API_GET)
		answer_list(ex);
	else if (strcmp(rest, "artifacts") == 0)
		exchange_fail(ex, 405, "BAD_REQUEST", "Method Not Allowed");
	else if (file && *file)
		answer_one(ex, file);
	else if (behind(rest, "mpu/"))
		exchange_fail(ex, 501, "NOT_IMPLEMENTED",
		    "Multipart upload is not supported for the current artifact "
		    "repository");
	else if (behind(rest, "presigned/"))
		exchange_fail(ex, 501, "NOT_IMPLEMENTED",
		    "Multipart download is not supported for the current artifact "
		    "repository");
	else
		exchange_fail(ex, 404, "ENDPOINT_NOT_FOUND", "Not Found");
}
