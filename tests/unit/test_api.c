/* SPDX-License-Identifier: MIT */
/* Experiments through the API, and what is true of every request. */
#include "api_fixture.h"

static void experiments_are_made_and_found(void **state)
{
	auto_models m;
	models_open(&m, *state);
	answers(&m, "POST experiments/create",
	    "{'name':'exp','tags':[{'key':'x','value':'y'},{'key':'a'}]}",
	    "{\"experiment_id\":\"1\"}");
	EXPECT(&m, 200, "GET experiments/get?experiment_id=1", NULL,
	    "{\"experiment\":{\"experiment_id\":\"1\",\"name\":\"exp\","
	    "\"artifact_location\":\"");
	assert_non_null(strstr(m.reply.s, "/mlruns/1\",\"lifecycle_stage\":\"active\","
					  "\"last_update_time\":1"));
	assert_non_null(strstr(m.reply.s, ",\"tags\":[{\"key\":\"a\",\"value\":\"\"},"
					  "{\"key\":\"x\",\"value\":\"y\"}]}}"));
	EXPECT(&m, 200, "GET experiments/get-by-name?experiment_name=exp", NULL,
	    "\"experiment_id\":\"1\"");
	EXPECT(
	    &m, 200, "GET experiments/get?experiment_id=0", NULL, "\"name\":\"Default\"");
	assert_null(strstr(m.reply.s, "tags"));
	/* a GET without a query may have a body */
	EXPECT(&m, 200, "GET experiments/get", "{'experiment_id':'1'}", "\"exp\"");
}

static void places_of_experiments(void **state)
{
	auto_models m;
	static const struct {
		const char *given, *stored;
	} rows[] = {
	    {"/abs/dir", "/abs/dir"},
	    {"file:///tmp/x y", "file:///tmp/x y"},
	    {"s3://b/a;b?x=y", "s3://b/a;b?x=y"},
	    {"mlflow-artifacts:/x", "mlflow-artifacts:/x"},
	    {"", NULL},
	    {"rel/dir", NULL},
	};
	static const struct refusal bad[] = {
	    {"POST experiments/create", "{'name':'l','artifact_location':'runs:/x'}",
		USAGE, "Artifact location cannot be a runs:/ URI. Given: 'runs:/x'"},
	    {"POST experiments/create", "{'name':'l','artifact_location':'/a#b'}", USAGE,
		"'artifact_location' URL can't include fragments or params."},
	    {"POST experiments/create", "{'name':'l','artifact_location':'/a;b'}", USAGE,
		"'artifact_location' URL can't include fragments or params."},
	    {"POST experiments/create",
		"{'name':'l','artifact_location':'s3://b/a?x=%2e%2e/'}", USAGE,
		"Invalid query string"},
	};
	models_open(&m, *state);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *want = rows[i].stored;
		EXPECT(&m, 200, "POST experiments/create",
		    FMT(&m, "{'name':'e%zu','artifact_location':'%s'}", i, rows[i].given),
		    "experiment_id");
		if (!want)
			want = *rows[i].given ? FMT(&m, "%s/%s", m.f->dir, rows[i].given)
					      : FMT(&m, "%s/mlruns/%zu", m.f->dir, i + 1);
		EXPECT(&m, 200, FMT(&m, "GET experiments/get?experiment_id=%zu", i + 1),
		    NULL, FMT(&m, "\"artifact_location\":\"%s\"", want));
	}
	REFUSED(&m, bad, NULL);
	EXPECT(&m, 400, "POST experiments/create",
	    FMT(&m, "{'name':'l','artifact_location':'s3://b/%02049d'}", 0),
	    "cannot be greater than 2048 characters");
}

static void experiments_change(void **state)
{
	auto_models m;
	models_open(&m, *state);
	EXPECT(&m, 200, "POST experiments/create", "{'name':'exp'}", "\"1\"");
	DONE(&m, "POST experiments/update", "{'experiment_id':'1','new_name':'new'}");
	DONE(&m, "POST experiments/set-experiment-tag",
	    "{'experiment_id':'1','key':'k','value':'v'}");
	DONE(&m, "POST experiments/set-experiment-tag",
	    "{'experiment_id':'1','key':'k','value':'w'}");
	EXPECT(&m, 200, "GET experiments/get-by-name?experiment_name=new", NULL,
	    "\"tags\":[{\"key\":\"k\",\"value\":\"w\"}]");
	DONE(&m, "POST experiments/delete-experiment-tag",
	    "{'experiment_id':'1','key':'k'}");
	EXPECT(&m, 404, "POST experiments/delete-experiment-tag",
	    "{'experiment_id':'1','key':'k'}",
	    "No tag with name: k in experiment with id 1");
}

static void names_and_ids_that_are_refused(void **state)
{
	static const struct refusal rows[] = {
	    {"POST experiments/create", "{}", USAGE, MISSING("name")},
	    {"POST experiments/create", "{'name':''}", USAGE, MISSING("name")},
	    {"POST experiments/create", "{'name':5}", USAGE,
		"Invalid value 5 for parameter 'name' supplied:  Hint: Value was of type "
		"'int'." DOCS},
	    {"POST experiments/create", "{'name':'$K$K'}", USAGE,
		"'name' exceeds the maximum length of 500 characters"},
	    {"POST experiments/create", "{'name':'t','tags':[{'key':'a?b'}]}", USAGE,
		"Invalid value \"a?b\" for parameter 'key' supplied: " BAD_CHARS},
	    {"POST experiments/create", "{'name':'t','tags':[{'value':'v'}]}", USAGE,
		"Invalid value \"\" for parameter 'key' supplied: " BAD_PATH "'.'"},
	    {"POST experiments/create", "{'name':'exp'}", 400, "RESOURCE_ALREADY_EXISTS",
		"Experiment(name=exp) already exists. Error: UNIQUE constraint failed: "
		"experiments.name"},
	    {"POST experiments/create", "{'name':'gone'}", 400, "RESOURCE_ALREADY_EXISTS",
		"Experiment(name=gone) already exists. Error: UNIQUE constraint failed: "
		"experiments.name"},
	    {"GET experiments/get", NULL, USAGE, MISSING("experiment_id")},
	    {"GET experiments/get?experiment_id=", NULL, USAGE, MISSING("experiment_id")},
	    {"GET experiments/get?experiment_id=99", NULL, GONE,
		"No Experiment with id=99 exists"},
	    {"GET experiments/get?experiment_id=abc", NULL, USAGE,
		"Invalid experiment ID 'abc'. Experiment ID must be a valid integer."},
	    {"GET experiments/get-by-name?experiment_name=no", NULL, GONE,
		"Could not find experiment with name 'no'"},
	    {"GET experiments/get-by-name", NULL, USAGE, MISSING("experiment_name")},
	};
	auto_models m;
	models_open(&m, *state);
	EXPECT(&m, 200, "POST experiments/create", "{'name':'exp'}", "\"1\"");
	EXPECT(&m, 200, "POST experiments/create", "{'name':'gone'}", "\"2\"");
	DONE(&m, "POST experiments/delete", "{'experiment_id':'2'}");
	REFUSED(&m, rows, NULL);
	assert_string_equal(sql(&m, NULL, "SELECT count(*) FROM experiments"), "3");
}

static void changes_that_are_refused(void **state)
{
	static const struct refusal rows[] = {
	    {"POST experiments/update", "{'experiment_id':'1'}", USAGE,
		MISSING("new_name")},
	    {"POST experiments/update", "{'experiment_id':'1','new_name':'gone'}", 400,
		"BAD_REQUEST", "Experiment(name=gone) already exists."},
	    {"POST experiments/update", "{'experiment_id':'9','new_name':'x'}", GONE,
		"No Experiment with id=9 exists"},
	    {"POST experiments/update", "{'experiment_id':'2','new_name':'x'}", USAGE,
		"Cannot rename a non-active experiment."},
	    {"POST experiments/set-experiment-tag", "{'experiment_id':'1','value':'v'}",
		USAGE, MISSING("key")},
	    {"POST experiments/set-experiment-tag", "{'experiment_id':'1','key':'$K'}",
		USAGE, "'key' exceeds the maximum length of 250 characters"},
	    {"POST experiments/set-experiment-tag", "{'experiment_id':'2','key':'k'}",
		USAGE,
		"The experiment 2 must be in the 'active' state. Current state is "
		"deleted."},
	    {"POST experiments/delete-experiment-tag", "{'experiment_id':'2','key':'k'}",
		USAGE,
		"The experiment 2 must be in the 'active' state. Current state is "
		"deleted."},
	    {"POST experiments/delete", "{'experiment_id':'2'}", GONE,
		"No Experiment with id=2 exists"},
	    {"POST experiments/restore", "{'experiment_id':'1'}", GONE,
		"No Experiment with id=1 exists"},
	    {"POST experiments/delete", "{'experiment_id':'7'}", GONE,
		"No Experiment with id=7 exists"},
	    {"POST experiments/delete", "{}", USAGE, MISSING("experiment_id")},
	    {"POST runs/create", "{'experiment_id':'2'}", USAGE,
		"The experiment 2 must be in the 'active' state. Current state is "
		"deleted."},
	    {"POST runs/create", "{'experiment_id':'99'}", GONE,
		"No Experiment with id=99 exists"},
	    {"POST runs/create", "{'experiment_id':'abc'}", USAGE,
		"Invalid experiment ID 'abc'. Experiment ID must be a valid integer."},
	};
	auto_models m;
	models_open(&m, *state);
	EXPECT(&m, 200, "POST experiments/create", "{'name':'exp'}", "\"1\"");
	EXPECT(&m, 200, "POST experiments/create", "{'name':'gone'}", "\"2\"");
	DONE(&m, "POST experiments/delete", "{'experiment_id':'2'}");
	REFUSED(&m, rows, NULL);
	EXPECT(&m, 400, "POST experiments/set-experiment-tag",
	    FMT(&m, "{'experiment_id':'1','key':'k','value':'%020001d'}", 0),
	    "'value' exceeds the maximum length of 20000 characters");
}

static void an_experiment_goes_with_its_runs(void **state)
{
	auto_models m;
	const char *run;
	models_open(&m, *state);
	EXPECT(&m, 200, "POST experiments/create", "{'name':'exp'}", "\"1\"");
	run = create_run(&m, "{'experiment_id':'1'}");
	DONE(&m, "POST experiments/delete", "{'experiment_id':'1'}");
	EXPECT(&m, 200, "GET experiments/get?experiment_id=1", NULL,
	    "\"lifecycle_stage\":\"deleted\"");
	EXPECT(&m, 200, FMT(&m, "GET runs/get?run_id=%s", run), NULL,
	    "\"lifecycle_stage\":\"deleted\"");
	assert_string_equal(
	    sql(&m, run, "SELECT deleted_time > 0 FROM runs WHERE run_uuid = '$R'"), "1");
	DONE(&m, "POST experiments/restore", "{'experiment_id':'1'}");
	EXPECT(&m, 200, FMT(&m, "GET runs/get?run_id=%s", run), NULL,
	    "\"lifecycle_stage\":\"active\"");
	assert_string_equal(
	    sql(&m, run, "SELECT deleted_time IS NULL FROM runs WHERE run_uuid = '$R'"),
	    "1");
}

static int raw(struct models *m, enum api_method method, const char *path,
    const char *type, const char *body)
{
	struct api_request rq = {.method = method,
	    .path = path,
	    .content_type = type,
	    .body = body,
	    .nbody = strlen(body)};
	struct api_reply out = {.body = m->reply};
	api_answer(&m->api, &m->f->a, &rq, &out);
	m->reply = out.body;
	m->status = out.status;
	return (int)out.allow;
}

static void what_a_body_must_be(void **state)
{
	static const char path[] = "/api/2.0/mlflow/runs/create";
	auto_models m;
	models_open(&m, *state);
	raw(&m, API_POST, path, NULL, "{}");
	say_reply(&m, 400, "\"Bad Request. Content-Type header is missing.\"");
	raw(&m, API_POST, path, "text/plain", "{}");
	say_reply(&m, 400,
	    "\"Bad Request. Content-Type must be one of ['application/json'].\"");
	raw(&m, API_POST, path, "application/jsonx", "{}");
	assert_int_equal(m.status, 400);
	raw(&m, API_POST, path, "application/json; charset=utf-8", "{}");
	assert_int_equal(m.status, 200);
	/* cut off: nothing is done, though nothing is missed */
	raw(&m, API_POST, path, "application/json", "{\"run_name\":\"n\"");
	say_reply(&m, 400, "the body is not valid JSON (at byte 15)");
	raw(&m, API_POST, "/api/2.0/mlflow/runs/update", "application/json", "{\"run_id");
	say_reply(&m, 400, MISSING("run_id"));
	assert_string_equal(sql(&m, NULL, "SELECT count(*) FROM runs"), "1");
}

static void routes_that_there_are(void **state)
{
	static const char *const paths[] = {
	    "/api/2.0/mlflow/experiments/get", "/ajax-api/2.0/mlflow/experiments/get"};
	static const char *const none[] = {"/", "/api/2.0/mlflow/", "/api/2.0/mlflow",
	    "/api/2.0/mlflow/nothing", "/api/2.0/preview/mlflow/runs/get",
	    "/api/2.0/mlflow/runs/get/", "/api/2.0/mlflow//runs/get", "/runs/get",
	    "/api/2.0/mlflow/health", "/api/3.0/mlflow/traces", "/graphql",
	    "/api/2.0/mlflow/logged-models/", "/api/2.0/mlflow/logged-models//tags"};
	auto_models m;
	models_open(&m, *state);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		raw(&m, API_GET, paths[i], NULL, "{\"experiment_id\":\"0\"}");
		say_reply(&m, 200, "Default");
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(raw(&m, API_POST, none[i], "application/json", "{}"), 0);
		say_reply(
		    &m, 404, "{\"error_code\":\"ENDPOINT_NOT_FOUND\",\"message\":\"");
	}
	assert_int_equal(
	    raw(&m, API_POST, "/api/2.0/mlflow/runs/get", "application/json", "{}"),
	    1 << API_GET);
	say_reply(&m, 405, "\"ENDPOINT_NOT_FOUND\"");
	raw(&m, API_GET, "/health", NULL, "");
	assert_string_equal(m.reply.s, "OK");
	raw(&m, API_GET, "/version", NULL, "");
	say_reply(&m, 404, "ENDPOINT_NOT_FOUND");
	m.api.version = "3.1.4";
	raw(&m, API_GET, "/version", NULL, "");
	assert_string_equal(m.reply.s, "3.1.4");
	raw(&m, API_GET, "/api/3.0/mlflow/server-info", NULL, "");
	say_reply(&m, 200, "{\"store_type\":\"SqlStore\",\"workspaces_enabled\":false,");
}

static void a_server_that_only_reads(void **state)
{
	auto_models m;
	models_open(&m, *state);
	m.api.read_only = true;
	EXPECT(&m, 403, "POST runs/create", "{}", "\"PERMISSION_DENIED\"");
	EXPECT(&m, 200, "GET experiments/get?experiment_id=0", NULL, "Default");
	assert_string_equal(sql(&m, NULL, "SELECT count(*) FROM runs"), "0");
}

/* All of it once, in a store without logged models and steps of inputs. */
static void a_store_that_mlflow_2_8_made(void **state)
{
	auto_models m;
	const char *run;
	models_open(&m, *state);
	age_store(&m);
	EXPECT(&m, 200, "POST experiments/create", "{'name':'e'}", "\"1\"");
	run = create_run(&m, "{'experiment_id':'1','run_name':'n'}");
	DONE(&m, "POST runs/log-parameter", fill(&m, "{'run_id':'$R','key':'p'}", run));
	DONE(&m, "POST runs/log-batch",
	    fill(&m,
		"{'run_id':'$R','metrics':[{'key':'m','value':1,'timestamp':1,"
		"'model_id':'m-1'}],'tags':[{'key':'t'}]}",
		run));
	EXPECT(&m, 200, "POST runs/update",
	    fill(&m, "{'run_id':'$R','status':'KILLED'}", run), "KILLED");
	EXPECT(&m, 200, FMT(&m, "GET runs/get?run_id=%s", run), NULL,
	    "\"metrics\":[{\"key\":\"m\",\"value\":1.0,\"timestamp\":1,\"step\":0}],"
	    "\"params\":[{\"key\":\"p\",\"value\":\"\"}]");
	EXPECT(&m, 200, FMT(&m, "GET metrics/get-history?run_id=%s&metric_key=m", run),
	    NULL, "\"value\":1.0");
}

/* Another program has rows that we would not write. */
static void rows_of_other_programs(void **state)
{
	auto_models m;
	const char *run;
	models_open(&m, *state);
	run = create_run(&m, "{'run_name':'n','start_time':5}");
	tell(m.f, "UPDATE runs SET start_time = NULL, name = NULL, user_id = NULL");
	tell(m.f, "UPDATE experiments SET creation_time = NULL, last_update_time = NULL");
	EXPECT(&m, 200, FMT(&m, "GET runs/get?run_id=%s", run), NULL,
	    "\"run_name\":\"\",\"user_id\":\"\",\"status\":\"RUNNING\","
	    "\"artifact_uri\":");
	EXPECT(&m, 200, "GET experiments/get?experiment_id=0", NULL,
	    "\"lifecycle_stage\":\"active\"}}");
}

/* Another MLflow migrates the file while we have it open. */
static void tables_that_change_under_us(void **state)
{
	auto_models m;
	const char *run, *get;
	models_open(&m, *state);
	EXPECT(&m, 200, "POST runs/create", "{'run_name':'n'}", "\"n\"");
	run = reply_field(&m, "run_id");
	get = FMT(&m, "GET runs/get?run_id=%s", run);
	EXPECT(&m, 200, get, NULL, "\"n\"");
	tell(m.f,
	    "ALTER TABLE runs ADD COLUMN extra TEXT DEFAULT 'x';"
	    "CREATE TABLE later (id INTEGER); CREATE INDEX later_run ON runs(name)");
	EXPECT(&m, 200, get, NULL, "\"run_name\":\"n\"");
	DONE(&m, "POST runs/set-tag",
	    fill(&m, "{'run_id':'$R','key':'t','value':'v'}", run));
	EXPECT(&m, 200, get, NULL, "{\"key\":\"t\",\"value\":\"v\"}");
}

static int pragma(sqlite3 *sq, const char *text)
{
	sqlite3_stmt *st = NULL;
	int v = -1;
	if (sqlite3_prepare_v2(sq, text, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		v = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return v;
}

static int synchronous(struct fixture *f, bool quick, bool ready)
{
	struct db_options o = {.ctx = &f->ctx,
	    .path = f->t.path,
	    .artifact_root = f->t.artifact_root,
	    .create = true,
	    .quick = quick};
	struct db db;
	int v;
	need_ok(f, db_open(&db, &o, &f->err));
	if (ready)
		need_ok(f, db_ready(&db, &f->err));
	v = pragma(db.sq, "PRAGMA synchronous");
	db_close(&db);
	return v;
}

/* Only a file with a write-ahead log stays whole without waiting for the disk. */
static void who_waits_for_the_disk(void **state)
{
	enum { NORMAL = 1, FULL = 2 };
	struct fixture *f = *state;
	assert_int_equal(synchronous(f, true, false), FULL);
	assert_int_equal(synchronous(f, true, true), NORMAL);
	assert_int_equal(synchronous(f, true, false), NORMAL);
	assert_int_equal(synchronous(f, false, false), FULL);
	tell(f, "PRAGMA journal_mode=DELETE");
	assert_int_equal(synchronous(f, true, true), FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(experiments_are_made_and_found),
	    TEST(places_of_experiments),
	    TEST(experiments_change),
	    TEST(names_and_ids_that_are_refused),
	    TEST(changes_that_are_refused),
	    TEST(an_experiment_goes_with_its_runs),
	    TEST(what_a_body_must_be),
	    TEST(routes_that_there_are),
	    TEST(a_server_that_only_reads),
	    TEST(a_store_that_mlflow_2_8_made),
	    TEST(rows_of_other_programs),
	    TEST(tables_that_change_under_us),
	    TEST(who_waits_for_the_disk),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
