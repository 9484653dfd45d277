/* SPDX-License-Identifier: MIT */
/* artifacts.c -- the list of a run's artifacts; bytes are the server's business. */
#include "api/handlers.h"
#include "api/shapes.h"
#include "track/artifact_dir.h"
#include "track/run_store.h"

struct list_request {
	const char *run_id, *path;
};
static const struct field list_fields[] = {
    FIELD(struct list_request, run_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD_RUN_UUID(struct list_request),
    FIELD(struct list_request, path, FIELD_STR),
    {0},
};
const struct message list_artifacts_message = MESSAGE(struct list_request, list_fields);

struct file_shape {
	const char *path;
	bool is_dir;
	int64_t file_size;
};
static const struct field file_fields[] = {
    FIELD(struct file_shape, path, FIELD_STR),
    FIELD(struct file_shape, is_dir, FIELD_BOOL),
    FIELD(struct file_shape, file_size, FIELD_INT, .flags = FIELD_OMIT),
    {0},
};
static const struct message file_message = MESSAGE(struct file_shape, file_fields);

struct list_reply {
	const char *root_uri;
	struct msgs files;
};
static const struct field list_reply_fields[] = {
    FIELD(struct list_reply, root_uri, FIELD_STR),
    FIELD(struct list_reply, files, FIELD_MSGS, .sub = &file_message),
    {0},
};
const struct message artifacts_message = MESSAGE(struct list_reply, list_reply_fields);

/* Both parts are what artifact_path() makes. */
static const char *join(struct arena *a, const char *dir, const char *name)
{
	return *dir && *name ? arena_printf(a, "%s/%s", dir, name) : *dir ? dir : name;
}

static struct msgs files_shape(
    struct arena *a, const char *dir, const struct artifact_item *v, size_t n)
{
	struct file_shape *out = arena_array(a, n, sizeof(*out));
	for (size_t i = 0; i < n; i++)
		out[i] = (struct file_shape){.path = join(a, dir, v[i].name),
		    .is_dir = v[i].is_dir,
		    .file_size = v[i].is_dir ? 0 : v[i].size};
	return (struct msgs){out, n};
}

static int run_uri(struct api *api, struct arena *a, const char *run_id, const char **out,
    struct err *err)
{
	struct run_record r;
	int rc;
	if (db_begin_read(api->db, err) < 0)
		return -1;
	rc = db_end(api->db, run_read_row(api->db, a, run_id, &r, err), err);
	*out = rc == 0 ? r.artifact_uri : NULL;
	return rc;
}

int answer_list_artifacts(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct list_request *rq = in;
	struct list_reply *reply = out;
	struct artifact_dirs dirs = {api->artifacts, api->artifact_root};
	const char *path = artifact_path(a, rq->path ? rq->path : "", err), *root, *below;
	struct artifact_item *v;
	size_t n;
	if (!path || run_uri(api, a, rq->run_id, &reply->root_uri, err) < 0)
		return -1;
	root = artifact_place(a, &dirs, reply->root_uri, &below);
	if (!root)
		return api_refuse(api, err, 501, "NOT_IMPLEMENTED",
		    "The artifacts of this run are in a place that this server does not "
		    "serve");
	if (artifact_items(a, root, join(a, below, path), &v, &n, err) < 0)
		return -1;
	reply->files = files_shape(a, path, v, n);
	return 0;
}
