/* SPDX-License-Identifier: MIT */
/* The searches of the REST API. */
#include "search_fixture.h"

static void runs_over_the_api(void **state)
{
	auto_models m;
	models_open(&m, *state);
	three_runs(&m);
	EXPECT(&m, 200, "POST runs/search",
	    "{'experiment_ids':['0'],'max_results':1,'order_by':['run_id']}",
	    "{\"runs\":[{\"info\":{\"run_uuid\":\"a\",\"run_id\":\"a\"");
	assert_non_null(strstr(m.reply.s, "\"dataset_inputs\":["));
	assert_non_null(strstr(m.reply.s, "\"next_page_token\":\""));
	DONE(&m, "POST runs/search", "{'experiment_ids':[]}");
	DONE(&m, "POST runs/search",
	    "{'experiment_ids':['0'],'filter':'metrics.loss > 7'}");
	EXPECT(&m, 400, "POST runs/search", "{'experiment_ids':['0'],'max_results':0}",
	    "Invalid value 0 for parameter 'max_results' supplied. It must be a positive"
	    " integer");
	EXPECT(&m, 400, "POST runs/search",
	    "{'experiment_ids':['0'],'max_results':50001}",
	    "Invalid value 50001 for parameter 'max_results' supplied: ");
	EXPECT(&m, 400, "POST runs/search",
	    "{'experiment_ids':['0'],'page_token':'garbage'}",
	    "\"error_code\":\"INVALID_PARAMETER_VALUE\",\"message\":\"Invalid page"
	    " token, ");
}

static void experiments_over_the_api(void **state)
{
	auto_models m;
	models_open(&m, *state);
	alter_store(&m,
	    "INSERT INTO experiments VALUES (1, 'one', '/1', 'active', 5, 6),"
	    " (2, 'two', '/2', 'deleted', 5, 6), (3, 'One', '/3', 'active', NULL, NULL);"
	    "INSERT INTO experiment_tags VALUES ('k', 'v', 1)");
	EXPECT(&m, 400, "POST experiments/search", "{}",
	    "Invalid value 0 for parameter 'max_results' supplied. It must be a positive"
	    " integer");
	EXPECT(&m, 200, "POST experiments/search",
	    "{\"max_results\":9,\"filter\":\"name ILIKE 'ONE'\"}",
	    "{\"experiments\":[{\"experiment_id\":\"1\",\"name\":\"one\","
	    "\"artifact_location\":\"/1\",\"lifecycle_stage\":\"active\","
	    "\"last_update_time\":6,\"creation_time\":5,\"tags\":[{\"key\":\"k\","
	    "\"value\":\"v\"}]},{\"experiment_id\":\"3\",\"name\":\"One\"");
	EXPECT(&m, 200, "GET experiments/search?max_results=1&view_type=DELETED_ONLY", "",
	    "{\"experiments\":[{\"experiment_id\":\"2\"");
	EXPECT(&m, 200,
	    "GET experiments/search?max_results=1&order_by=name&order_by=experiment_id",
	    "", "\"name\":\"Default\"");
	EXPECT(&m, 400, "POST experiments/search",
	    "{\"max_results\":9,\"filter\":\"attributes.name = 'x'\"}",
	    "Invalid entity type 'attributes'. Valid entity types are ('attribute', "
	    "'tag',"
	    " 'tags')");
	EXPECT(&m, 400, "POST experiments/search",
	    "{\"max_results\":9,\"filter\":\"creation_time > 1.5\"}",
	    "Invalid value for numeric attribute 'creation_time': '1.5'");
	EXPECT(&m, 400, "POST experiments/search",
	    "{\"max_results\":9,\"filter\":\"a OR b\"}",
	    "Invalid clause(s) in filter string: a, OR, b");
	EXPECT(&m, 400, "POST experiments/search",
	    "{\"max_results\":9,\"order_by\":[\"tags.k\"]}", "Invalid ");
}

static void models_over_the_api(void **state)
{
	auto_models m;
	models_open(&m, *state);
	alter_store(&m,
	    "INSERT INTO registered_models VALUES ('m', 1, 5, NULL), ('p', 1, 9, NULL);"
	    "INSERT INTO registered_model_tags VALUES"
	    " ('mlflow.prompt.is_prompt', 'true', 'p'), ('k', 'v', 'm');"
	    "INSERT INTO model_versions (name, version, creation_time, last_updated_time,"
	    " current_stage, source, run_id, status) VALUES"
	    " ('m', 1, 1, 1, 'None', '/x', 'r', 'READY'),"
	    " ('m', 2, 1, 1, 'Deleted_Internal', '/x', 'r', 'READY'),"
	    " ('m', 3, 1, 1, 'Staging', '/y', '', 'READY')");
	EXPECT(&m, 200, "GET registered-models/search", "",
	    "{\"registered_models\":[{\"name\":\"m\",");
	assert_null(strstr(m.reply.s, "\"p\""));
	EXPECT(&m, 200,
	    "GET registered-models/search?filter=tag.`mlflow.prompt.is_prompt` = 'true'",
	    "", "{\"registered_models\":[{\"name\":\"p\",");
	EXPECT(&m, 200,
	    "GET registered-models/search?filter=tags.k LIKE 'v' AND"
	    " tag.`mlflow.prompt.is_prompt` != 'true'",
	    "", "{\"registered_models\":[{\"name\":\"m\",");
	EXPECT(&m, 400, "GET registered-models/search?order_by=creation_timestamp", "",
	    "Invalid order by key 'creation_timestamp' specified. Valid keys are");
	EXPECT(&m, 400, "GET registered-models/search?max_results=1001", "",
	    "Invalid value 1001 for parameter 'max_results' supplied: ");
	EXPECT(&m, 200, "GET model-versions/search?filter=name='m'&max_results=1", "",
	    "{\"model_versions\":[{\"name\":\"m\",\"version\":\"3\",");
	EXPECT(&m, 200,
	    FMT(&m,
		"GET model-versions/search?filter=name='m'&max_results=1&page_token=%s",
		reply_field(&m, "next_page_token")),
	    "", "{\"model_versions\":[{\"name\":\"m\",\"version\":\"1\",");
	assert_null(strstr(m.reply.s, "next_page_token"));
	EXPECT(&m, 200, "GET model-versions/search?filter=version_number > '1'", "",
	    "\"version\":\"3\"");
	EXPECT(&m, 400, "GET model-versions/search?filter=current_stage = 'None'", "",
	    "Invalid attribute key 'current_stage' specified.");
}

static void logged_models_over_the_api(void **state)
{
	auto_models m;
	models_open(&m, *state);
	alter_store(&m,
	    "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location,"
	    " creation_timestamp_ms, last_updated_timestamp_ms, status, lifecycle_stage)"
	    " VALUES ('m-1', 0, 'model', '/x', 1, 1, 2, 'active'),"
	    " ('m-2', 0, 'other', '/x', 2, 1, 2, 'active'),"
	    " ('m-3', 0, 'model', '/x', 3, 1, 2, 'deleted');"
	    "INSERT INTO logged_model_params VALUES ('m-1', 0, 'k', 'v')");
	EXPECT(&m, 200, "POST logged-models/search",
	    "{\"experiment_ids\":[\"0\"],\"filter\":\"name = 'model'\"}",
	    "{\"models\":[{\"info\":{\"model_id\":\"m-1\"");
	assert_null(strstr(m.reply.s, "m-3"));
	EXPECT(&m, 200, "POST logged-models/search",
	    "{'experiment_ids':['0'],'order_by':[{'field_name':'name','ascending':false}]"
	    "}",
	    "{\"models\":[{\"info\":{\"model_id\":\"m-2\"");
	DONE(&m, "POST logged-models/search",
	    "{'experiment_ids':['0'],'datasets':[{'dataset_name':'wine'}]}");
	EXPECT(&m, 400, "POST logged-models/search", "{'filter':''}",
	    "Missing value for required parameter 'experiment_ids'.");
	EXPECT(&m, 400, "POST logged-models/search",
	    "{'experiment_ids':['0'],'filter':'foo.x = 1'}",
	    "Invalid entity type: 'foo'. Expected one of ['attributes', 'metrics',"
	    " 'params', 'tags'].");
	EXPECT(&m, 400, "POST logged-models/search",
	    "{'experiment_ids':['0'],'datasets':[{}]}",
	    "`dataset_name` in the `datasets` clause must be specified.");
	age_store(&m);
	EXPECT(&m, 404, "POST logged-models/search", "{'experiment_ids':['0']}",
	    "ENDPOINT_NOT_FOUND");
	EXPECT(&m, 200, "POST runs/search", "{'experiment_ids':['0']}", "{}");
}

static void datasets_over_the_api(void **state)
{
	struct api_request rq = {.method = API_POST,
	    .path = "/ajax-api/2.0/mlflow/experiments/search-datasets",
	    .content_type = "application/json",
	    .body = "{\"experiment_ids\":[\"0\"]}"};
	struct api_reply reply = {.body = BUF_INIT};
	auto_models m;
	models_open(&m, *state);
	three_runs(&m);
	rq.nbody = strlen(rq.body);
	api_answer(&m.api, &m.f->a, &rq, &reply);
	assert_int_equal(reply.status, 200);
	assert_non_null(strstr(reply.body.s, "{\"experiment_id\":\"0\",\"name\":\"wine\","
					     "\"digest\":\"D\",\"context\":\"train\"}"));
	assert_non_null(strstr(reply.body.s,
	    "{\"experiment_id\":\"0\",\"name\":\"beer\",\"digest\":\"D\"}"));
	rq.body = "{}";
	rq.nbody = 2;
	api_answer(&m.api, &m.f->a, &rq, &reply);
	assert_int_equal(reply.status, 400);
	assert_non_null(strstr(reply.body.s, "must specify at least one experiment_id."));
	buf_release(&reply.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(runs_over_the_api),
	    TEST(experiments_over_the_api),
	    TEST(models_over_the_api),
	    TEST(logged_models_over_the_api),
	    TEST(datasets_over_the_api),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
