/* SPDX-License-Identifier: MIT */
/* logged_models.c -- logged-models and what stands below. */
#include "track/logged_model.h"

#include "api/given.h"
#include "api/handlers.h"
#include "api/model_shapes.h"
#include "api/shapes.h"

struct one_logged_model {
	struct logged_model_shape *model;
};
static const struct field one_fields[] = {
    FIELD(struct one_logged_model, model, FIELD_MSG, .sub = &logged_model_message),
    {0},
};
const struct message one_logged_model_message =
    MESSAGE(struct one_logged_model, one_fields);

static void give(struct arena *a, const struct logged_model *m, void *out)
{
	struct one_logged_model *reply = out;
	reply->model = arena_new(a, struct logged_model_shape);
	logged_model_shape(a, m, reply->model);
}

struct create {
	const char *experiment_id, *name, *model_type, *source_run_id;
	struct kvs params, tags;
};
static const struct field create_fields[] = {
    FIELD(struct create, experiment_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct create, name, FIELD_STR),
    FIELD(struct create, model_type, FIELD_STR),
    FIELD(struct create, source_run_id, FIELD_STR),
    FIELD(struct create, params, FIELD_MSGS, .sub = &kv_request_message),
    FIELD(struct create, tags, FIELD_MSGS, .sub = &kv_request_message),
    {0},
};
const struct message create_logged_model_message = MESSAGE(struct create, create_fields);

int answer_create_logged_model(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct create *rq = in;
	struct logged_model m;
	const struct logged_model_new new = {.experiment_id = rq->experiment_id,
	    .name = rq->name,
	    .type = given(rq->model_type),
	    .source_run_id = given(rq->source_run_id),
	    .params = kvs_given(a, &rq->params),
	    .tags = kvs_given(a, &rq->tags),
	    .repeat = {api->repeat_since, api->repeat_until}};
	if (logged_model_insert(api->db, a, &new, &m, err) < 0)
		return -1;
	give(a, &m, out);
	return 0;
}

struct which {
	const char *model_id;
	bool allow_deleted;
};
static const struct field which_fields[] = {
    FIELD(struct which, model_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct which, allow_deleted, FIELD_BOOL),
    {0},
};
const struct message which_logged_model_message = MESSAGE(struct which, which_fields);

int answer_get_logged_model(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct which *rq = in;
	struct logged_model m;
	if (logged_model_read(api->db, a, rq->model_id, rq->allow_deleted, &m, err) < 0)
		return -1;
	give(a, &m, out);
	return 0;
}

int answer_delete_logged_model(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct which *rq = in;
	(void)a, (void)out;
	return logged_model_delete(api->db, rq->model_id, err);
}

struct finalize {
	const char *model_id;
	int status;
};
static const struct field finalize_fields[] = {
    FIELD(struct finalize, model_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct finalize, status, FIELD_ENUM, .names = logged_model_status_names,
	.flags = FIELD_REQUIRED),
    {0},
};
const struct message finalize_logged_model_message =
    MESSAGE(struct finalize, finalize_fields);

int answer_finalize_logged_model(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct finalize *rq = in;
	struct logged_model m;
	if (logged_model_finalize(api->db, a, rq->model_id,
		(enum logged_model_status)rq->status, &m, err) < 0)
		return -1;
	give(a, &m, out);
	return 0;
}

struct additions {
	const char *model_id;
	struct kvs tags, params;
};
static const struct field additions_fields[] = {
    FIELD(struct additions, model_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct additions, tags, FIELD_MSGS, .sub = &kv_request_message),
    FIELD(struct additions, params, FIELD_MSGS, .sub = &kv_request_message),
    {0},
};
const struct message add_to_logged_model_message =
    MESSAGE(struct additions, additions_fields);

int answer_set_logged_model_tags(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct additions *rq = in;
	const struct kvs tags = kvs_given(a, &rq->tags);
	(void)out;
	return logged_model_set_tags(api->db, rq->model_id, &tags, err);
}

int answer_log_logged_model_params(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct additions *rq = in;
	const struct kvs params = kvs_given(a, &rq->params);
	(void)out;
	return logged_model_add_params(api->db, rq->model_id, &params, err);
}

struct which_tag {
	const char *model_id, *key;
};
static const struct field which_tag_fields[] = {
    FIELD(struct which_tag, model_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct which_tag, key, FIELD_STR, .flags = FIELD_REQUIRED),
    {0},
};
const struct message logged_model_tag_message =
    MESSAGE(struct which_tag, which_tag_fields);

int answer_delete_logged_model_tag(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct which_tag *rq = in;
	(void)a, (void)out;
	return logged_model_delete_tag(api->db, rq->model_id, rq->key, err);
}
