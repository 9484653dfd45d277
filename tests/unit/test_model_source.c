/* SPDX-License-Identifier: MIT */
/* Where a version of a registered model may come from. */
#include "models_fixture.h"

#include "track/source_uri.h"

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
	    TEST_BOTH(sources),
	    TEST_BOTH(proxied_sources),
	    TEST_BOTH(from_other_versions),
	    TEST_BOTH(from_logged_models),
	    TEST(uris),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
