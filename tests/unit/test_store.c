/* SPDX-License-Identifier: MIT */
/* What a store records and gives back. */
#include <float.h>
#include <math.h>

#include "store_fixture.h"

#define KVS(...)                                                                         \
	(struct kvs)                                                                     \
	{                                                                                \
		(struct kv[]){__VA_ARGS__},                                              \
		    sizeof((struct kv[]){__VA_ARGS__}) / sizeof(struct kv)               \
	}

static struct run_record get(struct fixture *f, const char *id)
{
	struct run_record r;
	need_ok(f, f->s->ops->run_get(f->s, &f->a, id, &r, &f->err));
	return r;
}

static const char id1[] = "0123456789abcdef0123456789abcdef";

static int create(struct fixture *f, const struct run_new *n, struct run_record *r)
{
	return f->s->ops->run_create(f->s, &f->a, n, r, &f->err);
}

static void a_run_comes_back(void **state)
{
	struct fixture *f = *state;
	struct run_new n = {.run_id = id1,
	    .name = "keen-fox-7",
	    .user = "ann",
	    .start_time = 1700000000123,
	    .tags = KVS({"mlp.host", "h"}, {"b", "2"}, {"a", "it's \"$(x)\"\n\t;"}),
	    .params = KVS({"lr", "0.1"}, {"empty", ""})};
	struct run_record r;
	const char *uri = arena_printf(&f->a, "%s/mlruns/0/%s/artifacts", f->dir, id1);
	need_ok(f, open_store(f, STORE_CREATE));
	need_ok(f, create(f, &n, &r));
	assert_string_equal(r.artifact_uri, uri);
	assert_string_equal(r.experiment_name, "Default");
	assert_int_equal(r.experiment_id, 0);
	need_ok(f, open_store(f, STORE_READ));
	r = get(f, id1);
	assert_string_equal(r.name, "keen-fox-7");
	assert_string_equal(r.user, "ann");
	assert_string_equal(r.artifact_uri, uri);
	assert_int_equal(r.status, RUN_RUNNING);
	assert_int_equal(r.start_time, 1700000000123);
	assert_int_equal(r.end_time, -1);
	assert_int_equal(r.tags.n, 4);
	assert_string_equal(r.tags.v[0].key, "a");
	assert_string_equal(r.tags.v[0].value, "it's \"$(x)\"\n\t;");
	assert_string_equal(kvs_get(&r.tags, "mlflow.runName"), "keen-fox-7");
	assert_string_equal(r.params.v[0].key, "empty");
	assert_string_equal(r.params.v[0].value, "");
	assert_string_equal(kvs_get(&r.params, "lr"), "0.1");
	assert_null(kvs_get(&r.params, "LR"));
	assert_string_equal(
	    ask(f, "SELECT version_num FROM alembic_version"), "bda7b8c39065");
	assert_string_equal(
	    ask(f, "SELECT source_type || source_name FROM runs"), "UNKNOWN");
}

static void the_same_id_twice(void **state)
{
	struct fixture *f = *state;
	struct run_new n = {.run_id = id1, .name = "x"};
	struct run_record r;
	need_ok(f, open_store(f, STORE_CREATE));
	need_ok(f, create(f, &n, &r));
	n.experiment.name = "never made";
	assert_error(f, create(f, &n, &r), ERR_EXISTS, id1);
	assert_string_equal(ask(f, "SELECT count(*) FROM experiments"), "1");
	n.run_id = "../../etc";
	assert_error(f, create(f, &n, &r), ERR_USAGE, "run id");
}

static void a_run_without_a_name_gets_one(void **state)
{
	struct fixture *f = *state;
	struct run_new n = {.run_id = id1};
	struct run_record r;
	need_ok(f, open_store(f, STORE_CREATE));
	need_ok(f, create(f, &n, &r));
	assert_true(strlen(r.name) > 4);
	assert_string_equal(get(f, id1).name, r.name);
}

static void text_that_does_not_fit(void **state)
{
	struct fixture *f = *state;
	char longkey[300], *big = calloc(1, 20001);
	struct kv tag = {longkey, "v"};
	struct run_batch b = {.tags = {&tag, 1}};
	struct run_new n = {.run_id = id1,
	    .name = "n\xFFme",
	    .tags = KVS({"t", "\xC3\xA9\xC3"}, {"big", big}),
	    .params = KVS({"p", big})};
	struct run_record r;
	memset(longkey, 'k', sizeof(longkey));
	longkey[251] = '\0';
	memset(big, 'v', 20000);
	need_ok(f, open_store(f, STORE_CREATE));
	need_ok(f, create(f, &n, &r));
	r = get(f, id1);
	assert_string_equal(r.name, "n\xEF\xBF\xBDme");
	assert_string_equal(kvs_get(&r.tags, "t"), "\xC3\xA9\xEF\xBF\xBD");
	assert_int_equal(strlen(kvs_get(&r.tags, "big")), 8000);
	assert_int_equal(strlen(kvs_get(&r.params, "p")), 6000);
	assert_error(
	    f, f->s->ops->run_log(f->s, id1, &b, &f->err), ERR_USAGE, "longer than 250");
	longkey[250] = '\0';
	need_ok(f, f->s->ops->run_log(f->s, id1, &b, &f->err));
	longkey[0] = '\0';
	assert_error(f, f->s->ops->run_log(f->s, id1, &b, &f->err), ERR_USAGE, "empty");
	free(big);
}

static void parameters_never_change(void **state)
{
	struct fixture *f = *state;
	struct run_batch same = {.params = KVS({"k", "a"}, {"new", "1"})};
	struct run_batch other = {
	    .tags = KVS({"t", "x"}), .params = KVS({"fresh", "1"}, {"k", "b"})};
	const char *id;
	struct run_record r;
	need_ok(f, open_store(f, STORE_CREATE));
	id = add_run(f, "x", 1);
	need_ok(f, f->s->ops->run_log(f->s, id, &same, &f->err));
	need_ok(f, f->s->ops->run_log(f->s, id, &same, &f->err));
	assert_error(f, f->s->ops->run_reopen(f->s, id, &other, &f->err), ERR_CONFLICT,
	    arena_printf(&f->a,
		"Changing param values is not allowed. Param with key='k' was already "
		"logged with value='a' for run ID='%s'. Attempted logging new value 'b'.",
		id));
	r = get(f, id);
	assert_int_equal(r.params.n, 2);
	assert_null(kvs_get(&r.tags, "t"));
}

static void tags_are_replaced(void **state)
{
	struct fixture *f = *state;
	struct run_batch one = {.tags = KVS({"t", "1"}, {"mlflow.runName", "new name"})};
	struct run_batch two = {.tags = KVS({"t", "2"})};
	const char *id;
	struct run_record r;
	need_ok(f, open_store(f, STORE_CREATE));
	id = add_run(f, "old", 1);
	need_ok(f, f->s->ops->run_log(f->s, id, &one, &f->err));
	need_ok(f, f->s->ops->run_log(f->s, id, &two, &f->err));
	r = get(f, id);
	assert_string_equal(kvs_get(&r.tags, "t"), "2");
	assert_string_equal(r.name, "new name");
}

static void metrics_as_mlflow_keeps_them(void **state)
{
	struct fixture *f = *state;
	struct metric m[] = {{"nan", NAN, 5, 0}, {"inf", INFINITY, 5, 0},
	    {"low", -INFINITY, 5, 0}, {"loss", 1.5, 10, 3}, {"loss", 9, 99, 2},
	    {"loss", 1.25, 11, 3}, {"loss", 1.5, 10, 3}};
	struct run_batch b = {.metrics = m, .nmetrics = 7};
	const char *id;
	struct run_record r;
	need_ok(f, open_store(f, STORE_CREATE));
	id = add_run(f, "x", 1);
	need_ok(f, f->s->ops->run_log(f->s, id, &b, &f->err));
	r = get(f, id);
	assert_int_equal(r.nmetrics, 4);
	assert_string_equal(r.metrics[0].key, "inf");
	assert_true(isinf(r.metrics[0].value) && r.metrics[0].value > 0);
	assert_string_equal(r.metrics[1].key, "loss");
	assert_true(r.metrics[1].value == 1.25);
	assert_int_equal(r.metrics[1].step, 3);
	assert_int_equal(r.metrics[1].timestamp, 11);
	assert_true(isinf(r.metrics[2].value) && r.metrics[2].value < 0);
	assert_true(isnan(r.metrics[3].value));
	assert_string_equal(
	    ask(f, "SELECT count(*) FROM metrics WHERE \"key\" = 'loss'"), "3");
	assert_string_equal(
	    ask(f, "SELECT is_nan || value FROM metrics WHERE \"key\" = 'nan'"), "10.0");
}

static void a_run_ends_once(void **state)
{
	struct fixture *f = *state;
	struct kvs late = KVS({"mlp.reason", "supervisor lost"});
	struct kvs tags = KVS({"mlp.exit", "exited:3"});
	const char *id;
	struct run_record r;
	need_ok(f, open_store(f, STORE_CREATE));
	id = add_run(f, "x", 1);
	need_ok(f, f->s->ops->run_end(f->s, id, RUN_FAILED, 77, &tags, false, &f->err));
	need_ok(f, f->s->ops->run_end(f->s, id, RUN_KILLED, 99, &late, true, &f->err));
	r = get(f, id);
	assert_int_equal(r.status, RUN_FAILED);
	assert_int_equal(r.end_time, 77);
	assert_string_equal(kvs_get(&r.tags, "mlp.exit"), "exited:3");
	assert_null(kvs_get(&r.tags, "mlp.reason"));
	need_ok(f, f->s->ops->run_end(f->s, id, RUN_FINISHED, 100, NULL, false, &f->err));
	assert_int_equal(get(f, id).status, RUN_FINISHED);
	assert_error(f, f->s->ops->run_end(f->s, id1, RUN_FAILED, 1, NULL, true, &f->err),
	    ERR_NOTFOUND, id1);
}

static void an_old_run_starts_again(void **state)
{
	struct fixture *f = *state;
	struct run_batch b = {.params = KVS({"more", "1"})};
	const char *id;
	struct run_record r;
	need_ok(f, open_store(f, STORE_CREATE));
	id = add_run(f, "x", 1);
	need_ok(f, f->s->ops->run_end(f->s, id, RUN_FAILED, 77, NULL, false, &f->err));
	need_ok(f, f->s->ops->run_reopen(f->s, id, &b, &f->err));
	r = get(f, id);
	assert_int_equal(r.status, RUN_RUNNING);
	assert_int_equal(r.end_time, -1);
	assert_string_equal(kvs_get(&r.params, "more"), "1");
	tell(f, "UPDATE runs SET lifecycle_stage = 'deleted'");
	assert_error(f, f->s->ops->run_reopen(f->s, id, &b, &f->err), ERR_CONFLICT,
	    "must be in the 'active' state. Current state is deleted.");
	assert_error(
	    f, f->s->ops->run_reopen(f->s, id1, &b, &f->err), ERR_NOTFOUND, "not found");
}

static void experiments(void **state)
{
	struct fixture *f = *state;
	struct run_new n = {
	    .run_id = id1, .name = "x", .experiment = {NULL, "o'wine \xC3\xA9"}};
	struct experiment e;
	struct run_record r;
	char id2[33];
	run_id_new(id2);
	need_ok(f, open_store(f, STORE_CREATE));
	assert_error(f,
	    f->s->ops->experiment_get(f->s, &f->a, &n.experiment, &e, &f->err),
	    ERR_NOTFOUND, "o'wine");
	need_ok(f, create(f, &n, &r));
	assert_int_equal(r.experiment_id, 1);
	assert_string_equal(
	    r.artifact_uri, arena_printf(&f->a, "%s/mlruns/1/%s/artifacts", f->dir, id1));
	n.run_id = id2;
	need_ok(f, create(f, &n, &r));
	assert_int_equal(r.experiment_id, 1);
	n.experiment = (struct experiment_ref){"1", NULL};
	need_ok(f, f->s->ops->experiment_get(f->s, &f->a, &n.experiment, &e, &f->err));
	assert_string_equal(e.name, "o'wine \xC3\xA9");
	assert_string_equal(
	    e.artifact_location, arena_printf(&f->a, "%s/mlruns/1", f->dir));
	tell(f,
	    "UPDATE experiments SET lifecycle_stage = 'deleted' WHERE experiment_id = 1");
	need_ok(f, f->s->ops->experiment_get(f->s, &f->a, &n.experiment, &e, &f->err));
	assert_true(e.deleted);
}

static void assert_no_run(struct fixture *f, const char *id, const char *name,
    enum err_code code, const char *text)
{
	struct run_new n = {.run_id = id1, .name = "x", .experiment = {id, name}};
	struct run_record r;
	assert_error(f, create(f, &n, &r), code, text);
	assert_string_equal(ask(f, "SELECT count(*) FROM runs"), "0");
}

static void experiments_that_cannot_be(void **state)
{
	struct fixture *f = *state;
	need_ok(f, open_store(f, STORE_CREATE));
	assert_non_null(add_run(f, "x", 1));
	tell(f, "DELETE FROM tags; DELETE FROM runs;"
		"INSERT INTO experiments (experiment_id, name, lifecycle_stage)"
		" VALUES (1, 'gone', 'deleted')");
	assert_no_run(f, "abc", NULL, ERR_USAGE,
	    "Invalid experiment ID 'abc'. Experiment ID must be a valid integer.");
	assert_no_run(f, "", NULL, ERR_USAGE, "Invalid experiment ID ''");
	assert_no_run(f, "1x", NULL, ERR_USAGE, "Invalid experiment ID '1x'");
	assert_no_run(f, "99", NULL, ERR_NOTFOUND, "No Experiment with id=99 exists");
	assert_no_run(
	    f, "99999999999999999999", NULL, ERR_NOTFOUND, "No Experiment with id");
	assert_no_run(f, NULL, "gone", ERR_CONFLICT,
	    "The experiment 1 must be in the 'active' state. Current state is deleted.");
	assert_no_run(f, "1", NULL, ERR_CONFLICT, "The experiment 1 must be");
	assert_no_run(f, NULL, "", ERR_USAGE, "empty");
	assert_no_run(f, NULL, "\xFF", ERR_USAGE, "UTF-8");
}

static void artifacts_go_where_the_experiment_says(void **state)
{
	static const char *const cases[][2] = {
	    {"s3://bucket/x", "s3://bucket/x/%s/artifacts"},
	    {"s3://bucket/x/?a=b", "s3://bucket/x/%s/artifacts?a=b"},
	    {"mlflow-artifacts:/3", "mlflow-artifacts:/3/%s/artifacts"},
	    {"/srv/what?", "/srv/what?/%s/artifacts"}, {"/", "//%s/artifacts"}};
	struct fixture *f = *state;
	need_ok(f, open_store(f, STORE_CREATE));
	assert_non_null(add_run(f, "x", 1));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char id[33];
		struct run_new n = {.run_id = id, .experiment = {"0", NULL}};
		struct run_record r;
		const char *star = strstr(cases[i][1], "%s");
		run_id_new(id);
		tell(f,
		    arena_printf(&f->a, "UPDATE experiments SET artifact_location = '%s'",
			cases[i][0]));
		need_ok(f, create(f, &n, &r));
		assert_string_equal(r.artifact_uri,
		    arena_printf(&f->a, "%.*s%s%s", (int)(star - cases[i][1]),
			cases[i][1], id, star + 2));
	}
}

/* 400 runs whose times have nothing to do with the order of their rows. */
static void add_many(struct fixture *f)
{
	need_ok(f, open_store(f, STORE_CREATE));
	assert_non_null(add_run(f, "first", 5000));
	tell(f, "INSERT INTO experiments (experiment_id, name, lifecycle_stage)"
		" VALUES (5, 'five', 'active');"
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c"
		" WHERE i < 400) INSERT INTO runs (run_uuid, name, status, start_time,"
		" lifecycle_stage, experiment_id) SELECT "
		"printf('%08xaaaaaaaabbbbbbbbcccccccc',"
		" i * 2654435761 % 4294967296), 'n' || (i % 7),"
		" CASE i % 3 WHEN 0 THEN 'FAILED' ELSE 'FINISHED' END,"
		" CASE WHEN i % 50 = 0 THEN NULL ELSE i * 7919 % 1009 END,"
		" CASE i % 10 WHEN 0 THEN 'deleted' ELSE 'active' END,"
		" CASE i % 4 WHEN 0 THEN 5 ELSE 0 END FROM c;"
		"INSERT INTO tags SELECT 'k', run_uuid, run_uuid FROM runs");
}

static void assert_list(struct fixture *f, struct run_query q, const char *where)
{
	struct run_record *runs;
	size_t n;
	const char *sql = arena_printf(&f->a,
	    "SELECT group_concat(run_uuid, ' ') FROM (SELECT run_uuid FROM runs WHERE"
	    " lifecycle_stage = 'active' AND %s ORDER BY start_time DESC, run_uuid"
	    " LIMIT %lld)",
	    where, q.limit ? (long long)q.limit : -1LL);
	auto_buf got = BUF_INIT;
	need_ok(f, f->s->ops->runs_list(f->s, &f->a, &q, &runs, &n, &f->err));
	for (size_t i = 0; i < n; i++) {
		buf_addf(&got, "%s%s", i ? " " : "", runs[i].run_id);
		assert_string_equal(kvs_get(&runs[i].tags, "k"), runs[i].run_id);
	}
	assert_string_equal(got.s, ask(f, sql));
}

static void the_newest_runs_first(void **state)
{
	struct fixture *f = *state;
	struct run_query none = {.experiment = {NULL, "no such"}, .status = -1};
	struct run_record *runs;
	size_t n;
	add_many(f);
	assert_list(f, (struct run_query){.status = -1, .limit = 20}, "1");
	assert_list(f, (struct run_query){.status = -1, .limit = 1}, "1");
	assert_list(f, (struct run_query){.status = -1}, "1");
	assert_list(f, (struct run_query){.status = -1, .limit = 5000}, "1");
	assert_list(
	    f, (struct run_query){.status = RUN_FAILED, .limit = 7}, "status = 'FAILED'");
	assert_list(f, (struct run_query){.status = RUN_KILLED, .limit = 7}, "0");
	assert_list(f,
	    (struct run_query){.status = -1, .limit = 9, .experiment = {"5", NULL}},
	    "experiment_id = 5");
	assert_list(f,
	    (struct run_query){
		.status = RUN_FAILED, .limit = 30, .experiment = {NULL, "five"}},
	    "experiment_id = 5 AND status = 'FAILED'");
	assert_error(f, f->s->ops->runs_list(f->s, &f->a, &none, &runs, &n, &f->err),
	    ERR_NOTFOUND, "no such");
}

static size_t found(struct fixture *f, const char *text, size_t max)
{
	const char **ids;
	size_t n;
	need_ok(f, f->s->ops->run_find(f->s, &f->a, text, max, &ids, &n, &f->err));
	for (size_t i = 0; i < n; i++)
		assert_true(strncmp(ids[i], text, strlen(text)) == 0 ||
			    strcmp(get(f, ids[i]).name, text) == 0);
	return n;
}

static void finding_runs(void **state)
{
	struct fixture *f = *state;
	const char *id;
	add_many(f);
	id = ask(f, "SELECT run_uuid FROM runs WHERE lifecycle_stage = 'active' LIMIT 1");
	assert_int_equal(found(f, id, 10), 1);
	assert_int_equal(found(f, arena_strndup(&f->a, id, 8), 10), 1);
	assert_int_equal(found(f, arena_strndup(&f->a, id, 3), 10), 0);
	assert_int_equal(found(f, "first", 10), 1);
	assert_int_equal(found(f, "n3", 10), 10);
	assert_int_equal(found(f, "n3", 1000),
	    atoi(ask(f, "SELECT count(*) FROM runs WHERE name = 'n3'"
			" AND lifecycle_stage = 'active'")));
	assert_int_equal(found(f, "____", 10), 0);
	assert_int_equal(found(f, "%", 10), 0);
	assert_int_equal(found(f, "' OR 1 --", 10), 0);
	assert_int_equal(found(f, "", 10), 0);
	id =
	    ask(f, "SELECT run_uuid FROM runs WHERE lifecycle_stage = 'deleted' LIMIT 1");
	assert_int_equal(found(f, id, 10), 0);
}

static void which_of_these_still_run(void **state)
{
	struct fixture *f = *state;
	struct run_batch here = {.tags = KVS({"mlp.host", "here"})};
	struct run_batch there = {.tags = KVS({"mlp.host", "there"})};
	const char *cand[5], **ids;
	size_t n;
	need_ok(f, open_store(f, STORE_CREATE));
	for (int i = 0; i < 4; i++)
		cand[i] = add_run(f, "x", i);
	cand[4] = id1;
	need_ok(f, f->s->ops->run_log(f->s, cand[0], &here, &f->err));
	need_ok(f, f->s->ops->run_log(f->s, cand[1], &there, &f->err));
	need_ok(f, f->s->ops->run_log(f->s, cand[2], &here, &f->err));
	need_ok(
	    f, f->s->ops->run_end(f->s, cand[2], RUN_FINISHED, 1, NULL, false, &f->err));
	need_ok(f, f->s->ops->runs_still_running(
		       f->s, &f->a, "here", cand, 5, &ids, &n, &f->err));
	assert_int_equal(n, 1);
	assert_string_equal(ids[0], cand[0]);
	need_ok(f, f->s->ops->runs_still_running(
		       f->s, &f->a, "here", cand, 0, &ids, &n, &f->err));
	assert_int_equal(n, 0);
}

static void words_of_a_status(void **state)
{
	enum run_status st;
	(void)state;
	for (int i = RUN_RUNNING; i <= RUN_KILLED; i++) {
		assert_int_equal(run_status_from_word(run_status_word(i), &st), 0);
		assert_int_equal(st, i);
	}
	assert_int_equal(run_status_from_word("failed", &st), 0);
	assert_int_equal(st, RUN_FAILED);
	assert_int_equal(run_status_from_word("PAUSED", &st), -1);
}

static void ids_and_names(void **state)
{
	char a[33], b[33], name[64];
	unsigned number;
	(void)state;
	run_id_new(a);
	run_id_new(b);
	assert_int_equal(strlen(a), 32);
	assert_int_equal(strspn(a, "0123456789abcdef"), 32);
	assert_string_not_equal(a, b);
	assert_int_equal(a[12], '4');
	run_name_new(name, sizeof(name));
	assert_int_equal(sscanf(name, "%*[a-z]-%*[a-z]-%u", &number), 1);
	assert_true(number < 1000);
	assert_true(run_id_valid(a));
	assert_false(run_id_valid("a/b"));
	assert_false(run_id_valid(".."));
	assert_false(run_id_valid(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_run_comes_back),
	    TEST(the_same_id_twice),
	    TEST(a_run_without_a_name_gets_one),
	    TEST(text_that_does_not_fit),
	    TEST(parameters_never_change),
	    TEST(tags_are_replaced),
	    TEST(metrics_as_mlflow_keeps_them),
	    TEST(a_run_ends_once),
	    TEST(an_old_run_starts_again),
	    TEST(experiments),
	    TEST(experiments_that_cannot_be),
	    TEST(artifacts_go_where_the_experiment_says),
	    TEST(the_newest_runs_first),
	    TEST(finding_runs),
	    TEST(which_of_these_still_run),
	    TEST(words_of_a_status),
	    TEST(ids_and_names),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
