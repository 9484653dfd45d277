/* SPDX-License-Identifier: MIT */
/* The model registry, in files of ours and in files that a later MLflow has migrated. */
#include "models_fixture.h"

#include "base/clock.h"
#include "track/registered_model.h"

static void a_model_comes_back(struct models *m)
{
	EXPECT(m, 200, "POST registered-models/create",
	    "{'name':'rm','description':'d','tags':[{'key':'b','value':'1'},"
	    "{'key':'a','value':'2'},{'key':'b'}]}",
	    "\"description\":\"d\",\"tags\":[{\"key\":\"b\",\"value\":\"\"},"
	    "{\"key\":\"a\",\"value\":\"2\"}]}}");
	DONE(
	    m, "POST registered-models/set-tag", "{'name':'rm','key':'b','value':'new'}");
	DONE(m, "POST registered-models/set-tag", "{'name':'rm','key':'c'}");
	DONE(m, "DELETE registered-models/delete-tag", "{'name':'rm','key':'a'}");
	DONE(m, "DELETE registered-models/delete-tag", "{'name':'rm','key':'a'}");
	EXPECT(m, 200, "GET registered-models/get?name=rm", NULL,
	    "\"tags\":[{\"key\":\"b\",\"value\":\"new\"},{\"key\":\"c\",\"value\":\"\"}"
	    "]");
	EXPECT(m, 200, "PATCH registered-models/update",
	    "{'name':'rm','description':'e'}", "\"description\":\"e\"");
	EXPECT(m, 200, "PATCH registered-models/update", "{'name':'rm'}", "\"rm\"");
	assert_null(strstr(m->reply.s, "description"));
	create_version(m, "rm", "1");
	DONE(m, "DELETE registered-models/delete", "{'name':'rm'}");
	EXPECT(m, 404, "GET registered-models/get?name=rm", NULL,
	    "Registered Model with name=rm not found");
	assert_string_equal(ask(m->f, "SELECT count(*) FROM model_version_tags"), "0");
}
BOTH(a_model_comes_back)

static void renaming(struct models *m)
{
	create_model(m, "rm");
	create_model(m, "other");
	create_version(m, "rm", "1");
	DONE(m, "POST registered-models/alias",
	    "{'name':'rm','alias':'champ','version':'1'}");
	tell(m->f, "UPDATE model_versions SET last_updated_time = 1");
	EXPECT(m, 400, "POST registered-models/rename",
	    "{'name':'rm','new_name':'other'}",
	    "{\"error_code\":\"RESOURCE_ALREADY_EXISTS\",\"message\":\"Registered Model "
	    "(name=other) already exists.");
	EXPECT(m, 200, "POST registered-models/rename", "{'name':'rm','new_name':'rm'}",
	    "\"name\":\"rm\"");
	EXPECT(m, 200, "POST registered-models/rename", "{'name':'rm','new_name':'new'}",
	    "{\"registered_model\":{\"name\":\"new\"");
	EXPECT(m, 200, "GET registered-models/alias?name=new&alias=champ", NULL,
	    "\"name\":\"new\",\"version\":\"1\"");
	say_reply(m, 200, "\"tags\":[{\"key\":\"z\"");
	assert_string_equal(
	    ask(m->f, "SELECT last_updated_time > 1 FROM model_versions"), "1");
	EXPECT(m, 400, "POST registered-models/rename", "{'name':'new','new_name':' '}",
	    "Missing value for required parameter 'new_name'.");
	EXPECT(m, 404, "POST registered-models/rename", "{'name':'rm','new_name':'x'}",
	    "Registered Model with name=rm not found");
}
BOTH(renaming)

static void versions_come_back(struct models *m)
{
	create_model(m, "rm");
	create_version(m, "rm", "1");
	EXPECT(m, 200, "POST model-versions/create",
	    "{'name':'rm','source':'s3://b/y','run_id':'r1','description':'d',"
	    "'run_link':'http://l'}",
	    "\"current_stage\":\"None\",\"description\":\"d\",\"source\":\"s3://b/y\","
	    "\"run_id\":\"r1\",\"status\":\"READY\",\"run_link\":\"http://l\"}}");
	EXPECT(m, 200, "GET model-versions/get?name=rm&version=1", NULL,
	    "\"description\":\"\",\"source\":\"s3://b/x\",\"run_id\":\"\","
	    "\"status\":\"READY\",\"run_link\":\"\",\"tags\":[{\"key\":\"z\","
	    "\"value\":\"1\"},{\"key\":\"a\",\"value\":\"2\"}]}}");
	DONE(m, "POST model-versions/set-tag",
	    "{'name':'rm','version':'1','key':'z','value':'9'}");
	DONE(m, "DELETE model-versions/delete-tag",
	    "{'name':'rm','version':'1','key':'a'}");
	DONE(m, "DELETE model-versions/delete-tag",
	    "{'name':'rm','version':'1','key':'a'}");
	EXPECT(m, 200, "PATCH model-versions/update", "{'name':'rm','version':'1'}",
	    "\"current_stage\":\"None\",\"source\"");
	say_reply(m, 200, "\"tags\":[{\"key\":\"z\",\"value\":\"9\"}]");
	EXPECT(m, 200, "GET model-versions/get-download-uri?name=rm&version=2", NULL,
	    "{\"artifact_uri\":\"s3://b/y\"}");
	/* in the order of the stages' first versions */
	EXPECT(m, 200, "GET registered-models/get?name=rm", NULL,
	    "\"latest_versions\":[{\"name\":\"rm\",\"version\":\"2\"");
	assert_null(strstr(m->reply.s, "s3://b/x"));
}
BOTH(versions_come_back)

/* Each model's and each version's own, of many. */
static void many_models(struct models *m)
{
	struct registered_model v[] = {{.name = "b"}, {.name = "empty"}, {.name = "a"}};
	create_model(m, "a");
	create_model(m, "b");
	create_model(m, "empty");
	create_model(m, "other");
	create_version(m, "b", "1");
	create_version(m, "other", "1");
	create_version(m, "a", "1");
	create_version(m, "a", "2");
	EXPECT(m, 200, "POST model-versions/transition-stage",
	    "{'name':'a','version':'1','stage':'Staging'}", "Staging");
	DONE(m, "POST model-versions/set-tag",
	    "{'name':'a','version':'2','key':'of','value':'a2'}");
	DONE(
	    m, "POST registered-models/set-tag", "{'name':'a','key':'x','value':'of a'}");
	DONE(
	    m, "POST registered-models/set-tag", "{'name':'b','key':'x','value':'of b'}");
	need_ok(m->f, db_begin_read(&m->db, &m->f->err));
	need_ok(m->f, registered_models_fill(&m->db, &m->f->a, v, 3, &m->f->err));
	need_ok(m->f, db_end(&m->db, 0, &m->f->err));
	assert_int_equal(v[0].nlatest, 1);
	assert_string_equal(v[0].latest[0].name, "b");
	assert_int_equal(v[0].latest[0].tags.n, 2);
	assert_string_equal(kvs_get(&v[0].tags, "x"), "of b");
	assert_int_equal(v[1].nlatest, 0);
	assert_int_equal(v[1].tags.n, 0);
	assert_int_equal(v[2].nlatest, 2);
	assert_int_equal(v[2].latest[0].version, 1);
	assert_int_equal(v[2].latest[0].tags.n, 2);
	assert_string_equal(kvs_get(&v[2].latest[1].tags, "of"), "a2");
	assert_string_equal(kvs_get(&v[2].tags, "x"), "of a");
}
BOTH(many_models)

static void deleted_versions(struct models *m)
{
	create_model(m, "rm");
	create_version(m, "rm", "1");
	create_version(m, "rm", "2");
	DONE(m, "POST registered-models/alias",
	    "{'name':'rm','alias':'last','version':'2'}");
	tell(m->f, "UPDATE registered_models SET last_updated_time = 1");
	DONE(m, "DELETE model-versions/delete", "{'name':'rm','version':'2'}");
	EXPECT(m, 404, "GET model-versions/get?name=rm&version=2", NULL,
	    "Model Version (name=rm, version=2) not found");
	EXPECT(m, 404, "DELETE model-versions/delete", "{'name':'rm','version':'2'}",
	    "not found");
	EXPECT(m, 400, "GET registered-models/alias?name=rm&alias=last", NULL,
	    "{\"error_code\":\"INVALID_PARAMETER_VALUE\",\"message\":\"Registered model "
	    "alias last not found.\"}");
	assert_string_equal(
	    ask(m->f, "SELECT current_stage || source || run_id || run_link ||"
		      " ifnull(description, '-') || storage_location"
		      " FROM model_versions WHERE version = 2"),
	    "Deleted_InternalREDACTED-SOURCE-PATHREDACTED-RUN-IDREDACTED-RUN-LINK-"
	    "s3://b/x");
	assert_string_equal(
	    ask(m->f, "SELECT last_updated_time > 1 FROM registered_models"), "1");
	create_version(m, "rm", "3");
	EXPECT(m, 200, "GET registered-models/alias?name=rm&alias=LATEST", NULL,
	    "\"version\":\"3\"");
}
BOTH(deleted_versions)

static void aliases(struct models *m)
{
	create_model(m, "rm");
	create_version(m, "rm", "1");
	create_version(m, "rm", "2");
	DONE(
	    m, "POST registered-models/alias", "{'name':'rm','alias':'b','version':'1'}");
	DONE(
	    m, "POST registered-models/alias", "{'name':'rm','alias':'b','version':'2'}");
	DONE(m, "POST registered-models/alias",
	    "{'name':'rm','alias':'A_\xc3\xa9-1','version':'2'}");
	EXPECT(m, 200, "GET registered-models/alias?name=rm&alias=b", NULL,
	    "\"version\":\"2\"");
	say_reply(m, 200, "\"aliases\":[\"A_\xc3\xa9-1\",\"b\"]");
	EXPECT(m, 200, "GET registered-models/get?name=rm", NULL,
	    "\"aliases\":[{\"alias\":\"A_\xc3\xa9-1\",\"version\":\"2\"},"
	    "{\"alias\":\"b\",\"version\":\"2\"}]}}");
	EXPECT(m, 400, "GET registered-models/alias?name=rm&alias=B", NULL,
	    "alias B not found");
	DONE(m, "DELETE registered-models/alias", "{'name':'rm','alias':'b'}");
	DONE(m, "DELETE registered-models/alias", "{'name':'rm','alias':'b'}");
	EXPECT(m, 400, "GET registered-models/alias?name=rm&alias=b", NULL, "not found");
	EXPECT(m, 404, "POST registered-models/alias",
	    "{'name':'rm','alias':'x','version':'7'}",
	    "Model Version (name=rm, version=7) not found");
	EXPECT(m, 400, "POST registered-models/alias",
	    "{'name':'rm','alias':'Latest','version':'1'}",
	    "'latest' alias name (case insensitive) is reserved.");
	EXPECT(m, 400, "POST registered-models/alias",
	    "{'name':'rm','alias':'V12','version':'1'}",
	    "Version alias name 'V12' is reserved.");
	EXPECT(m, 400, "POST registered-models/alias",
	    "{'name':'rm','alias':'a b','version':'1'}", "Invalid alias name: 'a b'.");
	EXPECT(m, 400, "POST registered-models/alias",
	    FMT(m, "{'name':'rm','alias':'%0256d','version':'1'}", 0),
	    "'Registered model alias name' exceeds the maximum length of 255 characters");
}
BOTH(aliases)

static void stages(struct models *m)
{
	static const char latest[] = "POST registered-models/get-latest-versions";
	create_model(m, "rm");
	create_version(m, "rm", "1");
	create_version(m, "rm", "2");
	create_version(m, "rm", "3");
	EXPECT(m, 200, "POST model-versions/transition-stage",
	    "{'name':'rm','version':'1','stage':'PRODUCTION'}",
	    "\"current_stage\":\"Production\"");
	EXPECT(m, 200, "POST model-versions/transition-stage",
	    "{'name':'rm','version':'2','stage':'Production',"
	    "'archive_existing_versions':true}",
	    "\"version\":\"2\"");
	EXPECT(m, 200, "GET model-versions/get?name=rm&version=1", NULL, "\"Archived\"");
	EXPECT(m, 200, latest, "{'name':'rm','stages':['production','None']}",
	    "{\"model_versions\":[{\"name\":\"rm\",\"version\":\"2\"");
	say_reply(m, 200, "\"version\":\"3\"");
	assert_null(strstr(m->reply.s, "\"version\":\"1\""));
	EXPECT(m, 200,
	    "GET registered-models/get-latest-versions?name=rm&stages=archived", NULL,
	    "{\"model_versions\":[{\"name\":\"rm\",\"version\":\"1\"");
	assert_null(strstr(m->reply.s, "\"version\":\"2\""));
	DONE(m, latest, "{'name':'rm','stages':['Staging']}");
	EXPECT(m, 400, latest, "{'name':'rm','stages':['foo']}",
	    "Invalid Model Version stage: foo. Value must be one of None, Staging, "
	    "Production, Archived.");
	EXPECT(m, 404, latest, "{'name':'no','stages':['foo']}", "name=no not found");
	EXPECT(m, 400, "POST model-versions/transition-stage",
	    "{'name':'rm','version':'1','stage':'none','archive_existing_versions':true}",
	    "because 'none' is not an Active stage. Valid stages are ['Staging', "
	    "'Production']");
}
BOTH(stages)

static void what_is_refused(struct models *m)
{
	static const struct {
		const char *body, *text;
	} creates[] = {
	    {"{}", "Missing value for required parameter 'name'."},
	    {"{'name':' '}", "Missing value for required parameter 'name'.\""},
	    {"{'name':'a/b'}", "Invalid model name 'a/b'. Names cannot contain '/' or "},
	    {"{'name':'a:b'}", "Invalid model name 'a:b'. Names cannot contain '/' or "},
	    {"{'name':'.'}", "Invalid value \\\".\\\" for parameter 'name' supplied: "},
	    {"{'name':'..x'}", "This name would resolve to '..x'"},
	    {"{'name':'x','tags':[{'key':'a?b'}]}",
		"Invalid value \\\"a?b\\\" for parameter 'key' supplied: Names may only"},
	    {"{'name':'x','tags':[{'value':'a'}]}", "This name would resolve to '.'"},
	};
	for (size_t i = 0; i < sizeof(creates) / sizeof(creates[0]); i++)
		EXPECT(m, 400, "POST registered-models/create", creates[i].body,
		    creates[i].text);
	EXPECT(m, 404, "POST registered-models/set-tag", "{'name':'no','key':'k'}",
	    "Registered Model with name=no not found");
	EXPECT(m, 404, "POST model-versions/create", "{'name':'no','source':'s3://b/x'}",
	    "Registered Model with name=no not found");
	EXPECT(m, 400, "POST model-versions/create", "{'name':'no'}",
	    "Missing value for required parameter 'source'.");
	EXPECT(m, 400, "GET model-versions/get?name=no&version=abc", NULL,
	    "Parameter 'version' must be an integer, got 'abc'.");
	EXPECT(m, 404, "GET model-versions/get?name=no&version=-1", NULL,
	    "Model Version (name=no, version=-1) not found");
	create_model(m, "rm");
	EXPECT(m, 404, "GET registered-models/alias?name=rm&alias=latest", NULL,
	    "Latest version not found for model rm.");
	EXPECT(m, 400, "POST registered-models/set-tag",
	    FMT(m, "{'name':'rm','key':'k','value':'%0100001d'}", 0),
	    "'value' exceeds the maximum length of 100000 characters");
	EXPECT(m, 400, "POST registered-models/set-tag",
	    FMT(m, "{'name':'rm','key':'%0251d'}", 1),
	    "'key' exceeds the maximum length of 250 characters");
}
BOTH(what_is_refused)

static void names_that_are_taken(struct models *m)
{
	create_model(m, "rm");
	EXPECT(m, 200, "POST registered-models/create",
	    "{'name':'pr','tags':[{'key':'mlflow.prompt.is_prompt','value':'true'}]}",
	    "\"pr\"");
	EXPECT(m, 400, "POST registered-models/create", "{'name':'rm'}",
	    "{\"error_code\":\"RESOURCE_ALREADY_EXISTS\",\"message\":\"Registered Model "
	    "(name=rm) already exists.\"}");
	EXPECT(m, 400, "POST registered-models/create", "{'name':'pr'}",
	    "Tried to create a registered model with name 'pr', but the name is already "
	    "taken by a prompt. MLflow does not allow");
	EXPECT(m, 200, "POST model-versions/create",
	    "{'name':'pr','source':'dummy-source','tags':[{'key':"
	    "'mlflow.prompt.is_prompt','value':'true'}]}",
	    "\"source\":\"dummy-source\"");
	EXPECT(m, 400, "POST model-versions/create",
	    "{'name':'pr','source':'/etc/passwd','tags':[{'key':"
	    "'mlflow.prompt.is_prompt','value':'True'}]}",
	    "Invalid prompt source: '/etc/passwd'. Prompt sources must use an MLflow");
	EXPECT(m, 400, "POST model-versions/create",
	    "{'name':'rm','source':'models:/pr/1'}",
	    "Prompt versions cannot be used as model version sources.");
}
BOTH(names_that_are_taken)

static void sent_again_after_a_crash(struct models *m)
{
	create_model(m, "rm");
	create_version(m, "rm", "1");
	create_version(m, "rm", "2");
	m->api.repeat_until = clock_now_ms() + 1000;
	m->api.repeat_since = m->api.repeat_until - 60000;
	create_version(m, "rm", "2");
	EXPECT(m, 200, "POST model-versions/create", "{'name':'rm','source':'s3://b/x'}",
	    "\"version\":\"3\"");
	DONE(
	    m, "POST registered-models/alias", "{'name':'rm','alias':'c','version':'3'}");
	EXPECT(m, 200, "POST model-versions/create", "{'name':'rm','source':'s3://b/x'}",
	    "\"version\":\"4\"");
	EXPECT(
	    m, 400, "POST registered-models/create", "{'name':'rm'}", "already exists");
	create_model(m, "empty");
	create_model(m, "empty");
	EXPECT(m, 400, "POST registered-models/create",
	    "{'name':'empty','description':'d'}", "already exists");
}
BOTH(sent_again_after_a_crash)

static void deleted_or_renamed_before_a_crash(struct models *m)
{
	create_model(m, "rm");
	create_version(m, "rm", "1");
	DONE(m, "DELETE model-versions/delete", "{'name':'rm','version':'1'}");
	EXPECT(m, 200, "POST registered-models/rename",
	    "{'name':'rm','new_name':'other'}", "\"name\":\"other\"");
	EXPECT(m, 404, "DELETE model-versions/delete", "{'name':'other','version':'1'}",
	    "not found");
	m->api.repeat_until = clock_now_ms() + 1000;
	m->api.repeat_since = m->api.repeat_until - 60000;
	DONE(m, "DELETE model-versions/delete", "{'name':'other','version':'1'}");
	EXPECT(m, 200, "POST registered-models/rename",
	    "{'name':'rm','new_name':'other'}", "\"name\":\"other\"");
	EXPECT(m, 404, "POST registered-models/rename",
	    "{'name':'rm','new_name':'third'}", "not found");
	DONE(m, "DELETE registered-models/delete", "{'name':'other'}");
	EXPECT(
	    m, 404, "DELETE registered-models/delete", "{'name':'other'}", "not found");
	m->api.killed_before = true;
	DONE(m, "DELETE registered-models/delete", "{'name':'other'}");
	m->api.repeat_since = m->api.repeat_until = clock_now_ms() - 3600 * 1000;
	EXPECT(
	    m, 404, "DELETE registered-models/delete", "{'name':'other'}", "not found");
}
BOTH(deleted_or_renamed_before_a_crash)

static void an_older_store(void **state)
{
	auto_models m;
	models_open(&m, *state);
	age_store(&m);
	create_model(&m, "rm");
	create_version(&m, "rm", "1");
	EXPECT(&m, 200, "POST model-versions/create",
	    "{'name':'rm','source':'s3://b/x','model_id':'m-1'}", "\"version\":\"2\"");
	EXPECT(&m, 400, "POST model-versions/create",
	    "{'name':'rm','source':'models:/m-1','model_id':'m-1'}", "must identify");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_BOTH(a_model_comes_back),
	    TEST_BOTH(renaming),
	    TEST_BOTH(versions_come_back),
	    TEST_BOTH(many_models),
	    TEST_BOTH(deleted_versions),
	    TEST_BOTH(aliases),
	    TEST_BOTH(stages),
	    TEST_BOTH(what_is_refused),
	    TEST_BOTH(names_that_are_taken),
	    TEST_BOTH(sent_again_after_a_crash),
	    TEST_BOTH(deleted_or_renamed_before_a_crash),
	    TEST(an_older_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
