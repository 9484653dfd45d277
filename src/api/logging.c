/* SPDX-License-Identifier: MIT */
/* logging.c -- requests that add to a run. */
#include "api/handlers.h"
#include "api/shapes.h"
#include "track/logged_model.h"
#include "track/run_store.h"
#include "track/validate.h"

struct kv_log_request {
	const char *run_id, *key, *value;
};
static const struct field kv_log_fields[] = {
    FIELD(struct kv_log_request, run_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD_RUN_UUID(struct kv_log_request),
    FIELD(struct kv_log_request, key, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct kv_log_request, value, FIELD_STR),
    {0},
};
const struct message log_kv_message = MESSAGE(struct kv_log_request, kv_log_fields);

/* A metric as it is logged; `run_id` is not looked at within a batch. */
struct metric_log {
	const char *run_id, *key;
	double value;
	int64_t timestamp, step;
	const char *model_id, *dataset_name, *dataset_digest;
};
static const struct field metric_log_fields[] = {
    FIELD(struct metric_log, run_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD_RUN_UUID(struct metric_log),
    FIELD(struct metric_log, key, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct metric_log, value, FIELD_DOUBLE, .flags = FIELD_REQUIRED),
    FIELD(struct metric_log, timestamp, FIELD_INT, .flags = FIELD_REQUIRED),
    FIELD(struct metric_log, step, FIELD_INT),
    FIELD(struct metric_log, model_id, FIELD_STR),
    FIELD(struct metric_log, dataset_name, FIELD_STR),
    FIELD(struct metric_log, dataset_digest, FIELD_STR),
    {0},
};
const struct message log_metric_message = MESSAGE(struct metric_log, metric_log_fields);

/* The same without the run. */
static const struct message batch_metric_message =
    MESSAGE(struct metric_log, metric_log_fields + 2);

struct batch_request {
	const char *run_id;
	struct msgs metrics;
	struct kvs params, tags;
};
static const struct field batch_fields[] = {
    FIELD(struct batch_request, run_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct batch_request, metrics, FIELD_MSGS, .sub = &batch_metric_message),
    FIELD(struct batch_request, params, FIELD_MSGS, .sub = &kv_request_message),
    FIELD(struct batch_request, tags, FIELD_MSGS, .sub = &kv_request_message),
    {0},
};
const struct message log_batch_message = MESSAGE(struct batch_request, batch_fields);

int answer_log_parameter(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct kv_log_request *rq = in;
	struct kv param = {rq->key, rq->value};
	struct run_batch b = {.params = {&param, 1}};
	(void)a, (void)out;
	if (validate_param(&param, err) < 0)
		return -1;
	return run_add(api->db, rq->run_id, &b, err);
}

int answer_set_tag(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct kv_log_request *rq = in;
	struct kv tag = {rq->key, rq->value};
	struct run_batch b = {.tags = {&tag, 1}};
	(void)a, (void)out;
	if (validate_tag(&tag, err) < 0)
		return -1;
	return run_add(api->db, rq->run_id, &b, err);
}

/* The metrics for the run, and those that name a model once more for it. */
static void take_metrics(
    struct arena *a, const struct metric_log *v, size_t n, struct run_batch *b)
{
	struct metric *metrics = arena_array(a, n, sizeof(*metrics));
	struct model_metric *models = NULL;
	for (size_t i = 0; i < n; i++) {
		const struct metric_log *m = &v[i];
		metrics[i] = (struct metric){m->key, m->value, m->timestamp, m->step};
		if (!m->model_id || !*m->model_id)
			continue;
		if (!models)
			models = arena_array(a, n - i, sizeof(*models));
		models[b->nmodel_metrics++] = (struct model_metric){.metric = metrics[i],
		    .model_id = m->model_id,
		    .dataset_name = m->dataset_name,
		    .dataset_digest = m->dataset_digest};
	}
	b->metrics = metrics;
	b->nmetrics = n;
	b->model_metrics = models;
}

int answer_log_metric(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct metric_log *rq = in;
	struct run_batch b = {0};
	(void)out;
	take_metrics(a, rq, 1, &b);
	if (validate_metric(b.metrics, err) < 0)
		return -1;
	return run_add(api->db, rq->run_id, &b, err);
}

int answer_log_batch(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct batch_request *rq = in;
	struct run_batch b = {
	    .tags = rq->tags, .params = rq->params, .list_changes = true};
	(void)out;
	take_metrics(a, rq->metrics.v, rq->metrics.n, &b);
	if (validate_batch(rq->run_id, &b, err) < 0)
		return -1;
	return run_add(api->db, rq->run_id, &b, err);
}
