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
    {"image_was_uri", offsetof(struct run_request, plan.env.was.uri)},
    {"image_was_id", offsetof(struct run_request, plan.env.was.id)},
    {"image_was_digest", offsetof(struct run_request, plan.env.was.digest)},
    {"storage_dir", offsetof(struct run_request, plan.storage_dir)},
    {"tracking_uri", offsetof(struct run_request, tracking_uri)},
    {"rerun_of", offsetof(struct run_request, rerun_of)},
    {"sweep_point", offsetof(struct run_request, sweep_point)},
    {"on_end", offsetof(struct run_request, on_end)},
    {"retry_on", offsetof(struct run_request, plan.retries.on)},
};
enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

static const char **text_at(struct run_request *rq, size_t i)
{
	return (const char **)((char *)rq + texts[i].offset);
}

static cJSON *put_pair(cJSON *list, const char *key, const char *value)
{
	cJSON *pair = json_put_object(list, NULL);
	json_put_bytes(pair, "key", key);
	json_put_bytes(pair, "value", value);
	return pair;
}

static void put_params(cJSON *list, const struct request *plan)
{
	for (size_t i = 0; i < plan->nparams; i++) {
		const struct param_input *in = &plan->params[i];
		cJSON *pair = put_pair(list, in->name, in->value);
		if (in->origin != ORIGIN_GIVEN)
			json_put_int(pair, "origin", in->origin);
		json_put_bytes(pair, "sha256", in->sha256);
		json_put_bytes(pair, "place", in->place);
		json_put_bytes(pair, "was", in->was);
	}
}

static void put_limits(cJSON *j, const struct run_request *rq)
{
	const struct retry_rule *r = &rq->plan.retries;
	json_put_int(j, "memory_bytes", rq->plan.memory_bytes);
	json_put_double(j, "cpus", rq->plan.cpus);
	json_put_int(j, "log_limit", rq->log_limit);
	json_put_int(j, "retries", r->given ? r->most : -1);
	json_put_int(j, "retry_delay_ms", r->delay_ms);
}

static double positive(const cJSON *v)
{
	return cJSON_IsNumber(v) && v->valuedouble > 0 ? v->valuedouble : 0;
}

static int take_limits(const cJSON *j, struct run_request *rq, struct err *err)
{
	struct retry_rule *r = &rq->plan.retries;
	int64_t most = json_int(j, "retries", -1);
	rq->plan.memory_bytes = (int64_t)positive(json_get(j, "memory_bytes"));
	rq->plan.cpus = positive(json_get(j, "cpus"));
	rq->log_limit = (int64_t)positive(json_get(j, "log_limit"));
	r->given = most >= 0;
	r->most = most < 0 ? 0 : most > RETRIES_MOST ? RETRIES_MOST : (int)most;
	r->delay_ms = (int64_t)positive(json_get(j, "retry_delay_ms"));
	return r->on && retry_on_check(r->on, err) < 0 ? err_wrap(err, "retry_on") : 0;
}

cJSON *request_to_json(const struct run_request *rq)
{
	cJSON *j = cJSON_CreateObject(), *list;
	struct run_request copy = *rq;
	for (size_t i = 0; i < TEXTS; i++)
		json_put_bytes(j, texts[i].name, *text_at(&copy, i));
	put_params(json_put_array(j, "params"), &rq->plan);
	list = json_put_array(j, "tags");
	for (size_t i = 0; i < rq->tags.n; i++)
		put_pair(list, rq->tags.v[i].key, rq->tags.v[i].value);
	list = json_put_array(j, "docker_args");
	for (size_t i = 0; i < rq->plan.env.nargs; i++)
		put_pair(list, rq->plan.env.args[i].name, rq->plan.env.args[i].value);
	json_put_int(j, "timeout_ms", rq->plan.timeout_ms);
	put_limits(j, rq);
	json_put_bool(j, "quiet", rq->quiet);
	json_put_bool(j, "direct", rq->direct);
	json_put_bool(j, "build_image", rq->plan.env.build_image);
	if (rq->frozen)
		json_put(j, "frozen", frozen_to_json(rq->frozen));
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
		const char *key = json_bytes(j, "key", a);
		const char *value = json_bytes(j, "value", a);
		if (!key || !value)
			continue;
		if (given_param(a, &ps, key, value, err) < 0)
			return -1;
		ps.v[ps.n - 1].origin = origin_of(j);
		ps.v[ps.n - 1].sha256 = json_bytes(j, "sha256", a);
		ps.v[ps.n - 1].place = json_bytes(j, "place", a);
		ps.v[ps.n - 1].was = json_bytes(j, "was", a);
	}
	rq->plan.params = ps.v;
	rq->plan.nparams = ps.n;
	return 0;
}

static int take_frozen(
    const cJSON *from, struct arena *a, struct run_request *rq, struct err *err)
{
	struct frozen *f;
	if (!from)
		return 0;
	f = arena_new(a, struct frozen);
	rq->frozen = f;
	if (frozen_from_json(from, a, f) == 0)
		return 0;
	return err_set(err, ERR_FAIL, "the request says nothing of the frozen project");
}

static int take_lists(
    const cJSON *from, struct arena *a, struct run_request *rq, struct err *err)
{
	const cJSON *j;
	if (take_params(json_get(from, "params"), a, rq, err) < 0)
		return -1;
	cJSON_ArrayForEach(j, json_get(from, "tags"))
	{
		const char *key = json_bytes(j, "key", a);
		const char *value = json_bytes(j, "value", a);
		if (key && value && given_tag(a, &rq->tags, key, value, err) < 0)
			return -1;
	}
	cJSON_ArrayForEach(j, json_get(from, "docker_args"))
	{
		const char *key = json_bytes(j, "key", a);
		if (key && given_docker_arg(
			       a, &rq->plan.env, key, json_bytes(j, "value", a), err) < 0)
			return -1;
	}
	return 0;
}

int request_from_json(
    const cJSON *j, struct arena *a, struct run_request *rq, struct err *err)
{
	memset(rq, 0, sizeof(*rq));
	for (size_t i = 0; i < TEXTS; i++)
		*text_at(rq, i) = json_bytes(j, texts[i].name, a);
	rq->plan.timeout_ms = json_int(j, "timeout_ms", 0);
	if (take_limits(j, rq, err) < 0)
		return -1;
	rq->plan.env.build_image = json_bool(j, "build_image", false);
	rq->quiet = json_bool(j, "quiet", true);
	rq->direct = json_bool(j, "direct", false);
	if (take_frozen(json_get(j, "frozen"), a, rq, err) < 0)
		return -1;
	return take_lists(j, a, rq, err);
}
