/* SPDX-License-Identifier: MIT */
/* registered_models.c -- registered-models and its aliases. */
#include "track/registered_model.h"

#include "api/given.h"
#include "api/handlers.h"
#include "api/model_shapes.h"
#include "api/shapes.h"

struct one_registered_model {
	struct registered_model_shape *registered_model;
};
static const struct field one_fields[] = {
    FIELD(struct one_registered_model, registered_model, FIELD_MSG,
	.sub = &registered_model_message),
    {0},
};
const struct message one_registered_model_message =
    MESSAGE(struct one_registered_model, one_fields);

static void give(struct arena *a, const struct registered_model *m, void *out)
{
	struct one_registered_model *reply = out;
	reply->registered_model = arena_new(a, struct registered_model_shape);
	registered_model_shape(a, m, reply->registered_model);
}

/* What all of these requests say, each its own part of it. */
struct request {
	const char *name, *new_name, *description, *key, *value, *alias, *version;
	struct kvs tags;
	struct strs stages;
};
#define NAME FIELD(struct request, name, FIELD_STR, .flags = FIELD_REQUIRED)

static const struct field create_fields[] = {
    NAME,
    FIELD(struct request, description, FIELD_STR),
    FIELD(struct request, tags, FIELD_MSGS, .sub = &kv_message),
    {0},
};
const struct message create_registered_model_message =
    MESSAGE(struct request, create_fields);

int answer_create_registered_model(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	const struct registered_model_new new = {.name = rq->name,
	    .description = given(rq->description),
	    .tags = kvs_given(a, &rq->tags),
	    .repeat = {api->repeat_since, api->repeat_until}};
	struct registered_model m;
	if (registered_model_insert(api->db, a, &new, &m, err) < 0)
		return -1;
	give(a, &m, out);
	return 0;
}

static const struct field which_fields[] = {NAME, {0}};
const struct message which_registered_model_message =
    MESSAGE(struct request, which_fields);

int answer_get_registered_model(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	struct registered_model m;
	if (registered_model_read(api->db, a, rq->name, &m, err) < 0)
		return -1;
	give(a, &m, out);
	return 0;
}

int answer_delete_registered_model(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	(void)a, (void)out;
	return registered_model_delete(api->db, rq->name, err);
}

static const struct field update_fields[] = {
    NAME,
    FIELD(struct request, description, FIELD_STR),
    {0},
};
const struct message update_registered_model_message =
    MESSAGE(struct request, update_fields);

int answer_update_registered_model(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	struct registered_model m;
	if (registered_model_describe(
		api->db, a, rq->name, given(rq->description), &m, err) < 0)
		return -1;
	give(a, &m, out);
	return 0;
}

static const struct field rename_fields[] = {
    NAME,
    FIELD(struct request, new_name, FIELD_STR, .flags = FIELD_REQUIRED),
    {0},
};
const struct message rename_registered_model_message =
    MESSAGE(struct request, rename_fields);

/* A server that died before it could say so has done it: *m is what it is now. */
static bool was_renamed(struct api *api, struct arena *a, const struct request *rq,
    struct registered_model *m)
{
	const struct repeat span = {api->repeat_since, api->repeat_until};
	struct err err = ERR_INIT;
	return repeat_possible(&span) &&
	       registered_model_read(api->db, a, rq->new_name, m, &err) == 0 &&
	       repeat_within(&span, m->updated);
}

int answer_rename_registered_model(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	struct registered_model m;
	if (registered_model_rename(api->db, a, rq->name, rq->new_name, &m, err) < 0 &&
	    (err->code != ERR_NOTFOUND || !was_renamed(api, a, rq, &m)))
		return -1;
	err_clear(err);
	give(a, &m, out);
	return 0;
}

static const struct field tag_fields[] = {
    NAME,
    FIELD(struct request, key, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct request, value, FIELD_STR),
    {0},
};
const struct message registered_model_tag_message = MESSAGE(struct request, tag_fields);

int answer_set_registered_model_tag(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	(void)a, (void)out;
	return registered_model_set_tag(
	    api->db, rq->name, rq->key, given(rq->value), err);
}

int answer_delete_registered_model_tag(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	(void)a, (void)out;
	return registered_model_delete_tag(api->db, rq->name, rq->key, err);
}

static const struct field latest_fields[] = {
    NAME,
    FIELD(struct request, stages, FIELD_STRS),
    {0},
};
const struct message latest_versions_message = MESSAGE(struct request, latest_fields);

struct some_versions {
	struct msgs model_versions;
};
static const struct field some_fields[] = {
    FIELD(
	struct some_versions, model_versions, FIELD_MSGS, .sub = &model_version_message),
    {0},
};
const struct message some_versions_message = MESSAGE(struct some_versions, some_fields);

int answer_latest_versions(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	struct some_versions *reply = out;
	struct model_version *v;
	size_t n;
	if (registered_model_latest(
		api->db, a, rq->name, rq->stages.v, rq->stages.n, &v, &n, err) < 0)
		return -1;
	reply->model_versions = model_versions_shape(a, v, n);
	return 0;
}

#define ALIAS FIELD(struct request, alias, FIELD_STR, .flags = FIELD_REQUIRED)

static const struct field set_alias_fields[] = {
    NAME,
    ALIAS,
    FIELD(struct request, version, FIELD_STR, .flags = FIELD_REQUIRED),
    {0},
};
const struct message set_model_alias_message = MESSAGE(struct request, set_alias_fields);

int answer_set_model_alias(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	int64_t version;
	(void)a, (void)out;
	if (model_name_check(rq->name, err) < 0 ||
	    model_alias_check(rq->alias, err) < 0 ||
	    model_version_number(rq->version, &version, err) < 0)
		return -1;
	return model_alias_set(api->db, rq->name, rq->alias, version, err);
}

static const struct field alias_fields[] = {NAME, ALIAS, {0}};
const struct message model_alias_message = MESSAGE(struct request, alias_fields);

int answer_delete_model_alias(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	(void)a, (void)out;
	return model_alias_delete(api->db, rq->name, rq->alias, err);
}

int answer_get_model_alias(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct request *rq = in;
	struct model_version v;
	if (model_alias_read(api->db, a, rq->name, rq->alias, &v, err) < 0)
		return -1;
	give_model_version(a, &v, out);
	return 0;
}
