/* SPDX-License-Identifier: MIT */
/* inputs.c -- runs/log-inputs and runs/outputs. */
#include "track/input.h"

#include "api/given.h"
#include "api/handlers.h"
#include "api/shapes.h"

static const struct field model_in_fields[] = {
    FIELD(struct model_input_shape, model_id, FIELD_STR, .flags = FIELD_REQUIRED),
    {0},
};
static const struct message model_in = MESSAGE(struct model_input_shape, model_in_fields);

struct log_inputs {
	const char *run_id;
	struct msgs datasets, models;
};
static const struct field log_inputs_fields[] = {
    FIELD(struct log_inputs, run_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct log_inputs, datasets, FIELD_MSGS, .sub = &dataset_input_message),
    FIELD(struct log_inputs, models, FIELD_MSGS, .sub = &model_in),
    {0},
};
const struct message log_inputs_message = MESSAGE(struct log_inputs, log_inputs_fields);

static int read_dataset(struct arena *a, const struct dataset_input_shape *from,
    struct dataset_input *out, struct err *err)
{
	const struct dataset_shape *d = from->dataset;
	const char *lacks = NULL;
	if (!d)
		return err_set(err, ERR_USAGE, "Dataset cannot be None");
	lacks = !d->name	  ? "name"
		: !d->digest	  ? "digest"
		: !d->source_type ? "source_type"
		: !d->source	  ? "source"
				  : NULL;
	if (lacks)
		return err_set(err, ERR_USAGE, "Dataset %s cannot be None", lacks);
	out->dataset = (struct dataset){
	    d->name, d->digest, d->source_type, d->source, d->schema, d->profile};
	out->tags = kvs_given(a, &from->tags);
	return 0;
}

int answer_log_inputs(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct log_inputs *rq = in;
	const struct dataset_input_shape *datasets = rq->datasets.v;
	const struct model_input_shape *models = rq->models.v;
	struct run_inputs inputs = {.ndatasets = rq->datasets.n, .nmodels = rq->models.n};
	(void)out;
	inputs.datasets = arena_array(a, inputs.ndatasets, sizeof(*inputs.datasets));
	inputs.models = arena_array(a, inputs.nmodels, sizeof(*inputs.models));
	for (size_t i = 0; i < inputs.ndatasets; i++)
		if (read_dataset(a, &datasets[i], &inputs.datasets[i], err) < 0)
			return -1;
	for (size_t i = 0; i < inputs.nmodels; i++)
		inputs.models[i] = models[i].model_id;
	return run_inputs_add(api->db, rq->run_id, &inputs, err);
}

static const struct field model_out_fields[] = {
    FIELD(struct model_output_shape, model_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct model_output_shape, step, FIELD_INT),
    {0},
};
static const struct message model_out =
    MESSAGE(struct model_output_shape, model_out_fields);

struct log_outputs {
	const char *run_id;
	struct msgs models;
};
static const struct field log_outputs_fields[] = {
    FIELD(struct log_outputs, run_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct log_outputs, models, FIELD_MSGS, .sub = &model_out,
	.flags = FIELD_REQUIRED),
    {0},
};
const struct message log_outputs_message =
    MESSAGE(struct log_outputs, log_outputs_fields);

int answer_log_outputs(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct log_outputs *rq = in;
	const struct model_output_shape *models = rq->models.v;
	struct model_output *outputs = arena_array(a, rq->models.n, sizeof(*outputs));
	(void)out;
	for (size_t i = 0; i < rq->models.n; i++)
		outputs[i] = (struct model_output){models[i].model_id, models[i].step};
	return run_outputs_add(api->db, rq->run_id, outputs, rq->models.n, err);
}
