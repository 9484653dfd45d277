/* SPDX-License-Identifier: MIT */
/* model_versions.c -- model-versions. */
#include "track/model_version.h"

#include "api/given.h"
#include "api/handlers.h"
#include "api/model_shapes.h"
#include "api/shapes.h"

struct one_model_version {
	struct model_version_shape *model_version;
};
static const struct field one_fields[] = {
    FIELD(struct one_model_version, model_version, FIELD_MSG,
	.sub = &model_version_message),
    {0},
};
const struct message one_model_version_message =
    MESSAGE(struct one_model_version, one_fields);

void give_model_version(struct arena *a, const struct model_version *v, void *out)
{
	struct one_model_version *reply = out;
	reply->model_version = arena_new(a, struct model_version_shape);
	model_version_shape(a, v, reply->model_version);
}

struct create {
	const char *name, *source, *run_id, *run_link, *description, *model_id;
	struct kvs tags;
};
static const struct field create_fields[] = {
    FIELD(struct create, name, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct create, source, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct create, run_id, FIELD_STR),
    FIELD(struct create, run_link, FIELD_STR),
    FIELD(struct create, description, FIELD_STR),
    FIELD(struct create, model_id, FIELD_STR),
    FIELD(struct create, tags, FIELD_MSGS, .sub = &kv_message),
    {0},
};
const struct message create_model_version_message = MESSAGE(struct create, create_fields);

int answer_create_model_version(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct create *rq = in;
	const struct model_version_new new = {.name = rq->name,
	    .source = rq->source,
	    .run_id = rq->run_id,
	    .model_id = rq->model_id,
	    .description = given(rq->description),
	    .run_link = given(rq->run_link),
	    .tags = kvs_given(a, &rq->tags),
	    .repeat = {api->repeat_since, api->repeat_until}};
	struct model_version v;
	if (model_version_insert(api->db, a, &new, &v, err) < 0)
		return -1;
	give_model_version(a, &v, out);
	return 0;
}

/* What the others say, each its own part of it. */
struct request {
	const char *name, *version, *description, *stage, *key, *value;
	bool archive_existing_versions;
};
#define NAME FIELD(struct request, name, FIELD_STR, .flags = FIELD_REQUIRED)
#define VERSION FIELD(struct request, version, FIELD_STR, .flags = FIELD_REQUIRED)

/* The version's number, once its model's name is a possible one. */
static int number_of(const struct request *rq, int64_t *version, struct err *err)
{
	if (model_name_check(given(rq->name), err) < 0)
		return -1;
	return model_version_number(given(rq->version), version, err);
}

static const struct field which_fields[] = {NAME, VERSION, {0}};
const struct message which_model_version_message = MESSAGE(struct request, which_fields);

int answer_get_model_version(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	struct model_version v;
	int64_t version;
	if (number_of(rq, &version, err) < 0 ||
	    model_version_read(api->db, a, rq->name, version, &v, err) < 0)
		return -1;
	give_model_version(a, &v, out);
	return 0;
}

/* A server that died before it could say so has done it. */
static bool was_deleted(struct api *api, const char *name, int64_t version)
{
	const struct repeat span = {api->repeat_since, api->repeat_until};
	struct err err = ERR_INIT;
	int64_t when;
	return repeat_possible(&span) &&
	       model_version_deleted_at(api->db, name, version, &when, &err) == 0 &&
	       repeat_within(&span, when);
}

int answer_delete_model_version(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	int64_t version;
	(void)a, (void)out;
	if (number_of(rq, &version, err) < 0)
		return -1;
	if (model_version_delete(api->db, rq->name, version, err) < 0 &&
	    (err->code != ERR_NOTFOUND || !was_deleted(api, rq->name, version)))
		return -1;
	err_clear(err);
	return 0;
}

/* Nothing is required here: MLflow says what is wrong with what is not there. */
static const struct field download_fields[] = {
    FIELD(struct request, name, FIELD_STR),
    FIELD(struct request, version, FIELD_STR),
    {0},
};
const struct message model_download_message = MESSAGE(struct request, download_fields);

struct download {
	const char *artifact_uri;
};
static const struct field artifact_uri_fields[] = {
    FIELD(struct download, artifact_uri, FIELD_STR),
    {0},
};
const struct message artifact_uri_message = MESSAGE(struct download, artifact_uri_fields);

int answer_model_download_uri(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	struct download *reply = out;
	struct model_version v;
	int64_t version;
	if (number_of(rq, &version, err) < 0 ||
	    model_version_find(api->db, a, rq->name, version, &v, err) < 0)
		return -1;
	reply->artifact_uri =
	    v.storage_location && *v.storage_location ? v.storage_location : v.source;
	return 0;
}

static const struct field update_fields[] = {
    NAME,
    VERSION,
    FIELD(struct request, description, FIELD_STR),
    {0},
};
const struct message update_model_version_message =
    MESSAGE(struct request, update_fields);

int answer_update_model_version(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	struct model_version v;
	int64_t version;
	if (number_of(rq, &version, err) < 0 ||
	    model_version_describe(
		api->db, a, rq->name, version, rq->description, &v, err) < 0)
		return -1;
	give_model_version(a, &v, out);
	return 0;
}

static const struct field stage_fields[] = {
    NAME,
    VERSION,
    FIELD(struct request, stage, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct request, archive_existing_versions, FIELD_BOOL),
    {0},
};
const struct message transition_stage_message = MESSAGE(struct request, stage_fields);

int answer_transition_stage(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	struct model_version v;
	int64_t version;
	if (!model_stage(rq->stage, err) || number_of(rq, &version, err) < 0 ||
	    model_version_to_stage(api->db, a, rq->name, version, rq->stage,
		rq->archive_existing_versions, &v, err) < 0)
		return -1;
	give_model_version(a, &v, out);
	return 0;
}

static const struct field tag_fields[] = {
    NAME,
    VERSION,
    FIELD(struct request, key, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct request, value, FIELD_STR),
    {0},
};
const struct message model_version_tag_message = MESSAGE(struct request, tag_fields);

int answer_set_model_version_tag(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	int64_t version;
	(void)a, (void)out;
	if (number_of(rq, &version, err) < 0)
		return -1;
	return model_version_set_tag(
	    api->db, rq->name, version, rq->key, given(rq->value), err);
}

int answer_delete_model_version_tag(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	int64_t version;
	(void)a, (void)out;
	if (number_of(rq, &version, err) < 0)
		return -1;
	return model_version_delete_tag(api->db, rq->name, version, rq->key, err);
}
