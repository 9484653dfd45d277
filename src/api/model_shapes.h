/* SPDX-License-Identifier: MIT */
/*
 * model_shapes.h -- logged models, registered models and their versions as messages, and
 * how they are made of what track/ knows.
 */
#ifndef MODEL_SHAPES_H
#define MODEL_SHAPES_H

#include "api/message.h"
#include "track/logged_model.h"
#include "track/registered_model.h"

struct logged_model_info_shape {
	const char *model_id, *experiment_id, *name;
	int64_t creation_timestamp_ms, last_updated_timestamp_ms;
	const char *artifact_uri;
	int status; /* enum logged_model_status */
	const char *model_type, *source_run_id, *status_message;
	struct kvs tags;
};
struct logged_model_data_shape {
	struct kvs params;
	struct msgs metrics;
};
struct logged_model_shape {
	struct logged_model_info_shape *info;
	struct logged_model_data_shape *data;
};
extern const struct message logged_model_message;
/* Words of enum logged_model_status, for requests and answers. */
extern const char *const logged_model_status_names[];
void logged_model_shape(
    struct arena *a, const struct logged_model *m, struct logged_model_shape *out);

struct model_version_shape {
	const char *name, *version; /* the number as text */
	int64_t creation_timestamp, last_updated_timestamp;
	const char *current_stage, *description, *user_id, *source, *run_id, *status,
	    *status_message, *run_link;
	struct kvs tags;
	struct strs aliases;
};
extern const struct message model_version_message;
void model_version_shape(
    struct arena *a, const struct model_version *v, struct model_version_shape *out);
struct msgs model_versions_shape(
    struct arena *a, const struct model_version *v, size_t n);

struct registered_model_shape {
	const char *name;
	int64_t creation_timestamp, last_updated_timestamp;
	const char *description;
	struct msgs latest_versions;
	struct kvs tags;
	struct msgs aliases;
};
extern const struct message registered_model_message;
void registered_model_shape(struct arena *a, const struct registered_model *m,
    struct registered_model_shape *out);

#endif
