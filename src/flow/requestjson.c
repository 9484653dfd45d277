/* SPDX-License-Identifier: MIT */
#include "flow/requestjson.h"

#include <stddef.h>

#include "flow/given.h"

/* The members that are texts. */
static const struct {
	const char *name;
	size_t offset;
} texts[] = {
    {"uri", offsetof(struct run_request, uri)},
    {"version", offsetof(struct run_request, version)},
    {"entry_point", offsetof(struct run_request, plan.entry_point)},
    {"experiment_name", offsetof(struct run_request, experiment.name)},
    {"experiment_id", offsetof(struct run_request, experiment.id)},
    {"run_name", offsetof(struct run_request, run_name)},
    {"run_id", offsetof(struct run_request, run_id)},
    {"env_manager", offsetof(struct run_request, plan.env.env_manager)},
    {"storage_dir", offsetof(struct run_request, plan.storage_dir)},
    {"tracking_uri", offsetof(struct run_request, tracking_uri)},
    {"rerun_of", offsetof(struct run_request, rerun_of)},
};
enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

static const char **text_at(struct run_request *rq, size_t i)
{
	return (const char **)((char *)rq + texts[i].offset);
}

static cJSON *put_pair(cJSON *list, const char *key, const char *value)
{
	cJSON *pair = json_put_object(list, NULL);
	json_put_str(pair, "key", key);
	json_put_str(pair, "value", value);
	return pair;
}

static void put_if(cJSON *to, const char *name, const char *text)
{
	if (text)
		json_put_str(to, name, text);
}

static void put_params(cJSON *list, const struct request *plan)
{
	for (size_t i = 0; i < plan->nparams; i++) {
		const struct param_input *in = &plan->params[i];
		cJSON *pair = put_pair(list, in->name, in->value);
		if (in->origin != ORIGIN_GIVEN)
			json_put_int(pair, "origin", in->origin);
		put_if(pair, "sha256", in->sha256);
		put_if(pair, "place", in->place);
		put_if(pair, "was", in->was);
	}
}

cJSON *request_to_json(const struct run_request *rq)
{
	cJSON *j = cJSON_CreateObject(), *list;
	struct run_request copy = *rq;
	for (size_t i = 0; i < TEXTS; i++)
		put_if(j, texts[i].name, *text_at(&copy, i));
	put_params(json_put_array(j, "params"), &rq->plan);
	list = json_put_array(j, "tags");
	for (size_t i = 0; i < rq->tags.n; i++)
		put_pair(list, rq->tags.v[i].key, rq->tags.v[i].value);
	list = json_put_array(j, "docker_args");
	for (size_t i = 0; i < rq->plan.env.nargs; i++)
		put_pair(list, rq->plan.env.args[i].name, rq->plan.env.args[i].value);
	json_put_int(j, "timeout_ms", rq->plan.timeout_ms);
	json_put_bool(j, "quiet", rq->quiet);
	json_put_bool(j, "direct", rq->direct);
	json_put_bool(j, "build_image", rq->plan.env.build_image);
	return j;
}

static enum param_origin origin_of(const cJSON *j)
{
	int64_t n = json_int(j, "origin", ORIGIN_GIVEN);
	return n >= ORIGIN_DEFAULT && n <= ORIGIN_RECORD ? (enum param_origin)n
							 : ORIGIN_GIVEN;
}

static int take_params(
    const cJSON *list, struct arena *a, struct run_request *rq, struct err *err)
{
	struct given_params ps = {NULL, 0};
	const cJSON *j;
	cJSON_ArrayForEach(j, list)
	{
		const char *key = json_str(j, "key"), *value = json_str(j, "value");
		if (!key || !value)
			continue;
		if (given_param(a, &ps, key, value, err) < 0)
			return -1;
		ps.v[ps.n - 1].origin = origin_of(j);
		ps.v[ps.n - 1].sha256 = json_str(j, "sha256");
		ps.v[ps.n - 1].place = json_str(j, "place");
		ps.v[ps.n - 1].was = json_str(j, "was");
	}
	rq->plan.params = ps.v;
	rq->plan.nparams = ps.n;
	return 0;
}

static int take_lists(
    const cJSON *from, struct arena *a, struct run_request *rq, struct err *err)
{
	const cJSON *j;
	if (take_params(json_get(from, "params"), a, rq, err) < 0)
		return -1;
	cJSON_ArrayForEach(j, json_get(from, "tags"))
	{
		const char *key = json_str(j, "key"), *value = json_str(j, "value");
		if (key && value && given_tag(a, &rq->tags, key, value, err) < 0)
			return -1;
	}
	cJSON_ArrayForEach(j, json_get(from, "docker_args"))
	{
		const char *key = json_str(j, "key");
		if (key && given_docker_arg(
			       a, &rq->plan.env, key, json_str(j, "value"), err) < 0)
			return -1;
	}
	return 0;
}

int request_from_json(
    const cJSON *j, struct arena *a, struct run_request *rq, struct err *err)
{
	memset(rq, 0, sizeof(*rq));
	for (size_t i = 0; i < TEXTS; i++)
		*text_at(rq, i) = json_str(j, texts[i].name);
	rq->plan.timeout_ms = json_int(j, "timeout_ms", 0);
	rq->plan.env.build_image = json_bool(j, "build_image", false);
	rq->quiet = json_bool(j, "quiet", true);
	rq->direct = json_bool(j, "direct", false);
	return take_lists(j, a, rq, err);
}
