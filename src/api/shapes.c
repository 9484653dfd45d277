/* SPDX-License-Identifier: MIT */
#include "api/shapes.h"

#include <float.h>
#include <math.h>

_Static_assert(sizeof(struct kvs) == sizeof(struct msgs) &&
		   offsetof(struct kvs, n) == offsetof(struct msgs, n),
    "struct kvs can be read and written as a list of messages");

static const struct field kv_fields[] = {
    FIELD(struct kv, key, FIELD_STR),
    FIELD(struct kv, value, FIELD_STR),
    {0},
};
const struct message kv_message = MESSAGE(struct kv, kv_fields);

static const struct field kv_request_fields[] = {
    FIELD(struct kv, key, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct kv, value, FIELD_STR),
    {0},
};
const struct message kv_request_message = MESSAGE(struct kv, kv_request_fields);

static const struct field metric_fields[] = {
    FIELD(struct metric_shape, key, FIELD_STR),
    FIELD(struct metric_shape, value, FIELD_DOUBLE),
    FIELD(struct metric_shape, timestamp, FIELD_INT),
    FIELD(struct metric_shape, step, FIELD_INT),
    FIELD(struct metric_shape, run_id, FIELD_STR),
    {0},
};
const struct message metric_message = MESSAGE(struct metric_shape, metric_fields);

void metric_shape(const struct metric *m, struct metric_shape *out)
{
	double value = m->value;
	if (isinf(value))
		value = value > 0 ? DBL_MAX : -DBL_MAX;
	*out = (struct metric_shape){
	    .key = m->key, .value = value, .timestamp = m->timestamp, .step = m->step};
}

struct msgs metrics_shape(struct arena *a, const struct metric *v, size_t n)
{
	struct metric_shape *out = arena_array(a, n, sizeof(*out));
	for (size_t i = 0; i < n; i++)
		metric_shape(&v[i], &out[i]);
	return (struct msgs){out, n};
}

const char *const run_status_names[] = {
    "",
    [RUN_RUNNING + 1] = "RUNNING",
    [RUN_SCHEDULED + 1] = "SCHEDULED",
    [RUN_FINISHED + 1] = "FINISHED",
    [RUN_FAILED + 1] = "FAILED",
    [RUN_KILLED + 1] = "KILLED",
    NULL,
};

static const struct field run_info_fields[] = {
    FIELD(struct run_info_shape, run_uuid, FIELD_STR),
    FIELD(struct run_info_shape, run_id, FIELD_STR),
    FIELD(struct run_info_shape, experiment_id, FIELD_STR),
    FIELD(struct run_info_shape, run_name, FIELD_STR),
    FIELD(struct run_info_shape, user_id, FIELD_STR),
    FIELD(struct run_info_shape, status, FIELD_ENUM, .names = run_status_names),
    FIELD(struct run_info_shape, start_time, FIELD_INT, .flags = FIELD_OMIT, .dflt = -1),
    FIELD(struct run_info_shape, end_time, FIELD_INT, .flags = FIELD_OMIT, .dflt = -1),
    FIELD(struct run_info_shape, artifact_uri, FIELD_STR),
    FIELD(struct run_info_shape, lifecycle_stage, FIELD_STR),
    {0},
};
const struct message run_info_message = MESSAGE(struct run_info_shape, run_info_fields);

static const struct field run_data_fields[] = {
    FIELD(struct run_data_shape, metrics, FIELD_MSGS, .sub = &metric_message),
    FIELD(struct run_data_shape, params, FIELD_MSGS, .sub = &kv_message),
    FIELD(struct run_data_shape, tags, FIELD_MSGS, .sub = &kv_message),
    {0},
};
static const struct message run_data_message =
    MESSAGE(struct run_data_shape, run_data_fields);

static const struct field dataset_fields[] = {
    FIELD(struct dataset_shape, name, FIELD_STR),
    FIELD(struct dataset_shape, digest, FIELD_STR),
    FIELD(struct dataset_shape, source_type, FIELD_STR),
    FIELD(struct dataset_shape, source, FIELD_STR),
    FIELD(struct dataset_shape, schema, FIELD_STR),
    FIELD(struct dataset_shape, profile, FIELD_STR),
    {0},
};
static const struct message dataset_message =
    MESSAGE(struct dataset_shape, dataset_fields);

static const struct field dataset_input_fields[] = {
    FIELD(struct dataset_input_shape, tags, FIELD_MSGS, .sub = &kv_message),
    FIELD(struct dataset_input_shape, dataset, FIELD_MSG, .sub = &dataset_message),
    {0},
};
const struct message dataset_input_message =
    MESSAGE(struct dataset_input_shape, dataset_input_fields);

static const struct field model_input_fields[] = {
    FIELD(struct model_input_shape, model_id, FIELD_STR),
    {0},
};
const struct message model_input_message =
    MESSAGE(struct model_input_shape, model_input_fields);

static const struct field model_output_fields[] = {
    FIELD(struct model_output_shape, model_id, FIELD_STR),
    FIELD(struct model_output_shape, step, FIELD_INT),
    {0},
};
const struct message model_output_message =
    MESSAGE(struct model_output_shape, model_output_fields);

static const struct field run_inputs_fields[] = {
    FIELD(struct run_inputs_shape, dataset_inputs, FIELD_MSGS,
	.sub = &dataset_input_message),
    FIELD(struct run_inputs_shape, model_inputs, FIELD_MSGS, .sub = &model_input_message),
    {0},
};
static const struct message run_inputs_message =
    MESSAGE(struct run_inputs_shape, run_inputs_fields);

static const struct field run_outputs_fields[] = {
    FIELD(struct run_outputs_shape, model_outputs, FIELD_MSGS,
	.sub = &model_output_message),
    {0},
};
static const struct message run_outputs_message =
    MESSAGE(struct run_outputs_shape, run_outputs_fields);

static const struct field run_fields[] = {
    FIELD(struct run_shape, info, FIELD_MSG, .sub = &run_info_message),
    FIELD(struct run_shape, data, FIELD_MSG, .sub = &run_data_message),
    FIELD(struct run_shape, inputs, FIELD_MSG, .sub = &run_inputs_message),
    FIELD(struct run_shape, outputs, FIELD_MSG, .sub = &run_outputs_message),
    {0},
};
const struct message run_message = MESSAGE(struct run_shape, run_fields);

static const struct field experiment_fields[] = {
    FIELD(struct experiment_shape, experiment_id, FIELD_STR),
    FIELD(struct experiment_shape, name, FIELD_STR),
    FIELD(struct experiment_shape, artifact_location, FIELD_STR),
    FIELD(struct experiment_shape, lifecycle_stage, FIELD_STR),
    FIELD(struct experiment_shape, last_update_time, FIELD_INT, .flags = FIELD_OMIT,
	.dflt = -1),
    FIELD(struct experiment_shape, creation_time, FIELD_INT, .flags = FIELD_OMIT,
	.dflt = -1),
    FIELD(struct experiment_shape, tags, FIELD_MSGS, .sub = &kv_message),
    {0},
};
const struct message experiment_message =
    MESSAGE(struct experiment_shape, experiment_fields);

const char *experiment_id_text(struct arena *a, int64_t id)
{
	return arena_printf(a, "%lld", (long long)id);
}

static const char *stage(bool deleted)
{
	return deleted ? "deleted" : "active";
}

void run_info_shape(
    struct arena *a, const struct run_record *r, struct run_info_shape *out)
{
	*out = (struct run_info_shape){.run_uuid = r->run_id,
	    .run_id = r->run_id,
	    .experiment_id = experiment_id_text(a, r->experiment_id),
	    .run_name = r->name,
	    .user_id = r->user,
	    .status = (int)r->status + 1,
	    .start_time = r->start_time,
	    .end_time = r->end_time ? r->end_time : -1,
	    .artifact_uri = r->artifact_uri,
	    .lifecycle_stage = stage(r->deleted)};
}

static struct run_inputs_shape *inputs_shape(struct arena *a, const struct run_inputs *in)
{
	struct run_inputs_shape *out = arena_new(a, struct run_inputs_shape);
	struct dataset_input_shape *d = arena_array(a, in->ndatasets, sizeof(*d));
	struct model_input_shape *m = arena_array(a, in->nmodels, sizeof(*m));
	for (size_t i = 0; i < in->ndatasets; i++) {
		const struct dataset *from = &in->datasets[i].dataset;
		d[i].tags = in->datasets[i].tags;
		d[i].dataset = arena_new(a, struct dataset_shape);
		*d[i].dataset = (struct dataset_shape){from->name, from->digest,
		    from->source_type, from->source, from->schema, from->profile};
	}
	for (size_t i = 0; i < in->nmodels; i++)
		m[i].model_id = in->models[i];
	out->dataset_inputs = (struct msgs){d, in->ndatasets};
	out->model_inputs = (struct msgs){m, in->nmodels};
	return out;
}

static struct run_outputs_shape *outputs_shape(
    struct arena *a, const struct run_inputs *in)
{
	struct run_outputs_shape *out = arena_new(a, struct run_outputs_shape);
	struct model_output_shape *m = arena_array(a, in->noutputs, sizeof(*m));
	for (size_t i = 0; i < in->noutputs; i++)
		m[i] = (struct model_output_shape){
		    in->outputs[i].model_id, in->outputs[i].step};
	out->model_outputs = (struct msgs){m, in->noutputs};
	return out;
}

void run_shape(struct arena *a, const struct run_record *r, const struct run_inputs *in,
    struct run_shape *out)
{
	static const struct run_inputs none;
	out->info = arena_new(a, struct run_info_shape);
	run_info_shape(a, r, out->info);
	out->data = arena_new(a, struct run_data_shape);
	out->data->metrics = metrics_shape(a, r->metrics, r->nmetrics);
	out->data->params = r->params;
	out->data->tags = r->tags;
	out->inputs = inputs_shape(a, in ? in : &none);
	out->outputs = in ? outputs_shape(a, in) : NULL;
}

void experiment_shape(
    struct arena *a, const struct experiment *e, struct experiment_shape *out)
{
	*out = (struct experiment_shape){.experiment_id = experiment_id_text(a, e->id),
	    .name = e->name,
	    .artifact_location = e->artifact_location,
	    .lifecycle_stage = stage(e->deleted),
	    .last_update_time = e->updated,
	    .creation_time = e->created,
	    .tags = e->tags};
}
