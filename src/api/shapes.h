/* SPDX-License-Identifier: MIT */
/*
 * shapes.h -- the messages that several requests and answers share: tags and parameters,
 * metrics, runs, experiments; and how they are made of what track/ knows.
 */
#ifndef SHAPES_H
#define SHAPES_H

#include "api/message.h"
#include "track/input.h"
#include "track/record.h"

/* struct kv; a list of them is struct kvs.  As a request's, the key must be there. */
extern const struct message kv_message, kv_request_message;

struct metric_shape {
	const char *key;
	double value;
	int64_t timestamp, step;
	const char *run_id; /* NULL, but in a history of several runs */
};
extern const struct message metric_message;
/* Infinities become the largest numbers, as MLflow's server answers them. */
void metric_shape(const struct metric *m, struct metric_shape *out);
struct msgs metrics_shape(struct arena *a, const struct metric *v, size_t n);

struct run_info_shape {
	const char *run_uuid, *run_id, *experiment_id, *run_name, *user_id;
	int status; /* as MLflow counts: enum run_status + 1 */
	int64_t start_time, end_time;
	const char *artifact_uri, *lifecycle_stage;
};
struct run_data_shape {
	struct msgs metrics;
	struct kvs params, tags;
};
struct run_inputs_shape {
	struct msgs dataset_inputs, model_inputs;
};
struct run_outputs_shape {
	struct msgs model_outputs;
};
struct run_shape {
	struct run_info_shape *info;
	struct run_data_shape *data;
	struct run_inputs_shape *inputs;
	struct run_outputs_shape *outputs; /* NULL: left out */
};
extern const struct message run_info_message, run_message;
/* The words of enum run_status + 1, for requests and answers. */
extern const char *const run_status_names[];
void run_info_shape(
    struct arena *a, const struct run_record *r, struct run_info_shape *out);
/* `in` NULL: the inputs are empty and the outputs are left out, as after runs/create. */
void run_shape(struct arena *a, const struct run_record *r, const struct run_inputs *in,
    struct run_shape *out);

struct dataset_shape {
	const char *name, *digest, *source_type, *source, *schema, *profile;
};
struct dataset_input_shape {
	struct kvs tags;
	struct dataset_shape *dataset;
};
struct model_input_shape {
	const char *model_id;
};
struct model_output_shape {
	const char *model_id;
	int64_t step;
};
extern const struct message dataset_input_message, model_input_message,
    model_output_message;

struct experiment_shape {
	const char *experiment_id, *name, *artifact_location, *lifecycle_stage;
	int64_t last_update_time, creation_time;
	struct kvs tags;
};
extern const struct message experiment_message;
void experiment_shape(
    struct arena *a, const struct experiment *e, struct experiment_shape *out);

/* The older name of a request's run_id, which clients send beside it. */
#define FIELD_RUN_UUID(type)                                                             \
	{                                                                                \
		.name = "run_uuid", .offset = offsetof(type, run_id), .kind = FIELD_STR, \
		.flags = FIELD_ALIAS                                                     \
	}

/* The id as text, as MLflow's messages have it. */
const char *experiment_id_text(struct arena *a, int64_t id);

#endif
