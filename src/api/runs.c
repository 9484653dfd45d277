/* SPDX-License-Identifier: MIT */
/* runs.c -- requests about runs as such; logging.c adds to them, search.c finds them. */
#include "api/handlers.h"
#include "api/shapes.h"
#include "track/names.h"
#include "track/run_edit.h"
#include "track/run_store.h"

struct create_request {
	const char *experiment_id, *user_id, *run_name;
	int64_t start_time;
	struct kvs tags;
};
static const struct field create_fields[] = {
    FIELD(struct create_request, experiment_id, FIELD_STR),
    FIELD(struct create_request, user_id, FIELD_STR),
    FIELD(struct create_request, run_name, FIELD_STR),
    FIELD(struct create_request, start_time, FIELD_INT),
    FIELD(struct create_request, tags, FIELD_MSGS, .sub = &kv_request_message),
    {0},
};
const struct message create_run_message = MESSAGE(struct create_request, create_fields);

struct run_reply {
	struct run_shape *run;
};
static const struct field run_reply_fields[] = {
    FIELD(struct run_reply, run, FIELD_MSG, .sub = &run_message),
    {0},
};
const struct message run_reply_message = MESSAGE(struct run_reply, run_reply_fields);

struct get_request {
	const char *run_id;
};
static const struct field get_fields[] = {
    FIELD(struct get_request, run_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD_RUN_UUID(struct get_request),
    {0},
};
const struct message run_id_message = MESSAGE(struct get_request, get_fields);

struct update_request {
	const char *run_id, *run_name;
	int64_t end_time;
	int status; /* enum run_status + 1 */
};
static const struct field update_fields[] = {
    FIELD(struct update_request, run_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD_RUN_UUID(struct update_request),
    FIELD(struct update_request, end_time, FIELD_INT, .dflt = -1),
    FIELD(struct update_request, status, FIELD_ENUM, .names = run_status_names),
    FIELD(struct update_request, run_name, FIELD_STR),
    {0},
};
const struct message update_run_message = MESSAGE(struct update_request, update_fields);

struct update_reply {
	struct run_info_shape *run_info;
};
static const struct field update_reply_fields[] = {
    FIELD(struct update_reply, run_info, FIELD_MSG, .sub = &run_info_message),
    {0},
};
const struct message run_info_reply_message =
    MESSAGE(struct update_reply, update_reply_fields);

struct tag_request {
	const char *run_id, *key;
};
static const struct field tag_fields[] = {
    FIELD(struct tag_request, run_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct tag_request, key, FIELD_STR, .flags = FIELD_REQUIRED),
    {0},
};
const struct message delete_run_tag_message = MESSAGE(struct tag_request, tag_fields);

/* One name, wherever it was given; NULL where it was not. */
static int choose_name(const struct create_request *rq, const char **out, struct err *err)
{
	const char *tag = kvs_get(&rq->tags, "mlflow.runName");
	*out = rq->run_name && *rq->run_name ? rq->run_name : NULL;
	if (!tag || !*tag)
		return 0;
	if (*out && strcmp(*out, tag) != 0)
		return err_set(err, ERR_USAGE,
		    "Both 'run_name' argument and 'mlflow.runName' tag are specified, "
		    "but "
		    "with different values (run_name='%s', mlflow.runName='%s').",
		    *out, tag);
	*out = tag;
	return 0;
}

static bool may_be_repeated(const struct api *api, int64_t start)
{
	return api->repeat_until && start >= api->repeat_since &&
	       start <= api->repeat_until;
}

/* 0: *out is a run that is there; -1 with ERR_NOTFOUND: a new one is wanted. */
static int find_repeated(struct api *api, struct arena *a, const struct run_new *new,
    struct run_record *out, struct err *err)
{
	if (!may_be_repeated(api, new->start_time))
		return err_set(err, ERR_NOTFOUND, "it is new");
	return run_find_repeated(api->db, a, new, out, err);
}

/* As they are stored: the last of each key, and the name. */
static struct kvs stored_tags(struct arena *a, const struct run_record *r)
{
	struct kvs out = {arena_array(a, r->tags.n + 1, sizeof(*out.v)), 0};
	for (size_t i = 0; i < r->tags.n; i++) {
		const struct kvs later = {r->tags.v + i + 1, r->tags.n - i - 1};
		const struct kv *t = &r->tags.v[i];
		if (!kvs_get(&later, t->key) && strcmp(t->key, "mlflow.runName") != 0)
			out.v[out.n++] =
			    (struct kv){t->key, text_fit(a, t->value, TAG_MAX)};
	}
	out.v[out.n++] = (struct kv){"mlflow.runName", r->name};
	return out;
}

static int insert(struct api *api, struct arena *a, struct run_new *new,
    struct run_record *out, struct err *err)
{
	char id[33];
	run_id_new(id);
	new->run_id = id;
	if (run_insert(api->db, a, new, out, err) < 0)
		return -1;
	out->tags = stored_tags(a, out);
	return 0;
}

static struct kvs with_parent(
    const struct api *api, struct arena *a, const struct kvs *tags)
{
	static const char parent[] = "mlflow.parentRunId";
	const char *type = kvs_get(tags, "mlflow.source.type");
	struct kvs out = {arena_array(a, tags->n + 1, sizeof(*out.v)), tags->n};
	if (!api->parent_run || !type || strcmp(type, "PROJECT") != 0 ||
	    kvs_get(tags, parent))
		return *tags;
	if (tags->n)
		memcpy(out.v, tags->v, tags->n * sizeof(*out.v));
	out.v[out.n++] = (struct kv){parent, api->parent_run};
	return out;
}

int answer_create_run(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct create_request *rq = in;
	bool has_experiment = rq->experiment_id && *rq->experiment_id;
	struct run_new new = {.user = rq->user_id ? rq->user_id : "",
	    .start_time = rq->start_time,
	    .experiment = {.id = has_experiment ? rq->experiment_id : "0"},
	    .tags = with_parent(api, a, &rq->tags)};
	struct err none = ERR_INIT;
	struct run_record r;
	if (choose_name(rq, &new.name, err) < 0)
		return -1;
	if (find_repeated(api, a, &new, &r, &none) < 0 &&
	    insert(api, a, &new, &r, err) < 0)
		return -1;
	((struct run_reply *)out)->run = arena_new(a, struct run_shape);
	run_shape(a, &r, NULL, ((struct run_reply *)out)->run);
	return 0;
}

static int read_whole(struct db *db, struct arena *a, const char *run_id,
    struct run_record *r, struct run_inputs *inputs, struct err *err)
{
	if (run_read_row(db, a, run_id, r, err) < 0 || runs_fill(db, a, r, 1, err) < 0)
		return -1;
	return runs_inputs_fill(db, a, r, 1, inputs, err);
}

int answer_get_run(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct get_request *rq = in;
	struct run_record r;
	struct run_inputs inputs = {0};
	if (db_begin_read(api->db, err) < 0 ||
	    db_end(api->db, read_whole(api->db, a, rq->run_id, &r, &inputs, err), err) <
		0)
		return -1;
	((struct run_reply *)out)->run = arena_new(a, struct run_shape);
	run_shape(a, &r, &inputs, ((struct run_reply *)out)->run);
	return 0;
}

int answer_update_run(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct update_request *rq = in;
	struct run_change change = {rq->status - 1, rq->end_time, rq->run_name};
	struct run_record r;
	if (run_change(api->db, a, rq->run_id, &change, &r, err) < 0)
		return -1;
	((struct update_reply *)out)->run_info = arena_new(a, struct run_info_shape);
	run_info_shape(a, &r, ((struct update_reply *)out)->run_info);
	return 0;
}

int answer_delete_run(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	(void)a, (void)out;
	return run_set_deleted(
	    api->db, ((const struct get_request *)in)->run_id, true, err);
}

int answer_restore_run(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	(void)a, (void)out;
	return run_set_deleted(
	    api->db, ((const struct get_request *)in)->run_id, false, err);
}

int answer_delete_run_tag(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct tag_request *rq = in;
	(void)a, (void)out;
	return run_delete_tag(api->db, rq->run_id, rq->key, err);
}
