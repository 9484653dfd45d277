/* SPDX-License-Identifier: MIT */
/*
 * models_fixture.h -- the REST API on a store of its own: requests go in as text, and what
 * is expected of the replies are pieces of their text.
 */
#ifndef MODELS_FIXTURE_H
#define MODELS_FIXTURE_H

#include "store_fixture.h"

#include "api/api.h"
#include "track/names.h"
#include "track/run_store.h"

struct models {
	struct fixture *f;
	struct db db;
	struct api api;
	struct buf reply;
	int status;
};

static inline void models_open(struct models *m, struct fixture *f)
{
	struct db_options o = {.ctx = &f->ctx,
	    .path = f->t.path,
	    .artifact_root = f->t.artifact_root,
	    .create = true};
	*m = (struct models){.f = f, .reply = BUF_INIT};
	need_ok(f, db_open(&m->db, &o, &f->err));
	need_ok(f, db_ready(&m->db, &f->err));
	m->api = (struct api){.db = &m->db, .artifact_root = f->t.artifact_root};
}

static inline void models_close(struct models *m)
{
	db_close(&m->db);
	buf_release(&m->reply);
}
#define auto_models __attribute__((cleanup(models_close))) struct models

/* "k=v&k=v", nothing of it encoded. */
static inline struct kvs query_of(struct arena *a, const char *text)
{
	struct kvs q = {0};
	while (*text) {
		size_t n = strcspn(text, "&"), k = strcspn(text, "=");
		ARENA_GROW(a, q.v, q.n);
		q.v[q.n].key = arena_strndup(a, text, k);
		q.v[q.n++].value = arena_strndup(a, text + k + 1, n - k - 1);
		text += n + (text[n] == '&');
	}
	return q;
}

/* "GET runs/get?run_id=1"; the body is JSON, with ' for " unless there is a " in it. */
static inline const char *ask_api(struct models *m, const char *line, const char *body)
{
	static const char *const words[] = {
	    [API_GET] = "GET",
	    [API_POST] = "POST",
	    [API_PATCH] = "PATCH",
	    [API_DELETE] = "DELETE",
	};
	struct arena *a = &m->f->a;
	size_t method = strcspn(line, " "), path = strcspn(line + method, "?");
	struct api_request rq = {.content_type = "application/json"};
	struct api_reply out = {.body = m->reply};
	char *json = arena_strdup(a, body ? body : "");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i] && strncmp(words[i], line, method) == 0)
			rq.method = (enum api_method)i;
	for (char *p = json; !strchr(body ? body : "", '"') && *p; p++)
		*p = *p == '\'' ? '"' : *p;
	rq.path =
	    arena_printf(a, "/api/2.0/mlflow/%.*s", (int)(path - 1), line + method + 1);
	if (line[method + path])
		rq.query = query_of(a, line + method + path + 1);
	rq.body = json;
	rq.nbody = strlen(json);
	buf_clear(&out.body);
	api_answer(&m->api, a, &rq, &out);
	m->reply = out.body;
	m->status = out.status;
	return m->reply.s;
}

static inline void say_reply(struct models *m, int status, const char *text)
{
	bool good = m->status == status && strstr(m->reply.s, text);
	if (!good)
		print_error(
		    "%d '%s'\nis not in\n%d %s\n", status, text, m->status, m->reply.s);
	assert_true(good);
}
/* The reply has this status and this in it. */
#define EXPECT(m, status, line, body, text)                                              \
	(ask_api((m), (line), (body)), say_reply((m), (status), (text)))
/* ... and is the whole of it. */
#define DONE(m, line, body)                                                              \
	(ask_api((m), (line), (body)), say_reply((m), 200, "{}"),                        \
	    assert_string_equal((m)->reply.s, "{}"))

/* What stands in the reply after `"name":"`. */
static inline const char *reply_field(struct models *m, const char *name)
{
	const char *key = arena_printf(&m->f->a, "\"%s\":\"", name);
	const char *s = strstr(m->reply.s, key);
	assert_non_null(s);
	s += strlen(key);
	return arena_strndup(&m->f->a, s, strcspn(s, "\""));
}

/* A run in experiment 0; its id. */
static inline const char *new_run(struct models *m)
{
	char id[33];
	struct run_record r;
	run_id_new(id);
	struct run_new n = {.run_id = id, .name = "r", .start_time = 1};
	need_ok(m->f, run_insert(&m->db, &m->f->a, &n, &r, &m->f->err));
	return r.run_id;
}

#define FMT(m, ...) arena_printf(&(m)->f->a, __VA_ARGS__)

/* Change the tables, as a migration would have. */
static inline void alter_store(struct models *m, const char *sql)
{
	char *msg = NULL;
	if (sqlite3_exec(m->db.sq, sql, NULL, NULL, &msg) != SQLITE_OK)
		fail_msg("%s", msg);
}

/* As a file that MLflow 2.8 made: nothing of logged models in it. */
static inline void age_store(struct models *m)
{
	alter_store(m, "DROP TABLE logged_model_metrics; DROP TABLE logged_model_params;"
		       "DROP TABLE logged_model_tags; DROP TABLE logged_models;"
		       "ALTER TABLE inputs DROP COLUMN step;"
		       "UPDATE alembic_version SET version_num = 'acf3f17fdcc7'");
}

/* What MLflow 3.10 and later make of the registry's tables. */
static const char workspaces[] __attribute__((unused)) =
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

/* A test of the registry runs on both: BOTH(name), TEST_BOTH(name). */
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

static inline void create_model(struct models *m, const char *name)
{
	EXPECT(m, 200, "POST registered-models/create", FMT(m, "{'name':'%s'}", name),
	    FMT(m, "{\"registered_model\":{\"name\":\"%s\",", name));
}

static inline void create_version(struct models *m, const char *name, const char *version)
{
	EXPECT(m, 200, "POST model-versions/create",
	    FMT(m,
		"{'name':'%s','source':'s3://b/x','tags':[{'key':'z','value':'1'},"
		"{'key':'a','value':'2'}]}",
		name),
	    FMT(m, "{\"model_version\":{\"name\":\"%s\",\"version\":\"%s\",", name,
		version));
}

#endif
