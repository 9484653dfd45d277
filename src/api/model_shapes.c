/* SPDX-License-Identifier: MIT */
#include "api/model_shapes.h"

#include "api/shapes.h"
#include "track/rows.h"

const char *const logged_model_status_names[] = {
    "LOGGED_MODEL_STATUS_UNSPECIFIED",
    [LOGGED_MODEL_PENDING] = "LOGGED_MODEL_PENDING",
    [LOGGED_MODEL_READY] = "LOGGED_MODEL_READY",
    [LOGGED_MODEL_FAILED] = "LOGGED_MODEL_UPLOAD_FAILED",
    NULL,
};

static const struct field info_fields[] = {
    FIELD(struct logged_model_info_shape, model_id, FIELD_STR),
    FIELD(struct logged_model_info_shape, experiment_id, FIELD_STR),
    FIELD(struct logged_model_info_shape, name, FIELD_STR),
    FIELD(struct logged_model_info_shape, creation_timestamp_ms, FIELD_INT),
    FIELD(struct logged_model_info_shape, last_updated_timestamp_ms, FIELD_INT),
    FIELD(struct logged_model_info_shape, artifact_uri, FIELD_STR),
    FIELD(struct logged_model_info_shape, status, FIELD_ENUM,
	.names = logged_model_status_names),
    FIELD(struct logged_model_info_shape, model_type, FIELD_STR),
    FIELD(struct logged_model_info_shape, source_run_id, FIELD_STR),
    FIELD(struct logged_model_info_shape, status_message, FIELD_STR),
    FIELD(struct logged_model_info_shape, tags, FIELD_MSGS, .sub = &kv_message),
    {0},
};
static const struct message info_message =
    MESSAGE(struct logged_model_info_shape, info_fields);

struct model_metric_shape {
	const char *key;
	double value;
	int64_t timestamp, step;
	const char *dataset_name, *dataset_digest, *model_id, *run_id;
};
static const struct field model_metric_fields[] = {
    FIELD(struct model_metric_shape, key, FIELD_STR),
    FIELD(struct model_metric_shape, value, FIELD_DOUBLE),
    FIELD(struct model_metric_shape, timestamp, FIELD_INT),
    FIELD(struct model_metric_shape, step, FIELD_INT),
    FIELD(struct model_metric_shape, dataset_name, FIELD_STR),
    FIELD(struct model_metric_shape, dataset_digest, FIELD_STR),
    FIELD(struct model_metric_shape, model_id, FIELD_STR),
    FIELD(struct model_metric_shape, run_id, FIELD_STR),
    {0},
};
static const struct message model_metric_message =
    MESSAGE(struct model_metric_shape, model_metric_fields);

static const struct field data_fields[] = {
    FIELD(struct logged_model_data_shape, params, FIELD_MSGS, .sub = &kv_message),
    FIELD(struct logged_model_data_shape, metrics, FIELD_MSGS,
	.sub = &model_metric_message),
    {0},
};
static const struct message data_message =
    MESSAGE(struct logged_model_data_shape, data_fields);

static const struct field logged_model_fields[] = {
    FIELD(struct logged_model_shape, info, FIELD_MSG, .sub = &info_message),
    FIELD(struct logged_model_shape, data, FIELD_MSG, .sub = &data_message),
    {0},
};
const struct message logged_model_message =
    MESSAGE(struct logged_model_shape, logged_model_fields);

static struct msgs model_metrics_shape(struct arena *a, const struct logged_model *m)
{
	struct model_metric_shape *out = arena_array(a, m->nmetrics, sizeof(*out));
	for (size_t i = 0; i < m->nmetrics; i++) {
		const struct model_metric *from = &m->metrics[i];
		out[i] = (struct model_metric_shape){from->metric.key,
		    value_stored(from->metric.value), from->metric.timestamp,
		    from->metric.step, from->dataset_name, from->dataset_digest,
		    from->model_id, from->run_id};
	}
	return (struct msgs){out, m->nmetrics};
}

void logged_model_shape(
    struct arena *a, const struct logged_model *m, struct logged_model_shape *out)
{
	out->info = arena_new(a, struct logged_model_info_shape);
	*out->info = (struct logged_model_info_shape){.model_id = m->model_id,
	    .experiment_id = experiment_id_text(a, m->experiment_id),
	    .name = m->name,
	    .creation_timestamp_ms = m->created,
	    .last_updated_timestamp_ms = m->updated,
	    .artifact_uri = m->artifact_uri,
	    .status = m->status >= 0 && m->status <= LOGGED_MODEL_FAILED ? m->status : 0,
	    .model_type = m->type,
	    .source_run_id = m->source_run_id,
	    .status_message = m->status_message,
	    .tags = m->tags};
	out->data = arena_new(a, struct logged_model_data_shape);
	out->data->params = m->params;
	out->data->metrics = model_metrics_shape(a, m);
}

static const struct field model_version_fields[] = {
    FIELD(struct model_version_shape, name, FIELD_STR),
    FIELD(struct model_version_shape, version, FIELD_STR),
    FIELD(struct model_version_shape, creation_timestamp, FIELD_INT, .flags = FIELD_OMIT,
	.dflt = -1),
    FIELD(struct model_version_shape, last_updated_timestamp, FIELD_INT,
	.flags = FIELD_OMIT, .dflt = -1),
    FIELD(struct model_version_shape, current_stage, FIELD_STR),
    FIELD(struct model_version_shape, description, FIELD_STR),
    FIELD(struct model_version_shape, user_id, FIELD_STR),
    FIELD(struct model_version_shape, source, FIELD_STR),
    FIELD(struct model_version_shape, run_id, FIELD_STR),
    FIELD(struct model_version_shape, status, FIELD_STR),
    FIELD(struct model_version_shape, status_message, FIELD_STR),
    FIELD(struct model_version_shape, run_link, FIELD_STR),
    FIELD(struct model_version_shape, tags, FIELD_MSGS, .sub = &kv_message),
    FIELD(struct model_version_shape, aliases, FIELD_STRS),
    {0},
};
const struct message model_version_message =
    MESSAGE(struct model_version_shape, model_version_fields);

static const char *number_text(struct arena *a, int64_t number)
{
	return arena_printf(a, "%lld", (long long)number);
}

void model_version_shape(
    struct arena *a, const struct model_version *v, struct model_version_shape *out)
{
	bool message = v->status_message && *v->status_message;
	*out = (struct model_version_shape){.name = v->name,
	    .version = number_text(a, v->version),
	    .creation_timestamp = v->created,
	    .last_updated_timestamp = v->updated,
	    .current_stage = v->stage,
	    .description = v->description,
	    .user_id = v->user,
	    .source = v->source,
	    .run_id = v->run_id,
	    .status = v->status,
	    .status_message = message ? v->status_message : NULL,
	    .run_link = v->run_link,
	    .tags = v->tags,
	    .aliases = {v->aliases, v->naliases}};
}

struct msgs model_versions_shape(struct arena *a, const struct model_version *v, size_t n)
{
	struct model_version_shape *out = arena_array(a, n, sizeof(*out));
	for (size_t i = 0; i < n; i++)
		model_version_shape(a, &v[i], &out[i]);
	return (struct msgs){out, n};
}

struct alias_shape {
	const char *alias, *version;
};
static const struct field alias_fields[] = {
    FIELD(struct alias_shape, alias, FIELD_STR),
    FIELD(struct alias_shape, version, FIELD_STR),
    {0},
};
static const struct message alias_message = MESSAGE(struct alias_shape, alias_fields);

static const struct field registered_model_fields[] = {
    FIELD(struct registered_model_shape, name, FIELD_STR),
    FIELD(struct registered_model_shape, creation_timestamp, FIELD_INT,
	.flags = FIELD_OMIT, .dflt = -1),
    FIELD(struct registered_model_shape, last_updated_timestamp, FIELD_INT,
	.flags = FIELD_OMIT, .dflt = -1),
    FIELD(struct registered_model_shape, description, FIELD_STR),
    FIELD(struct registered_model_shape, latest_versions, FIELD_MSGS,
	.sub = &model_version_message),
    FIELD(struct registered_model_shape, tags, FIELD_MSGS, .sub = &kv_message),
    FIELD(struct registered_model_shape, aliases, FIELD_MSGS, .sub = &alias_message),
    {0},
};
const struct message registered_model_message =
    MESSAGE(struct registered_model_shape, registered_model_fields);

void registered_model_shape(
    struct arena *a, const struct registered_model *m, struct registered_model_shape *out)
{
	struct alias_shape *aliases = arena_array(a, m->aliases.n, sizeof(*aliases));
	bool described = m->description && *m->description;
	for (size_t i = 0; i < m->aliases.n; i++)
		aliases[i] =
		    (struct alias_shape){m->aliases.v[i].key, m->aliases.v[i].value};
	*out = (struct registered_model_shape){.name = m->name,
	    .creation_timestamp = m->created,
	    .last_updated_timestamp = m->updated,
	    .description = described ? m->description : NULL,
	    .latest_versions = model_versions_shape(a, m->latest, m->nlatest),
	    .tags = m->tags,
	    .aliases = {aliases, m->aliases.n}};
}
