/* SPDX-License-Identifier: MIT */
/* metrics.c -- requests for the values of a metric over time. */
#include "api/handlers.h"
#include "api/shapes.h"
#include "track/metric_history.h"

enum {
	BULK_RUNS_MAX = 100, /* of one request */
	BULK_MAX = 25000,    /* values of a bulk reply */
	INTERVAL_MAX = 2500, /* values of each run in a sample */
};
/* What nobody means when he says it. */
#define NO_STEP INT64_MIN

struct history_request {
	const char *run_id, *metric_key, *page_token;
	int64_t max_results;
};
static const struct field history_fields[] = {
    FIELD(struct history_request, run_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD_RUN_UUID(struct history_request),
    FIELD(struct history_request, metric_key, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct history_request, page_token, FIELD_STR),
    FIELD(struct history_request, max_results, FIELD_INT, .dflt = INT64_MAX),
    {0},
};
const struct message metric_history_message =
    MESSAGE(struct history_request, history_fields);

struct history_reply {
	struct msgs metrics;
	const char *next_page_token; /* only of one run's */
};
static const struct field history_reply_fields[] = {
    FIELD(struct history_reply, metrics, FIELD_MSGS, .sub = &metric_message),
    FIELD(struct history_reply, next_page_token, FIELD_STR),
    {0},
};
const struct message metric_history_reply_message =
    MESSAGE(struct history_reply, history_reply_fields);

static const struct field bulk_reply_fields[] = {
    FIELD(struct history_reply, metrics, FIELD_MSGS, .sub = &metric_message,
	.flags = FIELD_KEEP),
    {0},
};
const struct message metric_bulk_reply_message =
    MESSAGE(struct history_reply, bulk_reply_fields);

struct bulk_request {
	struct strs run_id;
	const char *metric_key;
	int64_t max_results;
};
static const struct field bulk_fields[] = {
    FIELD(struct bulk_request, run_id, FIELD_STRS),
    FIELD(struct bulk_request, metric_key, FIELD_STR),
    FIELD(struct bulk_request, max_results, FIELD_INT, .dflt = BULK_MAX),
    {0},
};
const struct message metric_bulk_message = MESSAGE(struct bulk_request, bulk_fields);

struct interval_request {
	struct strs run_ids;
	const char *metric_key;
	int64_t start_step, end_step, max_results;
};
static const struct field interval_fields[] = {
    FIELD(struct interval_request, run_ids, FIELD_STRS, .flags = FIELD_REQUIRED),
    FIELD(struct interval_request, metric_key, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct interval_request, start_step, FIELD_INT, .dflt = NO_STEP),
    FIELD(struct interval_request, end_step, FIELD_INT, .dflt = NO_STEP),
    FIELD(struct interval_request, max_results, FIELD_INT, .dflt = INTERVAL_MAX),
    {0},
};
const struct message metric_interval_message =
    MESSAGE(struct interval_request, interval_fields);

int answer_metric_history(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct history_request *rq = in;
	struct history_reply *reply = out;
	bool all = rq->max_results == INT64_MAX;
	const char *token = rq->page_token && *rq->page_token ? rq->page_token : NULL;
	struct metric *v;
	size_t n;
	if (rq->max_results <= 0)
		return err_set(err, ERR_USAGE,
		    "Invalid value %lld for parameter 'max_results' supplied. It must be "
		    "a "
		    "positive integer.",
		    (long long)rq->max_results);
	if (metric_history(api->db, a, rq->run_id, rq->metric_key,
		all ? 0 : (size_t)rq->max_results, token, &v, &n, &reply->next_page_token,
		err) < 0)
		return -1;
	reply->metrics = metrics_shape(a, v, n);
	return 0;
}

static struct msgs run_metrics_shape(
    struct arena *a, const struct run_metric *v, size_t n)
{
	struct metric_shape *out = arena_array(a, n, sizeof(*out));
	for (size_t i = 0; i < n; i++) {
		metric_shape(&v[i].metric, &out[i]);
		out[i].run_id = v[i].run_id;
	}
	return (struct msgs){out, n};
}

static int check_bulk(const struct bulk_request *rq, struct err *err)
{
	if (rq->run_id.n == 0)
		return err_set(err, ERR_USAGE,
		    "GetMetricHistoryBulk request must specify at least one run_id.");
	if (rq->run_id.n > BULK_RUNS_MAX)
		return err_set(err, ERR_USAGE,
		    "GetMetricHistoryBulk request cannot specify more than %d run_ids. "
		    "Received %zu run_ids.",
		    BULK_RUNS_MAX, rq->run_id.n);
	if (!rq->metric_key)
		return err_set(err, ERR_USAGE,
		    "GetMetricHistoryBulk request must specify a metric_key.");
	return 0;
}

int answer_metric_history_bulk(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct bulk_request *rq = in;
	int64_t max = rq->max_results < BULK_MAX ? rq->max_results : BULK_MAX;
	struct run_metric *v;
	size_t n;
	if (check_bulk(rq, err) < 0 ||
	    metric_history_of_runs(api->db, a, rq->run_id.v, rq->run_id.n, rq->metric_key,
		max > 0 ? (size_t)max : 0, &v, &n, err) < 0)
		return -1;
	((struct history_reply *)out)->metrics = run_metrics_shape(a, v, n);
	return 0;
}

static int check_interval(const struct interval_request *rq, struct err *err)
{
	if (rq->run_ids.n > BULK_RUNS_MAX)
		return err_set(err, ERR_USAGE,
		    "GetMetricHistoryBulkInterval request must specify at most %d "
		    "run_ids. "
		    "Received %zu run_ids. See the API docs for more information about "
		    "request parameters.",
		    BULK_RUNS_MAX, rq->run_ids.n);
	if (rq->max_results < 1 || rq->max_results > INTERVAL_MAX)
		return err_set(err, ERR_USAGE,
		    "max_results must be between 1 and %d. See the API docs for more "
		    "information about request parameters.",
		    INTERVAL_MAX);
	if ((rq->start_step == NO_STEP) != (rq->end_step == NO_STEP))
		return err_set(err, ERR_USAGE,
		    "If either start step or end step are specified, both must be "
		    "specified.");
	if (rq->start_step > rq->end_step)
		return err_set(err, ERR_USAGE,
		    "end_step must be greater than start_step. Found start_step=%lld and "
		    "end_step=%lld.",
		    (long long)rq->start_step, (long long)rq->end_step);
	return 0;
}

int answer_metric_history_interval(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct interval_request *rq = in;
	struct step_range range = {rq->start_step, rq->end_step};
	struct run_metric *v;
	size_t n;
	if (check_interval(rq, err) < 0 ||
	    metric_sample(api->db, a, rq->run_ids.v, rq->run_ids.n, rq->metric_key,
		rq->start_step == NO_STEP ? NULL : &range, (size_t)rq->max_results, &v,
		&n, err) < 0)
		return -1;
	((struct history_reply *)out)->metrics = run_metrics_shape(a, v, n);
	return 0;
}
