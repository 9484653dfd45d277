/* SPDX-License-Identifier: MIT */
/* Runs, their parameters, tags, models and artifacts through the API. */
#include "api_fixture.h"

static void a_run_from_birth_to_end(void **state)
{
	auto_models m;
	const char *run, *info;
	models_open(&m, *state);
	run = create_run(&m, "{'experiment_id':'0','user_id':'ann','run_name':'rn',"
			     "'start_time':1795225994072,'tags':[{'key':'mlflow.runName',"
			     "'value':'rn'},{'key':'a','value':'b'}]}");
	info = FMT(&m,
	    "{\"run_uuid\":\"%s\",\"run_id\":\"%s\",\"experiment_id\":\"0\","
	    "\"run_name\":\"rn\",\"user_id\":\"ann\",\"status\":\"RUNNING\","
	    "\"start_time\":1795225994072,\"artifact_uri\":\"%s/mlruns/0/%s/artifacts\","
	    "\"lifecycle_stage\":\"active\"}",
	    run, run, m.f->dir, run);
	assert_string_equal(m.reply.s,
	    FMT(&m,
		"{\"run\":{\"info\":%s,\"data\":{\"tags\":[{\"key\":\"a\",\"value\":"
		"\"b\"},"
		"{\"key\":\"mlflow.runName\",\"value\":\"rn\"}]},\"inputs\":{}}}",
		info));
	answers(&m, FMT(&m, "GET runs/get?run_uuid=%s&run_id=%s", run, run), NULL,
	    FMT(&m,
		"{\"run\":{\"info\":%s,\"data\":{\"tags\":[{\"key\":\"a\",\"value\":"
		"\"b\"},"
		"{\"key\":\"mlflow.runName\",\"value\":\"rn\"}]},\"inputs\":{},"
		"\"outputs\":{}}}",
		info));
	EXPECT(&m, 200, "POST runs/update",
	    fill(&m,
		"{'run_uuid':'$R','run_id':'$R','status':'FINISHED',"
		"'end_time':1795225994154}",
		run),
	    "\"status\":\"FINISHED\",\"start_time\":1795225994072,"
	    "\"end_time\":1795225994154,");
	assert_int_equal(strncmp(m.reply.s, "{\"run_info\":{\"run_uuid\":\"", 25), 0);
	EXPECT(&m, 200, "POST runs/update", fill(&m, "{'run_id':'$R','status':1}", run),
	    "\"RUNNING\"");
	EXPECT(&m, 200, "POST runs/update",
	    fill(&m, "{'run_uuid':'$R','run_name':'new'}", run), "\"run_name\":\"new\"");
	EXPECT(&m, 200, "POST runs/update",
	    fill(&m, "{'run_id':'$R','run_name':'','status':null}", run),
	    "\"run_name\":\"new\",\"user_id\":\"ann\",\"status\":\"RUNNING\"");
	assert_string_equal(sql(&m, run,
				"SELECT value FROM tags WHERE run_uuid = '$R' AND "
				"\"key\" = 'mlflow.runName'"),
	    "new");
}

static void names_of_runs(void **state)
{
	auto_models m;
	const char *run, *name;
	models_open(&m, *state);
	create_run(&m, "{'tags':[{'key':'mlflow.runName','value':'tagged'}]}");
	assert_string_equal(reply_field(&m, "run_name"), "tagged");
	create_run(&m, "{'run_name':'','tags':[{'key':'mlflow.runName','value':''}]}");
	name = reply_field(&m, "run_name");
	assert_non_null(strchr(name, '-'));
	EXPECT(&m, 200, "POST runs/create", "{}", "\"experiment_id\":\"0\"");
	run = reply_field(&m, "run_id");
	name = reply_field(&m, "run_name");
	assert_string_equal(sql(&m, run,
				"SELECT r.name = t.value FROM runs r JOIN tags t USING "
				"(run_uuid) WHERE run_uuid = '$R'"),
	    "1");
	DONE(&m, "POST runs/set-tag",
	    fill(&m, "{'run_id':'$R','key':'mlflow.runName','value':'set'}", run));
	DONE(&m, "POST runs/set-tag",
	    fill(&m, "{'run_id':'$R','key':'mlflow.runName','value':''}", run));
	EXPECT(&m, 200, FMT(&m, "GET runs/get?run_id=%s", run), NULL,
	    "\"run_name\":\"set\"");
	DONE(&m, "POST runs/log-batch",
	    fill(&m, "{'run_id':'$R','tags':[{'key':'mlflow.runName','value':'b'}]}",
		run));
	EXPECT(&m, 200, FMT(&m, "GET runs/get?run_id=%s", run), NULL,
	    "\"tags\":[{\"key\":\"mlflow.runName\",\"value\":\"b\"}]");
	assert_non_null(strstr(m.reply.s, "\"run_name\":\"b\""));
	create_run(&m, "{'run_name':'d','tags':[{'key':'t','value':'1'},{'key':'t',"
		       "'value':'2'}]}");
	assert_non_null(strstr(m.reply.s, "\"tags\":[{\"key\":\"t\",\"value\":\"2\"},"
					  "{\"key\":\"mlflow.runName\""));
}

static void what_runs_refuse(void **state)
{
	static const struct refusal rows[] = {
	    {"POST runs/create",
		"{'run_name':'x','tags':[{'key':'mlflow.runName','value':'y'}]}", USAGE,
		"Both 'run_name' argument and 'mlflow.runName' tag are specified, but "
		"with different values (run_name='x', mlflow.runName='y')."},
	    {"POST runs/create", "{'start_time':'abc'}", USAGE,
		"Invalid value \"abc\" for parameter 'start_time' supplied:  Hint: Value "
		"was of type 'str'." DOCS},
	    {"POST runs/create", "{'tags':[{'value':'x'}]}", USAGE,
		MISSING("tags[0].key")},
	    {"POST runs/create", "{'experimentId':'0','experiment_id':'0'}", USAGE,
		"Request specifies both 'experiment_id' and 'experimentId'; provide only "
		"one of them."},
	    {"GET runs/get", NULL, USAGE, MISSING("run_id")},
	    {"GET runs/get?run_id=", NULL, USAGE, MISSING("run_id")},
	    {"GET runs/get?run_id=no", NULL, GONE, "Run with id=no not found"},
	    {"POST runs/update", "{}", USAGE, MISSING("run_id")},
	    {"POST runs/update", "{'run_id':'no'}", GONE, "Run with id=no not found"},
	    {"POST runs/update", "{'run_id':'$R','status':'PAUSED'}", USAGE,
		"Invalid value \"PAUSED\" for parameter 'status' supplied:  Hint: Value "
		"was of type 'str'." DOCS},
	    {"POST runs/delete", "{'run_id':'no'}", GONE, "Run with id=no not found"},
	    {"POST runs/delete", "{}", USAGE, MISSING("run_id")},
	    {"POST runs/restore", "{'run_id':'no'}", GONE, "Run with id=no not found"},
	    {"POST runs/delete-tag", "{'run_id':'$R','key':'no'}", GONE,
		"No tag with name: no in run with id $R"},
	    {"POST runs/delete-tag", "{'run_id':'$R'}", USAGE, MISSING("key")},
	    {"POST runs/log-model", "{'run_id':'$R'}", USAGE, MISSING("model_json")},
	    {"POST runs/log-model", "{'run_id':'$R','model_json':'{'}", USAGE,
		"Malformed model info. \n { \n is not a valid JSON."},
	    {"POST runs/log-model", "{'run_id':'$R','model_json':'[]'}", USAGE,
		"Malformed model info. \n [] \n is not a valid JSON."},
	};
	auto_models m;
	models_open(&m, *state);
	REFUSED(&m, rows, create_run(&m, "{}"));
}

static void a_deleted_run_takes_nothing(void **state)
{
#define DELETED "The run $R must be in the 'active' state. Current state is deleted."
	static const struct refusal rows[] = {
	    {"POST runs/log-parameter", "{'run_id':'$R','key':'a','value':'1'}", USAGE,
		DELETED},
	    {"POST runs/log-metric", "{'run_id':'$R','key':'a','value':1,'timestamp':1}",
		USAGE, DELETED},
	    {"POST runs/log-batch", "{'run_id':'$R'}", USAGE, DELETED},
	    {"POST runs/set-tag", "{'run_id':'$R','key':'a','value':'1'}", USAGE,
		DELETED},
	    {"POST runs/delete-tag", "{'run_id':'$R','key':'mlflow.runName'}", USAGE,
		DELETED},
	    {"POST runs/update", "{'run_id':'$R','status':'FINISHED'}", USAGE, DELETED},
	};
	auto_models m;
	const char *run;
	models_open(&m, *state);
	run = create_run(&m, "{}");
	DONE(&m, "POST runs/delete", fill(&m, "{'run_id':'$R'}", run));
	DONE(&m, "POST runs/delete", fill(&m, "{'run_id':'$R'}", run));
	EXPECT(&m, 200, FMT(&m, "GET runs/get?run_id=%s", run), NULL, "\"deleted\"");
	REFUSED(&m, rows, run);
	DONE(&m, "POST runs/restore", fill(&m, "{'run_id':'$R'}", run));
	DONE(&m, "POST runs/restore", fill(&m, "{'run_id':'$R'}", run));
	DONE(&m, "POST runs/log-batch", fill(&m, "{'run_id':'$R'}", run));
}

static void keys_that_cannot_be(void **state)
{
	static const struct {
		const char *key, *why;
	} rows[] = {
	    {"a?b", BAD_CHARS},
	    {"a\\\\b", BAD_CHARS},
	    {"a\\nb", BAD_CHARS},
	    {"a//b", BAD_PATH "'a/b'"},
	    {"../a", BAD_PATH "'../a'"},
	    {"a/", BAD_PATH "'a'"},
	    {"/a", BAD_PATH "'/a'"},
	    {"//x", BAD_PATH "'//x'"},
	    {"///x", BAD_PATH "'/x'"},
	    {".", BAD_PATH "'.'"},
	    {"..", BAD_PATH "'..'"},
	    {"..a", BAD_PATH "'..a'"},
	    {"a/./b", BAD_PATH "'a/b'"},
	    {"a/../b", BAD_PATH "'b'"},
	    {"a/..", BAD_PATH "'.'"},
	    {"a/../..", BAD_PATH "'..'"},
	    {"/../a", BAD_PATH "'/a'"},
	};
	static const struct {
		const char *line, *body, *name;
	} ways[] = {
	    {"POST runs/log-parameter", "{\"run_id\":\"$R\",\"key\":\"%s\"}", "key"},
	    {"POST runs/set-tag", "{\"run_id\":\"$R\",\"key\":\"%s\"}", "key"},
	    {"POST runs/log-metric",
		"{\"run_id\":\"$R\",\"key\":\"%s\",\"value\":1,\"timestamp\":1}", "name"},
	    {"POST runs/log-batch",
		"{\"run_id\":\"$R\",\"metrics\":[{\"key\":\"ok\",\"value\":1,"
		"\"timestamp\":1},{\"key\":\"%s\",\"value\":1,\"timestamp\":1}]}",
		"metrics[1].name"},
	    {"POST runs/log-batch", "{\"run_id\":\"$R\",\"params\":[{\"key\":\"%s\"}]}",
		"params[0].key"},
	    {"POST runs/log-batch", "{\"run_id\":\"$R\",\"tags\":[{\"key\":\"%s\"}]}",
		"tags[0].key"},
	};
	auto_models m;
	const char *run;
	models_open(&m, *state);
	run = create_run(&m, "{}");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t k = 0; k < sizeof(ways) / sizeof(ways[0]); k++) {
			const char *at = strstr(ways[k].body, "%s");
			struct refusal r = {ways[k].line,
			    FMT(&m, "%.*s%s%s", (int)(at - ways[k].body), ways[k].body,
				rows[i].key, at + 2),
			    USAGE,
			    FMT(&m,
				"Invalid value \"%s\" for parameter '%s' supplied: %s",
				rows[i].key, ways[k].name, rows[i].why)};
			refused(&m, &r, run);
		}
	assert_string_equal(sql(&m, run, "SELECT count(*) FROM metrics"), "0");
}

static void keys_that_can_be(void **state)
{
	static const char *const keys[] = {"a b:c/d-e.f_g", "\xc3\xa9t\xc3\xa9", "a/..b",
	    "\xe6\x97\xa5\xe6\x9c\xac", "A1"};
	auto_models m;
	const char *run;
	models_open(&m, *state);
	run = create_run(&m, "{}");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		DONE(&m, "POST runs/log-parameter",
		    FMT(&m, "{'run_id':'%s','key':'%s','value':'v'}", run, keys[i]));
	EXPECT(&m, 400, "POST runs/log-parameter",
	    FMT(&m, "{'run_id':'%s','key':'a\xf0\x9f\x99\x82'}", run),
	    "Invalid value \\\"a\\\\ud83d\\\\ude42\\\" for parameter 'key'");
}

static void parameters_stay(void **state)
{
	static const struct refusal rows[] = {
	    {"POST runs/log-parameter", "{'run_id':'$R','key':'p','value':'2'}", USAGE,
		"Changing param values is not allowed. Param with key='p' was already "
		"logged with value='1' for run ID='$R'. Attempted logging new value "
		"'2'."},
	    {"POST runs/log-batch",
		"{\"run_id\":\"$R\",\"params\":[{\"key\":\"new\",\"value\":\"n\"},"
		"{\"key\":\"p\",\"value\":\"3\"},{\"key\":\"e\",\"value\":\"it's\"}]}",
		USAGE,
		"Changing param values is not allowed. Params were already "
		"logged='[{'key': 'p', 'old_value': '1', 'new_value': '3'}, {'key': 'e', "
		"'old_value': '', 'new_value': \"it's\"}]' for run ID='$R'."},
	    {"POST runs/log-batch",
		"{'run_id':'$R','params':[{'key':'q','value':'1'},{'key':'q','value':"
		"'1'},{'key':'q'}]}",
		USAGE,
		"Duplicate parameter keys have been submitted: ['q', 'q']. Please ensure "
		"the request contains only one param value per param key."},
	    {"POST runs/log-parameter", "{'run_id':'$R','value':'x'}", USAGE,
		MISSING("key")},
	    {"POST runs/log-parameter", "{'run_id':'$R','key':'$K'}", USAGE,
		"'Param key' exceeds the maximum length of 250 characters"},
	    {"POST runs/log-batch", "{'run_id':'$R','params':[{'key':'$K'}]}", USAGE,
		"'Param key' exceeds the maximum length of 250 characters"},
	    {"POST runs/log-parameter", "{'run_id':'$R','key':'k','value':7}", USAGE,
		"Invalid value 7 for parameter 'value' supplied:  Hint: Value was of "
		"type 'int'." DOCS},
	    {"POST runs/log-parameter", "{'run_id':'no','key':'k','value':'7'}", GONE,
		"Run with id=no not found"},
	};
	auto_models m;
	const char *run, *line = "POST runs/log-parameter";
	models_open(&m, *state);
	run = create_run(&m, "{}");
	DONE(&m, line, fill(&m, "{'run_uuid':'$R','key':'p','value':'1'}", run));
	DONE(&m, line, fill(&m, "{'run_id':'$R','key':'p','value':'1'}", run));
	DONE(&m, line, fill(&m, "{'run_id':'$R','key':'e'}", run));
	DONE(&m, line, FMT(&m, "{'run_id':'%s','key':'long','value':'%06001d'}", run, 0));
	DONE(&m, line, FMT(&m, "{'run_id':'%s','key':'long','value':'%06002d'}", run, 0));
	REFUSED(&m, rows, run);
	assert_string_equal(
	    sql(&m, run, "SELECT group_concat(\"key\" || length(value)) FROM params"),
	    "p1,e0,long6000");
}

static void tags_change(void **state)
{
	static const struct refusal rows[] = {
	    {"POST runs/set-tag", "{'run_id':'$R','key':'$K'}", USAGE,
		"'key' exceeds the maximum length of 250 characters"},
	    {"POST runs/log-batch", "{'run_id':'$R','tags':[{'key':'t'},{'key':'$K'}]}",
		USAGE, "'tags[1].key' exceeds the maximum length of 250 characters"},
	    {"POST runs/set-tag", "{'run_id':'$R'}", USAGE, MISSING("key")},
	    {"POST runs/set-tag", "{'run_id':'no','key':'k'}", GONE,
		"Run with id=no not found"},
	};
	auto_models m;
	const char *run, *line = "POST runs/set-tag";
	models_open(&m, *state);
	run = create_run(&m, "{'run_name':'n'}");
	DONE(&m, line, fill(&m, "{'run_id':'$R','key':'t','value':'v'}", run));
	DONE(&m, line, fill(&m, "{'run_id':'$R','key':'t','value':'w'}", run));
	DONE(&m, line, fill(&m, "{'run_id':'$R','key':'u'}", run));
	DONE(&m, line, FMT(&m, "{'run_id':'%s','key':'long','value':'%08001d'}", run, 0));
	DONE(&m, "POST runs/log-batch",
	    fill(&m,
		"{'run_id':'$R','tags':[{'key':'d','value':'1'},{'key':'d','value':"
		"'2'}]}",
		run));
	REFUSED(&m, rows, run);
	DONE(&m, "POST runs/delete-tag", fill(&m, "{'run_id':'$R','key':'u'}", run));
	assert_string_equal(
	    sql(&m, run,
		"SELECT group_concat(\"key\" || CASE WHEN length(value) < "
		"9 THEN value ELSE length(value) END) FROM tags"),
	    "mlflow.runNamen,tw,long8000,d2");
}

static void models_of_older_clients(void **state)
{
#define MODEL                                                                            \
	"{\"run_id\":\"$R\",\"model_json\":\"{\\\"artifact_path\\\":\\\"m%c\\\","        \
	"\\\"flavors\\\":{\\\"sk\\\":{\\\"v\\\":\\\"\\u00e9\\\",\\\"config\\\":{}}},"    \
	"\\\"utc_time_created\\\":\\\"t\\\",\\\"run_id\\\":\\\"$R\\\","                  \
	"\\\"model_uuid\\\":\\\"u\\\",\\\"model_size_bytes\\\":719}\"}"
	auto_models m;
	const char *run, *one;
	models_open(&m, *state);
	run = create_run(&m, "{}");
	one = fill(&m, FMT(&m, MODEL, '1'), run);
	DONE(&m, "POST runs/log-model", one);
	DONE(&m, "POST runs/log-model", fill(&m, FMT(&m, MODEL, '2'), run));
	DONE(&m, "POST runs/log-model", one); /* again: it is there */
	assert_string_equal(sql(&m, run,
				"SELECT value FROM tags WHERE \"key\" = "
				"'mlflow.log-model.history'"),
	    fill(&m,
		"[{\"run_id\": \"$R\", \"artifact_path\": \"m1\", \"utc_time_created\": "
		"\"t\", \"model_uuid\": \"u\", \"flavors\": {\"sk\": {\"v\": "
		"\"\\u00e9\"}}}, "
		"{\"run_id\": \"$R\", \"artifact_path\": \"m2\", \"utc_time_created\": "
		"\"t\", \"model_uuid\": \"u\", \"flavors\": {\"sk\": {\"v\": "
		"\"\\u00e9\"}}}]",
		run));
	EXPECT(&m, 400, "POST runs/log-model",
	    fill(&m, "{\"run_id\":\"$R\",\"model_json\":\"{\\\"flavors\\\":1}\"}", run),
	    "Model json is missing mandatory fields: {'artifact_path', "
	    "'utc_time_created', 'run_id'}");
}

static void write_artifact(struct models *m, const char *run, const char *name)
{
	const char *path = FMT(m, "%s/mlruns/0/%s/artifacts/%s", m->f->dir, run, name);
	need_ok(m->f, dir_make(path_dir(&m->f->a, path), 0777, &m->f->err));
	need_ok(m->f, file_write(path, "hello", 5, 0666, &m->f->err));
}

static void lists_of_artifacts(void **state)
{
	auto_models m;
	const char *run, *root, *list;
	models_open(&m, *state);
	run = create_run(&m, "{}");
	root = reply_field(&m, "artifact_uri");
	list = FMT(&m, "GET artifacts/list?run_id=%s", run);
	answers(&m, list, NULL, FMT(&m, "{\"root_uri\":\"%s\"}", root));
	write_artifact(&m, run, "b.txt");
	write_artifact(&m, run, "a/x.txt");
	write_artifact(&m, run, "a/y/z.txt");
	assert_int_equal(symlink("/etc", FMT(&m, "%s/etc", root)), 0);
	answers(&m, list, NULL,
	    FMT(&m,
		"{\"root_uri\":\"%s\",\"files\":[{\"path\":\"a\",\"is_dir\":true},"
		"{\"path\":\"b.txt\",\"is_dir\":false,\"file_size\":5}]}",
		root));
	answers(&m, FMT(&m, "%s&path=a/", list), NULL,
	    FMT(&m,
		"{\"root_uri\":\"%s\",\"files\":[{\"path\":\"a/x.txt\",\"is_dir\":false,"
		"\"file_size\":5},{\"path\":\"a/y\",\"is_dir\":true}]}",
		root));
	answers(&m, FMT(&m, "%s&path=b.txt", list), NULL,
	    FMT(&m, "{\"root_uri\":\"%s\"}", root));
	EXPECT(&m, 400, FMT(&m, "%s&path=../..", list), NULL, "\"Invalid path\"");
	EXPECT(&m, 400, FMT(&m, "%s&path=/etc", list), NULL, "\"Invalid path\"");
	EXPECT(&m, 400, FMT(&m, "%s&path=etc", list), NULL, "\"Invalid path\"");
	EXPECT(&m, 404, "GET artifacts/list?run_id=no", NULL, "Run with id=no not found");
	m.api.artifact_root = "/elsewhere";
	EXPECT(&m, 501, list, NULL, "NOT_IMPLEMENTED");
}

static void proxied_artifacts(void **state)
{
	auto_models m;
	const char *run;
	models_open(&m, *state);
	m.api.artifact_root = m.db.artifact_root = "mlflow-artifacts:";
	EXPECT(&m, 200, "POST experiments/create", "{'name':'e'}", "\"1\"");
	run = create_run(&m, "{'experiment_id':'1'}");
	assert_string_equal(reply_field(&m, "artifact_uri"),
	    FMT(&m, "mlflow-artifacts:/1/%s/artifacts", run));
	EXPECT(&m, 501, FMT(&m, "GET artifacts/list?run_id=%s", run), NULL,
	    "NOT_IMPLEMENTED");
	m.api.artifacts = m.f->dir;
	need_ok(m.f,
	    dir_make(FMT(&m, "%s/1/%s/artifacts/d", m.f->dir, run), 0777, &m.f->err));
	EXPECT(&m, 200, FMT(&m, "GET artifacts/list?run_id=%s", run), NULL,
	    "\"files\":[{\"path\":\"d\",\"is_dir\":true}]");
}

static void a_run_that_was_made_before_the_crash(void **state)
{
	static const char *const others[] = {
	    "{'start_time':1001,'user_id':'u','run_name':'n','tags':[{'key':'t','value':"
	    "'1'}]}",
	    "{'start_time':1000,'user_id':'v','run_name':'n','tags':[{'key':'t','value':"
	    "'1'}]}",
	    "{'start_time':1000,'user_id':'u','run_name':'o','tags':[{'key':'t','value':"
	    "'1'}]}",
	    "{'start_time':1000,'user_id':'u','run_name':'n','tags':[{'key':'t','value':"
	    "'2'}]}",
	    "{'start_time':1000,'user_id':'u','run_name':'n'}",
	};
	static const char body[] = "{'start_time':1000,'user_id':'u','run_name':'n',"
				   "'tags':[{'key':'t','value':'1'}]}";
	auto_models m;
	const char *run;
	models_open(&m, *state);
	run = create_run(&m, body);
	assert_string_not_equal(create_run(&m, body), run);
	tell(m.f, FMT(&m, "DELETE FROM tags WHERE run_uuid <> '%s'", run));
	tell(m.f, FMT(&m, "DELETE FROM runs WHERE run_uuid <> '%s'", run));
	m.api.repeat_since = 900;
	m.api.repeat_until = 1100;
	assert_string_equal(create_run(&m, body), run);
	assert_non_null(strstr(m.reply.s, "{\"key\":\"t\",\"value\":\"1\"}"));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_string_not_equal(create_run(&m, others[i]), run);
	m.api.repeat_until = 999;
	assert_string_not_equal(create_run(&m, body), run);
}

/* Whoever has logged to a run has been told its id. */
static void a_run_that_is_in_use_is_not_given_again(void **state)
{
	auto_models m;
	const char *run, *body = "{'start_time':1000,'user_id':'u','run_name':'n'}";
	models_open(&m, *state);
	m.api.repeat_since = 900;
	m.api.repeat_until = 1100;
	run = create_run(&m, body);
	assert_string_equal(create_run(&m, body), run);
	DONE(&m, "POST runs/log-parameter", fill(&m, "{'run_id':'$R','key':'p'}", run));
	assert_string_not_equal(create_run(&m, body), run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_run_from_birth_to_end),
	    TEST(names_of_runs),
	    TEST(what_runs_refuse),
	    TEST(a_deleted_run_takes_nothing),
	    TEST(keys_that_cannot_be),
	    TEST(keys_that_can_be),
	    TEST(parameters_stay),
	    TEST(tags_change),
	    TEST(models_of_older_clients),
	    TEST(lists_of_artifacts),
	    TEST(proxied_artifacts),
	    TEST(a_run_that_was_made_before_the_crash),
	    TEST(a_run_that_is_in_use_is_not_given_again),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
