/* SPDX-License-Identifier: MIT */
/* The model registry, in files of ours and in files that a later MLflow has migrated. */
#include "models_fixture.h"

#include "base/clock.h"
#include "track/source_uri.h"

/* What MLflow 3.10 and later make of the registry's tables. */
static const char workspaces[] =
    "DROP TABLE model_version_tags; DROP TABLE model_versions;"
    "DROP TABLE registered_model_aliases; DROP TABLE registered_model_tags;"
    "DROP TABLE registered_models;"
    "CREATE TABLE registered_models (name VARCHAR(256) NOT NULL, creation_time BIGINT,"
    " last_updated_time BIGINT, description VARCHAR(5000),"
    " workspace VARCHAR(63) DEFAULT 'default' NOT NULL,"
    " PRIMARY KEY (workspace, name));"
    "CREATE TABLE registered_model_tags (\"key\" VARCHAR(250) NOT NULL,"
    " value VARCHAR(5000), name VARCHAR(256) NOT NULL,"
    " workspace VARCHAR(63) DEFAULT 'default' NOT NULL,"
    " PRIMARY KEY (workspace, \"key\", name), FOREIGN KEY (workspace, name)"
    " REFERENCES registered_models (workspace, name) ON UPDATE CASCADE);"
    "CREATE TABLE registered_model_aliases (alias VARCHAR(256) NOT NULL,"
    " version INTEGER NOT NULL, name VARCHAR(256) NOT NULL,"
    " workspace VARCHAR(63) DEFAULT 'default' NOT NULL,"
    " PRIMARY KEY (workspace, name, alias), FOREIGN KEY (workspace, name)"
    " REFERENCES registered_models (workspace, name)"
    " ON DELETE CASCADE ON UPDATE CASCADE);"
    "CREATE TABLE model_versions (name VARCHAR(256) NOT NULL, version INTEGER NOT NULL,"
    " creation_time BIGINT, last_updated_time BIGINT, description VARCHAR(5000),"
    " user_id VARCHAR(256), current_stage VARCHAR(20), source VARCHAR(500),"
    " run_id VARCHAR(32), status VARCHAR(20), status_message VARCHAR(500),"
    " run_link VARCHAR(500), storage_location VARCHAR(500),"
    " workspace VARCHAR(63) DEFAULT 'default' NOT NULL,"
    " PRIMARY KEY (workspace, name, version), FOREIGN KEY (workspace, name)"
    " REFERENCES registered_models (workspace, name) ON UPDATE CASCADE);"
    "CREATE TABLE model_version_tags (\"key\" VARCHAR(250) NOT NULL, value TEXT,"
    " name VARCHAR(256) NOT NULL, version INTEGER NOT NULL,"
    " workspace VARCHAR(63) DEFAULT 'default' NOT NULL,"
    " PRIMARY KEY (workspace, \"key\", name, version),"
    " FOREIGN KEY (workspace, name, version)"
    " REFERENCES model_versions (workspace, name, version) ON UPDATE CASCADE);"
    "UPDATE alembic_version SET version_num = '1b5f0d9ad7c1'";

/* Each test runs on both. */
#define BOTH(name)                                                                       \
	static void name##_here(void **state)                                            \
	{                                                                                \
		auto_models m;                                                           \
		models_open(&m, *state);                                                 \
		name(&m);                                                                \
	}                                                                                \
	static void name##_migrated(void **state)                                        \
	{                                                                                \
		auto_models m;                                                           \
		models_open(&m, *state);                                                 \
		alter_store(&m, workspaces);                                             \
		name(&m);                                                                \
	}
#define TEST_BOTH(name) TEST(name##_here), TEST(name##_migrated)

static void create_model(struct models *m, const char *name)
{
	EXPECT(m, 200, "POST registered-models/create", FMT(m, "{'name':'%s'}", name),
	    FMT(m, "{\"registered_model\":{\"name\":\"%s\",", name));
}

static void create_version(struct models *m, const char *name, const char *version)
{
	EXPECT(m, 200, "POST model-versions/create",
	    FMT(m,
		"{'name':'%s','source':'s3://b/x','tags':[{'key':'z','value':'1'},"
		"{'key':'a','value':'2'}]}",
		name),
	    FMT(m, "{\"model_version\":{\"name\":\"%s\",\"version\":\"%s\",", name,
		version));
}

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

/* {source, error or NULL}; the run is R, its artifacts A. */
static const char *const of_a_run[][2] = {
    {"A/model", NULL},
    {"A", NULL},
    {"file://A/model", NULL},
    {"file:A/model", NULL},
    {"file://localhost/A/model", NULL},
    {"A/link", "has to be contained within the artifact directory of the run"},
    {"A/dangling", "has to be contained"},
    {"A/link/x", "has to be contained"},
    {"Ax", "has to be contained"},
    {"A/../x", "has to be contained"},
    {"A/..", "has to be contained"},
    {"A/%2e%2e/x", "has to be contained"},
    {"/", "Invalid model version source: '/'. To use a local path"},
    {"/etc/passwd", "has to be contained"},
    {"model", "has to be contained"},
    {"file://elsewhere/A", "is not a valid remote uri."},
    {"runs:/R/model", NULL},
    {"runs:/R", NULL},
    {"runs:/x/model", "The run_id request parameter must identify the resource that"},
    {"runs:/Rx/model", "The run_id request parameter must"},
    {"runs://h/R/model", "The run_id request parameter must"},
    {"runs:/R/../model", "without relative path references present."},
    {"runs:", "without relative path references"},
    {"s3://b/m", NULL},
    {"s3://b//m//", NULL},
    {"dbfs:/m", NULL},
    {"s3://b", "without relative path references"},
    {"s3:b", "without relative path references"},
    {"s3://b/./m", "without relative path references"},
    {"s3://b/../m", "without relative path references"},
    {"s3://b/..%252f..%252fm", "without relative path references"},
    {"s3://b/m%00", "without relative path references"},
    {"s3://b/m\\n", "without relative path references"},
    {"mlflow-artifacts:/0/R/artifacts/m", "The run_id request parameter must"},
    {"models:/m-1", "The model_id request parameter must identify"},
    {"models:/", "The model_id request parameter must identify"},
    {"models:/a/b/c", "The model_id request parameter must identify"},
    {"models://h/rm/1", "Registered model sources must use the active model registry."},
    {"models:/no/1", "Registered Model with name=no not found"},
    {"models:/rm/1", "run_id and model_id request parameters must match"},
    {"models:/rm/99", "Model Version (name=rm, version=99) not found"},
    {"models:/rm/foo", "Invalid Model Version stage: foo."},
    {"models:/rm/staging", "No versions of model with name 'rm' and stage 'staging'"},
    {"models:/rm@no", "Registered model alias no not found."},
};

static const char *replace(
    struct models *m, const char *text, const char *run, const char *artifacts)
{
	struct buf out = BUF_INIT;
	for (; *text; text++)
		if (*text == 'R')
			buf_adds(&out, run);
		else if (*text == 'A')
			buf_adds(&out, artifacts);
		else
			buf_addc(&out, *text);
	text = arena_strdup(&m->f->a, out.s);
	buf_release(&out);
	return text;
}

static void sources(struct models *m)
{
	const char *run = new_run(m);
	const char *dir = FMT(m, "%s/mlruns/0/%s/artifacts", m->f->dir, run);
	m->f->ctx.cwd = NULL; /* as a server's */
	need_ok(m->f, dir_make(dir, 0777, &m->f->err));
	assert_int_equal(symlink("/etc", FMT(m, "%s/link", dir)), 0);
	assert_int_equal(symlink("/nowhere/at/all", FMT(m, "%s/dangling", dir)), 0);
	create_model(m, "rm");
	create_version(m, "rm", "1");
	for (size_t i = 0; i < sizeof(of_a_run) / sizeof(of_a_run[0]); i++) {
		const char *source = replace(m, of_a_run[i][0], run, dir);
		const char *body =
		    FMT(m, "{'name':'rm','source':'%s','run_id':'%s'}", source, run);
		ask_api(m, "POST model-versions/create", body);
		if (of_a_run[i][1])
			say_reply(m, m->status == 404 ? 404 : 400, of_a_run[i][1]);
		else
			say_reply(m, 200, FMT(m, "\"source\":\"%s\"", source));
	}
	EXPECT(m, 400, "POST model-versions/create",
	    FMT(m, "{'name':'rm','source':'%s/m'}", dir),
	    "the run_id request parameter has to be specified");
	EXPECT(m, 400, "POST model-versions/create",
	    FMT(m, "{'name':'rm','source':'%s/m','run_id':'no'}", dir),
	    "The run_id request parameter must identify the resource");
	EXPECT(m, 400, "POST model-versions/create",
	    FMT(m, "{'name':'rm','source':'%s/m','run_id':'%s'}", dir, new_run(m)),
	    "has to be contained");
}
BOTH(sources)

static void proxied_sources(struct models *m)
{
	const char *run = new_run(m);
	tell(m->f, FMT(m,
		       "UPDATE runs SET artifact_uri = "
		       "'mlflow-artifacts:/0/%s/artifacts'",
		       run));
	create_model(m, "rm");
	EXPECT(m, 200, "POST model-versions/create",
	    FMT(m,
		"{'name':'rm','run_id':'%s','source':"
		"'mlflow-artifacts:/0/%s/artifacts/m'}",
		run, run),
	    "\"version\":\"1\"");
	EXPECT(m, 400, "POST model-versions/create",
	    FMT(m, "{'name':'rm','run_id':'%s','source':'mlflow-artifacts:/0/x/m'}", run),
	    "The run_id request parameter must identify");
	EXPECT(m, 400, "POST model-versions/create",
	    FMT(m,
		"{'name':'rm','run_id':'%s','source':"
		"'mlflow-artifacts:/0/%s/artifacts/%%2e%%2e/m'}",
		run, run),
	    "without relative path references");
	EXPECT(m, 400, "POST model-versions/create",
	    FMT(m,
		"{'name':'rm','run_id':'%s','source':"
		"'http://h/p/api/2.0/mlflow-artifacts/artifacts/0/%s/artifacts/m'}",
		run, run),
	    "The run_id request parameter must identify");
	EXPECT(m, 400, "POST model-versions/create",
	    FMT(m, "{'name':'rm','run_id':'%s','source':'/0/%s/artifacts/m'}", run, run),
	    "has to be contained");
}
BOTH(proxied_sources)

static void from_other_versions(struct models *m)
{
	create_model(m, "rm");
	create_model(m, "copy");
	EXPECT(m, 200, "POST model-versions/create",
	    "{'name':'rm','source':'s3://b/x','run_id':'r1'}", "\"version\":\"1\"");
	create_version(m, "rm", "2");
	DONE(m, "POST registered-models/alias",
	    "{'name':'rm','alias':'champ','version':'1'}");
	EXPECT(m, 200, "POST model-versions/create",
	    "{'name':'copy','source':'models:/rm@champ'}",
	    "\"source\":\"models:/rm/1\",\"run_id\":\"r1\"");
	EXPECT(m, 200, "GET model-versions/get-download-uri?name=copy&version=1", NULL,
	    "{\"artifact_uri\":\"s3://b/x\"}");
	EXPECT(m, 200, "POST model-versions/create",
	    "{'name':'copy','source':'models:/copy/latest'}",
	    "\"source\":\"models:/copy/1\",\"run_id\":\"r1\"");
	EXPECT(m, 200, "GET model-versions/get-download-uri?name=copy&version=2", NULL,
	    "{\"artifact_uri\":\"s3://b/x\"}");
	EXPECT(m, 200, "POST model-versions/create",
	    "{'name':'copy','source':'models:/rm/none','run_id':''}",
	    "\"source\":\"models:/rm/2\"");
}
BOTH(from_other_versions)

static void from_logged_models(struct models *m)
{
	const char *run = new_run(m), *id, *uri;
	create_model(m, "rm \xc3\xa9");
	EXPECT(m, 200, "POST logged-models",
	    FMT(m, "{'experiment_id':'0','name':'x','source_run_id':'%s'}", run), "m-");
	id = reply_field(m, "model_id");
	uri = reply_field(m, "artifact_uri");
	for (int i = 1; i <= 2; i++)
		EXPECT(m, 200, "POST model-versions/create",
		    FMT(m, "{'name':'rm \xc3\xa9','source':'models:/%s','model_id':'%s'}",
			id, id),
		    FMT(m, "\"source\":\"models:/%s\",\"run_id\":\"%s\"", id, run));
	EXPECT(m, 200, "GET model-versions/get-download-uri?name=rm \xc3\xa9&version=2",
	    NULL, FMT(m, "{\"artifact_uri\":\"%s\"}", uri));
	EXPECT(m, 200, FMT(m, "GET logged-models/%s", id), NULL,
	    "{\"key\":\"mlflow.modelVersions\",\"value\":\"[{\\\"name\\\": "
	    "\\\"rm \\\\u00e9\\\", "
	    "\\\"version\\\": 1}, {\\\"name\\\": \\\"rm \\\\u00e9\\\", "
	    "\\\"version\\\": 2}]\"}");
	DONE(m, FMT(m, "PATCH logged-models/%s/tags", id),
	    "{'tags':[{'key':'mlflow.modelVersions','value':'no list'}]}");
	EXPECT(m, 200, "POST model-versions/create",
	    FMT(m, "{'name':'rm \xc3\xa9','source':'%s/x','model_id':'%s'}", uri, id),
	    "\"version\":\"3\"");
	EXPECT(m, 200, FMT(m, "GET logged-models/%s", id), NULL,
	    "\"value\":\"[{\\\"name\\\": \\\"rm \\\\u00e9\\\", \\\"version\\\": 3}]\"");
	EXPECT(m, 400, "POST model-versions/create",
	    FMT(m, "{'name':'rm \xc3\xa9','source':'/etc','model_id':'%s'}", id),
	    "the model_id request parameter has to be specified");
	EXPECT(m, 400, "POST model-versions/create",
	    FMT(m,
		"{'name':'rm \xc3\xa9','source':'models:/m-x','model_id':'%s',"
		"'run_id':'%s'}",
		id, run),
	    "The model_id request parameter must identify");
	EXPECT(m, 404, "POST model-versions/create",
	    "{'name':'rm \xc3\xa9','source':'models:/m-x','model_id':'m-x'}",
	    "Unable to fetch model from model URI source artifact location "
	    "'models:/m-x'.Error: Logged model with ID 'm-x' not found.");
	assert_string_equal(ask(m->f, "SELECT count(*) FROM model_versions"), "3");
}
BOTH(from_logged_models)

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

static void uris(void **state)
{
	struct fixture *f = *state;
	struct source_uri u, v;
	source_uri_split(&f->a, "HTTP://u@Host:1/a%2Fb/c?q#f", &u);
	assert_string_equal(u.scheme, "http");
	assert_string_equal(u.host, "u@host:1");
	assert_string_equal(u.path, "/a%2Fb/c");
	source_uri_split(&f->a, "1a:b", &u);
	assert_string_equal(u.scheme, "");
	assert_string_equal(u.path, "1a:b");
	source_uri_split(&f->a, "x://", &u);
	assert_string_equal(u.host, "");
	assert_string_equal(u.path, "");
	source_uri_split(&f->a, "mlflow-artifacts:/a/b%2fc", &u);
	source_uri_split(&f->a, "mlflow-artifacts:/a/b", &v);
	assert_false(source_uri_is_within(&f->a, &u, &v));
	source_uri_split(&f->a, "mlflow-artifacts:/%61//b/c", &u);
	assert_true(source_uri_is_within(&f->a, &u, &v));
	source_uri_split(&f->a, "mlflow-artifacts:/", &v);
	assert_false(source_uri_is_within(&f->a, &u, &v));
	source_uri_split(
	    &f->a, "http://h/x/api/api/2.0/mlflow-artifacts/artifacts/y", &u);
	assert_true(source_uri_is_proxied(&f->a, &u));
	source_uri_split(&f->a, "http://h/api/2.0/artifacts/y", &u);
	assert_false(source_uri_is_proxied(&f->a, &u));
	assert_true(path_is_within("/a/b", "/a"));
	assert_true(path_is_within("/a", "/"));
	assert_false(path_is_within("/ab", "/a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_BOTH(a_model_comes_back),
	    TEST_BOTH(renaming),
	    TEST_BOTH(versions_come_back),
	    TEST_BOTH(deleted_versions),
	    TEST_BOTH(aliases),
	    TEST_BOTH(stages),
	    TEST_BOTH(what_is_refused),
	    TEST_BOTH(names_that_are_taken),
	    TEST_BOTH(sent_again_after_a_crash),
	    TEST_BOTH(sources),
	    TEST_BOTH(proxied_sources),
	    TEST_BOTH(from_other_versions),
	    TEST_BOTH(from_logged_models),
	    TEST(an_older_store),
	    TEST(uris),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
