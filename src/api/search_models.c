/* SPDX-License-Identifier: MIT */
/* search_models.c -- registered-models/search, model-versions/search, logged-models/search.
 */
#include "track/search_models.h"

#include "api/handlers.h"
#include "api/model_shapes.h"

struct search_registry {
	const char *filter, *page_token;
	struct strs order_by;
	int64_t max_results;
};
static const struct field search_registered_fields[] = {
    FIELD(struct search_registry, filter, FIELD_STR),
    FIELD(struct search_registry, max_results, FIELD_INT, .dflt = 100),
    FIELD(struct search_registry, order_by, FIELD_STRS),
    FIELD(struct search_registry, page_token, FIELD_STR),
    {0},
};
const struct message search_registered_models_message =
    MESSAGE(struct search_registry, search_registered_fields);

static const struct field search_versions_fields[] = {
    FIELD(struct search_registry, filter, FIELD_STR),
    FIELD(struct search_registry, max_results, FIELD_INT, .dflt = 200000),
    FIELD(struct search_registry, order_by, FIELD_STRS),
    FIELD(struct search_registry, page_token, FIELD_STR),
    {0},
};
const struct message search_model_versions_message =
    MESSAGE(struct search_registry, search_versions_fields);

static struct search_query query_of(const struct search_registry *rq)
{
	return (struct search_query){.filter = rq->filter,
	    .order_by = rq->order_by.v,
	    .norder = rq->order_by.n,
	    .max_results = rq->max_results,
	    .page_token = rq->page_token};
}

struct some_registered {
	struct msgs registered_models;
	const char *next_page_token;
};
static const struct field some_registered_fields[] = {
    FIELD(struct some_registered, registered_models, FIELD_MSGS,
	.sub = &registered_model_message),
    FIELD(struct some_registered, next_page_token, FIELD_STR),
    {0},
};
const struct message found_registered_models_message =
    MESSAGE(struct some_registered, some_registered_fields);

int answer_search_registered_models(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct search_registry *rq = in;
	struct some_registered *reply = out;
	struct search_query q = query_of(rq);
	struct registered_models_found found;
	struct registered_model_shape *shapes;
	if (refuse_max_results(rq->max_results, 1000, err) < 0 ||
	    registered_models_search(api->db, a, &q, &found, err) < 0)
		return -1;
	shapes = arena_array(a, found.n, sizeof(*shapes));
	for (size_t i = 0; i < found.n; i++)
		registered_model_shape(a, &found.v[i], &shapes[i]);
	reply->registered_models = (struct msgs){shapes, found.n};
	reply->next_page_token = found.next;
	return 0;
}

struct some_versions_found {
	struct msgs model_versions;
	const char *next_page_token;
};
static const struct field some_versions_found_fields[] = {
    FIELD(struct some_versions_found, model_versions, FIELD_MSGS,
	.sub = &model_version_message),
    FIELD(struct some_versions_found, next_page_token, FIELD_STR),
    {0},
};
const struct message found_model_versions_message =
    MESSAGE(struct some_versions_found, some_versions_found_fields);

int answer_search_model_versions(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct search_registry *rq = in;
	struct some_versions_found *reply = out;
	struct search_query q = query_of(rq);
	struct model_versions_found found;
	if (refuse_max_results(rq->max_results, 200000, err) < 0 ||
	    model_versions_search(api->db, a, &q, &found, err) < 0)
		return -1;
	reply->model_versions = model_versions_shape(a, found.v, found.n);
	reply->next_page_token = found.next;
	return 0;
}

struct dataset_filter {
	const char *dataset_name, *dataset_digest;
};
static const struct field dataset_filter_fields[] = {
    FIELD(struct dataset_filter, dataset_name, FIELD_STR),
    FIELD(struct dataset_filter, dataset_digest, FIELD_STR),
    {0},
};
static const struct message dataset_filter_message =
    MESSAGE(struct dataset_filter, dataset_filter_fields);

struct order_entry {
	const char *field_name, *dataset_name, *dataset_digest;
	bool ascending;
};
static const struct field order_entry_fields[] = {
    FIELD(struct order_entry, field_name, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct order_entry, ascending, FIELD_BOOL, .dflt = true),
    FIELD(struct order_entry, dataset_name, FIELD_STR),
    FIELD(struct order_entry, dataset_digest, FIELD_STR),
    {0},
};
static const struct message order_entry_message =
    MESSAGE(struct order_entry, order_entry_fields);

struct search_logged {
	struct strs experiment_ids;
	const char *filter, *page_token;
	struct msgs datasets, order_by;
	int64_t max_results;
};
static const struct field search_logged_fields[] = {
    FIELD(struct search_logged, experiment_ids, FIELD_STRS, .flags = FIELD_REQUIRED),
    FIELD(struct search_logged, filter, FIELD_STR),
    FIELD(struct search_logged, datasets, FIELD_MSGS, .sub = &dataset_filter_message),
    FIELD(struct search_logged, max_results, FIELD_INT, .dflt = 50),
    FIELD(struct search_logged, order_by, FIELD_MSGS, .sub = &order_entry_message),
    FIELD(struct search_logged, page_token, FIELD_STR),
    {0},
};
const struct message search_logged_models_message =
    MESSAGE(struct search_logged, search_logged_fields);

struct some_logged {
	struct msgs models;
	const char *next_page_token;
};
static const struct field some_logged_fields[] = {
    FIELD(struct some_logged, models, FIELD_MSGS, .sub = &logged_model_message),
    FIELD(struct some_logged, next_page_token, FIELD_STR),
    {0},
};
const struct message found_logged_models_message =
    MESSAGE(struct some_logged, some_logged_fields);

static int read_datasets(struct arena *a, const struct search_logged *rq,
    struct logged_models_query *q, struct err *err)
{
	const struct dataset_filter *from = rq->datasets.v;
	struct logged_models_dataset *to = arena_array(a, rq->datasets.n, sizeof(*to));
	for (size_t i = 0; i < rq->datasets.n; i++) {
		const char *digest = from[i].dataset_digest;
		if (!from[i].dataset_name || !*from[i].dataset_name)
			return err_set(err, ERR_USAGE,
			    "`dataset_name` in the `datasets` clause must be specified.");
		to[i].name = from[i].dataset_name;
		to[i].digest = digest && *digest ? digest : NULL;
	}
	q->datasets = to;
	q->ndatasets = rq->datasets.n;
	return 0;
}

static void read_order(
    struct arena *a, const struct search_logged *rq, struct logged_models_query *q)
{
	const struct order_entry *from = rq->order_by.v;
	struct logged_models_order *to = arena_array(a, rq->order_by.n, sizeof(*to));
	for (size_t i = 0; i < rq->order_by.n; i++)
		to[i] = (struct logged_models_order){.field = from[i].field_name,
		    .desc = !from[i].ascending,
		    .dataset_name = from[i].dataset_name,
		    .dataset_digest = from[i].dataset_digest};
	q->order = to;
	q->norder = rq->order_by.n;
}

int answer_search_logged_models(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct search_logged *rq = in;
	struct some_logged *reply = out;
	struct logged_models_query q = {.q = {.experiment_ids = rq->experiment_ids.v,
					    .nexperiments = rq->experiment_ids.n,
					    .filter = rq->filter,
					    .max_results = rq->max_results,
					    .page_token = rq->page_token}};
	struct logged_models_found found;
	struct logged_model_shape *shapes;
	read_order(a, rq, &q);
	if (read_datasets(a, rq, &q, err) < 0 ||
	    logged_models_search(api->db, a, &q, &found, err) < 0)
		return -1;
	shapes = arena_array(a, found.n, sizeof(*shapes));
	for (size_t i = 0; i < found.n; i++)
		logged_model_shape(a, &found.v[i], &shapes[i]);
	reply->models = (struct msgs){shapes, found.n};
	reply->next_page_token = found.next;
	return 0;
}
