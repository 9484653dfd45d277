/* SPDX-License-Identifier: MIT */
/* experiments.c -- requests about experiments; search_experiments.c searches. */
#include "api/handlers.h"
#include "api/shapes.h"
#include "base/path.h"
#include "base/urltext.h"
#include "base/utf8.h"
#include "track/experiment.h"
#include "track/experiment_edit.h"
#include "track/repeat.h"
#include "track/validate.h"

enum { LOCATION_MAX = 2048 };

struct create_request {
	const char *name, *artifact_location;
	struct kvs tags;
};
static const struct field create_fields[] = {
    FIELD(struct create_request, name, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct create_request, artifact_location, FIELD_STR),
    FIELD(struct create_request, tags, FIELD_MSGS, .sub = &kv_message),
    {0},
};
const struct message create_experiment_message =
    MESSAGE(struct create_request, create_fields);

struct id_reply {
	const char *experiment_id;
};
static const struct field id_reply_fields[] = {
    FIELD(struct id_reply, experiment_id, FIELD_STR),
    {0},
};
const struct message experiment_id_reply_message =
    MESSAGE(struct id_reply, id_reply_fields);

struct get_request {
	const char *experiment_id;
};
static const struct field get_fields[] = {
    FIELD(struct get_request, experiment_id, FIELD_STR, .flags = FIELD_REQUIRED),
    {0},
};
const struct message experiment_id_message = MESSAGE(struct get_request, get_fields);

struct name_request {
	const char *experiment_name;
};
static const struct field name_fields[] = {
    FIELD(struct name_request, experiment_name, FIELD_STR, .flags = FIELD_REQUIRED),
    {0},
};
const struct message experiment_name_message = MESSAGE(struct name_request, name_fields);

struct experiment_reply {
	struct experiment_shape *experiment;
};
static const struct field reply_fields[] = {
    FIELD(struct experiment_reply, experiment, FIELD_MSG, .sub = &experiment_message),
    {0},
};
const struct message experiment_reply_message =
    MESSAGE(struct experiment_reply, reply_fields);

struct update_request {
	const char *experiment_id, *new_name;
};
static const struct field update_fields[] = {
    FIELD(struct update_request, experiment_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct update_request, new_name, FIELD_STR, .flags = FIELD_REQUIRED),
    {0},
};
const struct message update_experiment_message =
    MESSAGE(struct update_request, update_fields);

struct tag_request {
	const char *experiment_id, *key, *value;
};
static const struct field tag_fields[] = {
    FIELD(struct tag_request, experiment_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct tag_request, key, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct tag_request, value, FIELD_STR),
    {0},
};
const struct message experiment_tag_message = MESSAGE(struct tag_request, tag_fields);

/* "scheme:" and longer than a drive letter. */
static bool has_scheme(const char *uri)
{
	size_t n = strcspn(uri, ":/?#");
	return n > 1 && uri[n] == ':';
}

/* What stands behind a ';' in the last part of a path, where URLs know that. */
static bool has_params(const char *uri)
{
	size_t n = strcspn(uri, "?");
	const char *last = memrchr(uri, '/', n);
	if (!last)
		last = uri;
	if (has_scheme(uri) && strncmp(uri, "http", 4) != 0)
		return false;
	return memchr(last, ';', n - (size_t)(last - uri)) != NULL;
}

static bool climbs(struct arena *a, const char *uri)
{
	const char *query = strchr(uri, '?');
	return query && strstr(url_decode_any(a, query), "..");
}

/* A local path is made absolute, as seen from the server. */
static int check_location(struct api *api, struct arena *a, const char *given,
    const char **out, struct err *err)
{
	*out = given;
	if (strchr(given, '#') || has_params(given))
		return err_set(err, ERR_USAGE,
		    "'artifact_location' URL can't include fragments or params.");
	if (climbs(a, given))
		return err_set(err, ERR_USAGE, "Invalid query string");
	if (strncmp(given, "runs:", 5) == 0)
		return err_set(err, ERR_USAGE,
		    "Artifact location cannot be a runs:/ URI. Given: '%s'", given);
	if (!has_scheme(given) && api->db->ctx->cwd)
		*out = path_abs(a, api->db->ctx->cwd, given);
	if (utf8_length(*out) <= LOCATION_MAX)
		return 0;
	return err_set(err, ERR_USAGE,
	    "Invalid artifact path length. The length of the artifact path cannot be "
	    "greater than %d characters. To configure this limit, please set the "
	    "MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH environment variable.",
	    LOCATION_MAX);
}

/* The one of that name was made by a server that died before it could say so. */
static bool is_repeat(
    struct api *api, struct arena *a, const struct experiment_new *new, int64_t *id)
{
	const struct repeat span = {api->repeat_since, api->repeat_until};
	const struct experiment_ref ref = {.name = new->name};
	struct experiment e;
	struct err err = ERR_INIT;
	if (!repeat_possible(&span) ||
	    experiment_get_whole(api->db, a, &ref, &e, &err) < 0)
		return false;
	*id = e.id;
	return !e.deleted && repeat_within(&span, e.created) &&
	       repeat_same_kvs(&e.tags, &new->tags) &&
	       (!new->artifact_location ||
		   repeat_same_text(e.artifact_location, new->artifact_location));
}

int answer_create_experiment(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct create_request *rq = in;
	struct experiment_new new = {.name = rq->name, .tags = rq->tags};
	int64_t id;
	if (rq->artifact_location && *rq->artifact_location &&
	    check_location(api, a, rq->artifact_location, &new.artifact_location, err) <
		0)
		return -1;
	if (validate_experiment_name(rq->name, err) < 0)
		return -1;
	for (size_t i = 0; i < rq->tags.n; i++) {
		if (!rq->tags.v[i].key)
			rq->tags.v[i].key = "";
		if (validate_experiment_tag(&rq->tags.v[i], err) < 0)
			return -1;
	}
	if (experiment_create(api->db, &new, &id, err) < 0 &&
	    (err->code != ERR_EXISTS || !is_repeat(api, a, &new, &id)))
		return -1;
	err_clear(err);
	((struct id_reply *)out)->experiment_id = experiment_id_text(a, id);
	return 0;
}

static int answer(struct api *api, struct arena *a, const struct experiment_ref *ref,
    struct experiment_reply *out, struct err *err)
{
	struct experiment e;
	if (experiment_get_whole(api->db, a, ref, &e, err) < 0)
		return -1;
	out->experiment = arena_new(a, struct experiment_shape);
	experiment_shape(a, &e, out->experiment);
	return 0;
}

int answer_get_experiment(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct get_request *rq = in;
	struct experiment_ref ref = {.id = rq->experiment_id};
	return answer(api, a, &ref, out, err);
}

/* Clients know from exactly this error that they have to make it. */
int answer_get_experiment_by_name(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct name_request *rq = in;
	struct experiment_ref ref = {.name = rq->experiment_name};
	if (answer(api, a, &ref, out, err) == 0)
		return 0;
	if (err->code != ERR_NOTFOUND)
		return -1;
	return err_set(err, ERR_NOTFOUND, "Could not find experiment with name '%s'",
	    rq->experiment_name);
}

int answer_update_experiment(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct update_request *rq = in;
	(void)a, (void)out;
	if (validate_experiment_name(rq->new_name, err) < 0)
		return -1;
	if (experiment_rename(api->db, rq->experiment_id, rq->new_name, err) == 0)
		return 0;
	if (err->code != ERR_EXISTS)
		return -1;
	return api_refuse(api, err, 400, "BAD_REQUEST",
	    "Experiment(name=%s) already exists.", rq->new_name);
}

/* A server that died before it could say so has done it. */
static bool was_set(struct api *api, struct arena *a, const char *id, bool deleted)
{
	const struct repeat span = {api->repeat_since, api->repeat_until};
	const struct experiment_ref ref = {.id = id};
	struct experiment e;
	struct err err = ERR_INIT;
	return repeat_possible(&span) &&
	       experiment_get_whole(api->db, a, &ref, &e, &err) == 0 &&
	       e.deleted == deleted && repeat_within(&span, e.updated);
}

static int set_deleted(struct api *api, struct arena *a, const struct get_request *rq,
    bool deleted, struct err *err)
{
	if (experiment_set_deleted(api->db, rq->experiment_id, deleted, err) == 0)
		return 0;
	if (err->code != ERR_NOTFOUND || !was_set(api, a, rq->experiment_id, deleted))
		return -1;
	err_clear(err);
	return 0;
}

int answer_delete_experiment(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	(void)out;
	return set_deleted(api, a, in, true, err);
}

int answer_restore_experiment(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	(void)out;
	return set_deleted(api, a, in, false, err);
}

int answer_set_experiment_tag(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct tag_request *rq = in;
	struct kv tag = {rq->key, rq->value};
	(void)a, (void)out;
	if (validate_experiment_tag(&tag, err) < 0)
		return -1;
	return experiment_set_tag(api->db, rq->experiment_id, &tag, err);
}

int answer_delete_experiment_tag(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct tag_request *rq = in;
	(void)a, (void)out;
	return experiment_delete_tag(api->db, rq->experiment_id, rq->key, err);
}
