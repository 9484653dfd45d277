/* SPDX-License-Identifier: MIT */
/* Logged models: MLflow 3's own. */
#include <math.h>

#include "models_fixture.h"

#include "base/clock.h"
#include "track/logged_model.h"

static const char *new_model(struct models *m, const char *run)
{
	EXPECT(m, 200, "POST logged-models",
	    FMT(m,
		"{'experiment_id':'0','name':'model','model_type':'T',"
		"'source_run_id':'%s',"
		"'params':[{'key':'b','value':'1'},{'key':'a'}],"
		"'tags':[{'key':'z','value':'1'},{'key':'a','value':'2'}]}",
		run),
	    "\"status\":\"LOGGED_MODEL_PENDING\"");
	return reply_field(m, "model_id");
}

static void a_model_comes_back(void **state)
{
	auto_models m;
	const char *run, *id, *get;
	models_open(&m, *state);
	run = new_run(&m);
	id = new_model(&m, run);
	assert_int_equal(strlen(id), 34);
	assert_int_equal(strncmp(id, "m-", 2), 0);
	get = FMT(&m, "GET logged-models/%s", id);
	EXPECT(&m, 200, get, NULL,
	    FMT(&m, "\"artifact_uri\":\"%s/mlruns/0/models/%s/artifacts\"", m.f->dir,
		id));
	say_reply(&m, 200, "\"experiment_id\":\"0\"");
	say_reply(&m, 200, "\"name\":\"model\"");
	say_reply(&m, 200, "\"model_type\":\"T\"");
	say_reply(&m, 200, FMT(&m, "\"source_run_id\":\"%s\"", run));
	say_reply(&m, 200,
	    "\"tags\":[{\"key\":\"a\",\"value\":\"2\"},{\"key\":\"z\",\"value\":\"1\"}]");
	say_reply(&m, 200,
	    "\"params\":[{\"key\":\"a\",\"value\":\"\"},{\"key\":\"b\","
	    "\"value\":\"1\"}]");
	EXPECT(&m, 200, FMT(&m, "PATCH logged-models/%s", id),
	    FMT(&m, "{'model_id':'%s','status':'LOGGED_MODEL_READY'}", id),
	    "LOGGED_MODEL_READY");
	EXPECT(&m, 200, get, NULL, "LOGGED_MODEL_READY");
	EXPECT(&m, 200, FMT(&m, "PATCH logged-models/%s", id), "{'status':3}",
	    "LOGGED_MODEL_UPLOAD_FAILED");
	assert_string_equal(ask(m.f, "SELECT status FROM logged_models"), "3");
}

static void tags_and_params(void **state)
{
	auto_models m;
	const char *id, *tag, *params;
	models_open(&m, *state);
	id = new_model(&m, new_run(&m));
	DONE(&m, FMT(&m, "PATCH logged-models/%s/tags", id),
	    "{'tags':[{'key':'z','value':'new'},{'key':'x','value':'y'}]}");
	EXPECT(&m, 200, FMT(&m, "GET logged-models/%s", id), NULL,
	    "\"tags\":[{\"key\":\"a\",\"value\":\"2\"},{\"key\":\"x\",\"value\":\"y\"},"
	    "{\"key\":\"z\",\"value\":\"new\"}]");
	tag = FMT(&m, "DELETE logged-models/%s/tags/x", id);
	DONE(&m, tag, "{}");
	EXPECT(&m, 404, tag, "{}",
	    FMT(&m, "No tag with key 'x' found for model with ID '%s'.", id));
	params = FMT(&m, "POST logged-models/%s/params", id);
	DONE(&m, params, "{'params':[{'key':'p','value':'1'},{'key':'b','value':'1'}]}");
	EXPECT(&m, 400, params,
	    "{'params':[{'key':'q','value':'1'},{'key':'b','value':'2'}]}",
	    "Changing param values is not allowed. Param with key='b'");
	assert_string_equal(
	    ask(m.f, "SELECT group_concat(param_key || param_value) FROM"
		     " (SELECT param_key, param_value FROM logged_model_params"
		     "  ORDER BY param_key)"),
	    "a,b1,p1");
}

static void deleted_ones(void **state)
{
	auto_models m;
	const char *id, *get, *delete;
	models_open(&m, *state);
	id = new_model(&m, new_run(&m));
	get = FMT(&m, "GET logged-models/%s", id);
	delete = FMT(&m, "DELETE logged-models/%s", id);
	DONE(&m, delete, FMT(&m, "{'model_id':'%s'}", id));
	DONE(&m, delete, "{}");
	EXPECT(&m, 404, get, NULL, FMT(&m, "Logged model with ID '%s' not found.", id));
	EXPECT(&m, 200, FMT(&m, "%s?allow_deleted=true", get), NULL, id);
	EXPECT(&m, 404, FMT(&m, "%s?allow_deleted=false", get), NULL, "not found");
	DONE(&m, FMT(&m, "PATCH logged-models/%s/tags", id),
	    "{'tags':[{'key':'x','value':'y'}]}");
}

static void what_is_refused(void **state)
{
	static const char *const unknown[][2] = {
	    {"GET logged-models/m-1", ""},
	    {"PATCH logged-models/m-1", "{'status':2}"},
	    {"DELETE logged-models/m-1", "{}"},
	    {"PATCH logged-models/m-1/tags", "{'tags':[{'key':'a','value':'b'}]}"},
	    {"DELETE logged-models/m-1/tags/a", "{}"},
	    {"POST logged-models/m-1/params", "{'params':[{'key':'a','value':'b'}]}"},
	};
	auto_models m;
	const char *id;
	models_open(&m, *state);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		EXPECT(&m, 404, unknown[i][0], unknown[i][1],
		    "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"Logged "
		    "model "
		    "with ID 'm-1' not found.\"}");
	EXPECT(&m, 400, "POST logged-models", "{}",
	    "Missing value for required parameter 'experiment_id'.");
	EXPECT(&m, 404, "POST logged-models", "{'experiment_id':'77'}",
	    "No Experiment with id=77 exists");
	EXPECT(&m, 400, "POST logged-models", "{'experiment_id':'x'}",
	    "Invalid experiment ID 'x'. Experiment ID must be a valid integer.");
	for (const char *bad = "/:.%"; *bad; bad++)
		EXPECT(&m, 400, "POST logged-models",
		    FMT(&m, "{'experiment_id':'0','name':'a%cb'}", *bad),
		    FMT(&m,
			"Invalid model name ('a%cb') provided. Model name must be a "
			"non-empty string and cannot contain the following characters: "
			"('/', ':', '.', '%%', '\\\"', \\\"'\\\")",
			*bad));
	id = new_model(&m, new_run(&m));
	EXPECT(&m, 400, FMT(&m, "PATCH logged-models/%s", id), "{}",
	    "Missing value for required parameter 'status'.");
	EXPECT(
	    &m, 400, FMT(&m, "PATCH logged-models/%s", id), "{'status':'x'}", "status");
	tell(m.f, "UPDATE experiments SET lifecycle_stage = 'deleted'");
	EXPECT(&m, 400, "POST logged-models", "{'experiment_id':'0'}",
	    "The experiment 0 must be in the 'active' state. Current state is deleted.");
	assert_string_equal(ask(m.f, "SELECT count(*) FROM logged_models"), "1");
}

static void a_name_is_made(void **state)
{
	auto_models m;
	models_open(&m, *state);
	EXPECT(&m, 200, "POST logged-models", "{'experiment_id':'0','name':''}",
	    "\"data\":{}");
	assert_true(strlen(reply_field(&m, "name")) > 5);
	say_reply(&m, 200, "\"model_type\":\"\"");
}

static int write_metrics(
    struct models *m, const char *run, const struct model_metric *v, size_t n)
{
	need_ok(m->f, db_begin(&m->db, &m->f->err));
	return db_end(&m->db,
	    logged_model_metrics_write(&m->db, run, 0, v, n, &m->f->err), &m->f->err);
}

static void metrics_of_a_model(void **state)
{
	auto_models m;
	struct logged_model model;
	const char *run, *id;
	models_open(&m, *state);
	run = new_run(&m);
	id = new_model(&m, run);
	const struct model_metric v[] = {
	    {{"acc", 0.5, 10, 1}, id, NULL, "ds", "d1"},
	    {{"none", 0.5, 10, 1}, NULL, NULL, NULL, NULL},
	    {{"nan", NAN, 10, 1}, id, NULL, NULL, NULL},
	    {{"inf", INFINITY, 5, -1}, id, NULL, NULL, NULL},
	};
	need_ok(m.f, write_metrics(&m, run, v, 4));
	need_ok(m.f, write_metrics(&m, run, v, 4));
	need_ok(m.f, logged_model_read(&m.db, &m.f->a, id, false, &model, &m.f->err));
	assert_int_equal(model.nmetrics, 3);
	assert_string_equal(model.metrics[0].metric.key, "acc");
	assert_string_equal(model.metrics[0].dataset_name, "ds");
	assert_string_equal(model.metrics[0].run_id, run);
	assert_null(model.metrics[1].dataset_name);
	assert_true(model.metrics[1].metric.value == 0); /* as MLflow */
	assert_true(isinf(model.metrics[2].metric.value));
	EXPECT(&m, 200, FMT(&m, "GET logged-models/%s", id), NULL,
	    "{\"key\":\"inf\",\"value\":1.7976931348623157e+308,\"timestamp\":5,"
	    "\"step\":-1");
	say_reply(&m, 200,
	    "{\"key\":\"acc\",\"value\":0.5,\"timestamp\":10,\"step\":1,"
	    "\"dataset_name\":\"ds\",\"dataset_digest\":\"d1\",\"model_id\":");
}

static void a_metric_of_no_model(void **state)
{
	auto_models m;
	const char *run, *id;
	models_open(&m, *state);
	run = new_run(&m);
	id = new_model(&m, run);
	const struct model_metric v[] = {
	    {{"acc", 0.5, 10, 1}, id, NULL, NULL, NULL},
	    {{"acc", 0.5, 10, 1}, "m-1", NULL, NULL, NULL},
	};
	assert_error(m.f, write_metrics(&m, run, v, 2), ERR_NOTFOUND, "'m-1' not found");
	assert_string_equal(ask(m.f, "SELECT count(*) FROM logged_model_metrics"), "0");
}

static void sent_again_after_a_crash(void **state)
{
	auto_models m;
	const char *run, *first, *second;
	models_open(&m, *state);
	run = new_run(&m);
	first = new_model(&m, run);
	second = new_model(&m, run);
	assert_string_not_equal(first, second);
	m.api.repeat_until = clock_now_ms() + 1000;
	m.api.repeat_since = m.api.repeat_until - 60000;
	DONE(&m, "POST runs/outputs",
	    FMT(&m, "{'run_id':'%s','models':[{'model_id':'%s'}]}", run, first));
	/* the first is in use: its client had the answer */
	assert_string_equal(new_model(&m, run), second);
	assert_string_equal(new_model(&m, run), second);
	assert_string_not_equal(new_model(&m, new_run(&m)), second);
	m.api.repeat_until -= 20 * 60000; /* nobody asks again after so long */
	m.api.repeat_since -= 20 * 60000;
	assert_string_not_equal(new_model(&m, run), second);
}

static void an_older_store(void **state)
{
	static const char missing[] = "\"error_code\":\"ENDPOINT_NOT_FOUND\"";
	auto_models m;
	const char *run;
	models_open(&m, *state);
	run = new_run(&m);
	age_store(&m);
	const struct model_metric v = {{"acc", 0.5, 10, 1}, "m-1", NULL, NULL, NULL};
	need_ok(m.f, write_metrics(&m, run, &v, 1));
	EXPECT(&m, 404, "POST logged-models", "{'experiment_id':'0'}", missing);
	EXPECT(&m, 404, "GET logged-models/m-1", NULL, missing);
	EXPECT(&m, 404, "PATCH logged-models/m-1/tags", "{}", missing);
	DONE(&m, "POST runs/log-inputs",
	    FMT(&m, "{'run_id':'%s','models':[{'model_id':'m-1'}]}", run));
}

static void migrated_meanwhile(void **state)
{
	auto_models m;
	models_open(&m, *state);
	alter_store(&m, "ALTER TABLE logged_models RENAME TO elsewhere");
	EXPECT(&m, 404, "GET logged-models/m-1", NULL, "ENDPOINT_NOT_FOUND");
	tell(m.f, "ALTER TABLE elsewhere RENAME TO logged_models");
	EXPECT(&m, 404, "GET logged-models/m-1", NULL, "RESOURCE_DOES_NOT_EXIST");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_model_comes_back),
	    TEST(tags_and_params),
	    TEST(deleted_ones),
	    TEST(what_is_refused),
	    TEST(a_name_is_made),
	    TEST(metrics_of_a_model),
	    TEST(a_metric_of_no_model),
	    TEST(sent_again_after_a_crash),
	    TEST(an_older_store),
	    TEST(migrated_meanwhile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
