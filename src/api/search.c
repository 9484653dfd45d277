/* SPDX-License-Identifier: MIT */
/* search.c -- runs/search, experiments/search and experiments/search-datasets. */
#include "api/handlers.h"
#include "api/shapes.h"
#include "track/search_runs.h"

static const char *const view_names[] = {
    "",
    [VIEW_ACTIVE] = "ACTIVE_ONLY",
    [VIEW_DELETED] = "DELETED_ONLY",
    [VIEW_ALL] = "ALL",
    NULL,
};

struct search_runs {
	struct strs experiment_ids, order_by;
	const char *filter, *page_token;
	int run_view_type;
	int64_t max_results;
};
static const struct field search_runs_fields[] = {
    FIELD(struct search_runs, experiment_ids, FIELD_STRS),
    FIELD(struct search_runs, filter, FIELD_STR),
    FIELD(struct search_runs, run_view_type, FIELD_ENUM, .dflt = VIEW_ACTIVE,
	.names = view_names),
    FIELD(struct search_runs, max_results, FIELD_INT, .dflt = 1000),
    FIELD(struct search_runs, order_by, FIELD_STRS),
    FIELD(struct search_runs, page_token, FIELD_STR),
    {0},
};
const struct message search_runs_message =
    MESSAGE(struct search_runs, search_runs_fields);

struct some_runs {
	struct msgs runs;
	const char *next_page_token;
};
static const struct field some_runs_fields[] = {
    FIELD(struct some_runs, runs, FIELD_MSGS, .sub = &run_message),
    FIELD(struct some_runs, next_page_token, FIELD_STR),
    {0},
};
const struct message some_runs_message = MESSAGE(struct some_runs, some_runs_fields);

/* What MLflow's server says before its store is asked. */
int refuse_max_results(int64_t given, int64_t most, struct err *err)
{
	if (given <= most)
		return 0;
	return err_set(err, ERR_USAGE,
	    "Invalid value %lld for parameter 'max_results' supplied:  Hint: Value was of"
	    " type 'int'. See the API docs for more information about request"
	    " parameters.",
	    (long long)given);
}

int answer_search_runs(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct search_runs *rq = in;
	struct some_runs *reply = out;
	struct search_query q = {.experiment_ids = rq->experiment_ids.v,
	    .nexperiments = rq->experiment_ids.n,
	    .view = (enum view)rq->run_view_type,
	    .filter = rq->filter,
	    .order_by = rq->order_by.v,
	    .norder = rq->order_by.n,
	    .max_results = rq->max_results,
	    .page_token = rq->page_token};
	struct runs_found found;
	struct run_shape *shapes;
	if (refuse_max_results(rq->max_results, SEARCH_MAX_RESULTS, err) < 0 ||
	    runs_search(api->db, a, &q, &found, err) < 0)
		return -1;
	shapes = arena_array(a, found.n, sizeof(*shapes));
	for (size_t i = 0; i < found.n; i++) {
		/* as MLflow: models that went into a run are told for one run only */
		found.inputs[i].nmodels = 0;
		run_shape(a, &found.runs[i], &found.inputs[i], &shapes[i]);
	}
	reply->runs = (struct msgs){shapes, found.n};
	reply->next_page_token = found.next;
	return 0;
}

struct search_experiments {
	int64_t max_results;
	const char *page_token, *filter;
	struct strs order_by;
	int view_type;
};
static const struct field search_experiments_fields[] = {
    FIELD(struct search_experiments, max_results, FIELD_INT),
    FIELD(struct search_experiments, page_token, FIELD_STR),
    FIELD(struct search_experiments, filter, FIELD_STR),
    FIELD(struct search_experiments, order_by, FIELD_STRS),
    FIELD(struct search_experiments, view_type, FIELD_ENUM, .dflt = VIEW_ACTIVE,
	.names = view_names),
    {0},
};
const struct message search_experiments_message =
    MESSAGE(struct search_experiments, search_experiments_fields);

struct some_experiments {
	struct msgs experiments;
	const char *next_page_token;
};
static const struct field some_experiments_fields[] = {
    FIELD(struct some_experiments, experiments, FIELD_MSGS, .sub = &experiment_message),
    FIELD(struct some_experiments, next_page_token, FIELD_STR),
    {0},
};
const struct message some_experiments_message =
    MESSAGE(struct some_experiments, some_experiments_fields);

int answer_search_experiments(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct search_experiments *rq = in;
	struct some_experiments *reply = out;
	struct search_query q = {.view = (enum view)rq->view_type,
	    .filter = rq->filter,
	    .order_by = rq->order_by.v,
	    .norder = rq->order_by.n,
	    .max_results = rq->max_results,
	    .page_token = rq->page_token};
	struct experiments_found found;
	struct experiment_shape *shapes;
	if (experiments_search(api->db, a, &q, &found, err) < 0)
		return -1;
	shapes = arena_array(a, found.n, sizeof(*shapes));
	for (size_t i = 0; i < found.n; i++)
		experiment_shape(a, &found.v[i], &shapes[i]);
	reply->experiments = (struct msgs){shapes, found.n};
	reply->next_page_token = found.next;
	return 0;
}

struct search_datasets {
	struct strs experiment_ids;
};
static const struct field search_datasets_fields[] = {
    FIELD(struct search_datasets, experiment_ids, FIELD_STRS),
    {0},
};
const struct message search_datasets_message =
    MESSAGE(struct search_datasets, search_datasets_fields);

struct dataset_summary_shape {
	const char *experiment_id, *name, *digest, *context;
};
static const struct field dataset_summary_fields[] = {
    FIELD(struct dataset_summary_shape, experiment_id, FIELD_STR),
    FIELD(struct dataset_summary_shape, name, FIELD_STR),
    FIELD(struct dataset_summary_shape, digest, FIELD_STR),
    FIELD(struct dataset_summary_shape, context, FIELD_STR),
    {0},
};
static const struct message dataset_summary_message =
    MESSAGE(struct dataset_summary_shape, dataset_summary_fields);

struct some_datasets {
	struct msgs dataset_summaries;
};
static const struct field some_datasets_fields[] = {
    FIELD(struct some_datasets, dataset_summaries, FIELD_MSGS,
	.sub = &dataset_summary_message),
    {0},
};
const struct message some_datasets_message =
    MESSAGE(struct some_datasets, some_datasets_fields);

enum { DATASET_EXPERIMENTS_MAX = 20 };

static int check_experiments(const struct strs *ids, struct err *err)
{
	if (ids->n == 0)
		return err_set(err, ERR_USAGE,
		    "SearchDatasets request must specify at least one experiment_id.");
	if (ids->n > DATASET_EXPERIMENTS_MAX)
		return err_set(err, ERR_USAGE,
		    "SearchDatasets request cannot specify more than %d experiment_ids."
		    " Received %zu experiment_ids.",
		    DATASET_EXPERIMENTS_MAX, ids->n);
	return 0;
}

int answer_search_datasets(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct search_datasets *rq = in;
	struct some_datasets *reply = out;
	struct dataset_summary *v;
	struct dataset_summary_shape *shapes;
	size_t n;
	if (check_experiments(&rq->experiment_ids, err) < 0 ||
	    datasets_search(
		api->db, a, rq->experiment_ids.v, rq->experiment_ids.n, &v, &n, err) < 0)
		return -1;
	shapes = arena_array(a, n, sizeof(*shapes));
	for (size_t i = 0; i < n; i++)
		shapes[i] = (struct dataset_summary_shape){
		    experiment_id_text(a, v[i].experiment_id), v[i].name, v[i].digest,
		    v[i].context};
	reply->dataset_summaries = (struct msgs){shapes, n};
	return 0;
}
