/* SPDX-License-Identifier: MIT */
/*
 * log_model.c -- runs/log-model, by which clients before MLflow 3 tell which models are
 * among a run's artifacts: kept as a list in a tag.
 */
#include "api/handlers.h"
#include "api/shapes.h"
#include "base/json.h"
#include "base/pyrepr.h"
#include "track/run_edit.h"

struct model_request {
	const char *run_id, *model_json;
};
static const struct field model_fields[] = {
    FIELD(struct model_request, run_id, FIELD_STR, .flags = FIELD_REQUIRED),
    FIELD(struct model_request, model_json, FIELD_STR, .flags = FIELD_REQUIRED),
    {0},
};
const struct message log_model_message = MESSAGE(struct model_request, model_fields);

static int check_fields(const cJSON *model, struct err *err)
{
	static const char *const wanted[] = {
	    "artifact_path", "flavors", "utc_time_created", "run_id"};
	auto_buf missing = BUF_INIT;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!json_get(model, wanted[i]))
			buf_addf(&missing, "%s'%s'", missing.len ? ", " : "", wanted[i]);
	if (!missing.len)
		return 0;
	return err_set(
	    err, ERR_USAGE, "Model json is missing mandatory fields: {%s}", missing.s);
}

/* Text as MLflow's server writes it into the tag. */
static void dump(struct buf *out, const cJSON *j)
{
	const cJSON *item;
	const char *between = "";
	if (cJSON_IsString(j)) {
		pyrepr_json(out, j->valuestring, strlen(j->valuestring));
		return;
	}
	if (!cJSON_IsObject(j) && !cJSON_IsArray(j)) {
		json_print(out, j, false);
		return;
	}
	buf_addc(out, cJSON_IsObject(j) ? '{' : '[');
	cJSON_ArrayForEach(item, j)
	{
		buf_adds(out, between);
		between = ", ";
		if (cJSON_IsObject(j)) {
			pyrepr_json(out, item->string, strlen(item->string));
			buf_adds(out, ": ");
		}
		dump(out, item);
	}
	buf_addc(out, cJSON_IsObject(j) ? '}' : ']');
}

static cJSON *copy(const cJSON *j)
{
	return cJSON_Duplicate(j, true);
}

/* How each flavor is set up may hold anything, and is in the model's own file. */
static cJSON *flavors_of(const cJSON *model)
{
	cJSON *flavors = copy(json_get(model, "flavors")), *flavor;
	cJSON_ArrayForEach(flavor, flavors)
	    cJSON_DeleteItemFromObjectCaseSensitive(flavor, "config");
	return flavors;
}

static void summary(struct buf *out, const cJSON *model)
{
	static const char *const kept[] = {
	    "run_id", "artifact_path", "utc_time_created", "model_uuid"};
	auto_json j = cJSON_CreateObject();
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (json_get(model, kept[i]))
			json_put(j, kept[i], copy(json_get(model, kept[i])));
	json_put(j, "flavors", flavors_of(model));
	dump(out, j);
}

int answer_log_model(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	const struct model_request *rq = in;
	struct err broken = ERR_INIT;
	auto_json model =
	    json_parse(rq->model_json, strlen(rq->model_json), "model", &broken);
	auto_buf text = BUF_INIT;
	(void)a, (void)out;
	if (!cJSON_IsObject(model))
		return err_set(err, ERR_USAGE,
		    "Malformed model info. \n %s \n is not a valid JSON.",
		    rq->model_json);
	if (check_fields(model, err) < 0)
		return -1;
	summary(&text, model);
	return run_tag_append(
	    api->db, rq->run_id, "mlflow.log-model.history", text.s, err);
}
