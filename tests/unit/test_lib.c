/* SPDX-License-Identifier: MIT */
/* The public layer, without running anything: options, errors, records, contexts. */
#include <errno.h>
#include <math.h>
#include <signal.h>

#include <mlp.h>

#include "base/alloc.h"
#include "flow/runtags.h"
#include "run/lock.h"
#include "store_fixture.h"

#define KVS(...)                                                                         \
	(struct kvs)                                                                     \
	{                                                                                \
		(struct kv[]){__VA_ARGS__},                                              \
		    sizeof((struct kv[]){__VA_ARGS__}) / sizeof(struct kv)               \
	}

struct said {
	int n, level;
	char text[512];
	struct mlp *m; /* called from the callback */
	int inner;
};

static void on_message(void *arg, int level, const char *text)
{
	struct said *s = arg;
	struct mlp_records *runs;
	s->n++;
	s->level = level;
	snprintf(s->text, sizeof(s->text), "%s", text);
	if (s->m) {
		struct mlp_error e = MLP_ERROR_INIT;
		s->inner = mlp_runs(s->m, NULL, &runs, &e) < 0 ? e.code : MLP_OK;
	}
}

static struct mlp *open_in(struct fixture *f, struct said *said)
{
	struct mlp_options o = MLP_OPTIONS_INIT;
	struct mlp_error e = MLP_ERROR_INIT;
	struct mlp *m;
	o.directory = f->dir;
	o.state_dir = "state";
	o.message = said ? on_message : NULL;
	o.arg = said;
	if (mlp_open(&o, &m, &e) < 0)
		fail_msg("%s", e.message);
	return m;
}

static void expect(const struct mlp_error *e, int rc, int code, const char *text)
{
	assert_int_equal(rc, -1);
	if (!strstr(e->message, text))
		print_error("'%s' is not in '%s'\n", text, e->message);
	assert_non_null(strstr(e->message, text));
	assert_int_equal(e->code, code);
}

static void a_record_has_everything(void **state)
{
	struct fixture *f = *state;
	struct run_new new = {.run_id = "0123456789abcdef0123456789abcdef",
	    .name = "keen-fox-7",
	    .user = "ann",
	    .start_time = 1700000000123,
	    .experiment = {.name = "wine"},
	    .tags = KVS({"mlp.exit", "exited:3"}, {"mlp.reason", "exit 3"}),
	    .params = KVS({"lr", "0.1"}, {"a", ""})};
	struct metric metrics[] = {{"loss", NAN, 5, 1}, {"acc", 0.5, 6, 2}};
	struct run_batch batch = {.metrics = metrics, .nmetrics = 2};
	struct mlp *m = open_in(f, NULL);
	struct mlp_record *r;
	struct run_record created;
	need_ok(f, open_store(f, STORE_CREATE));
	need_ok(f, f->s->ops->run_create(f->s, &f->a, &new, &created, &f->err));
	need_ok(f, f->s->ops->run_log(f->s, new.run_id, &batch, &f->err));
	need_ok(f, f->s->ops->run_end(f->s, new.run_id, RUN_FAILED, 1700000001000,
		       &(struct kvs){NULL, 0}, false, &f->err));
	assert_int_equal(mlp_run_get(m, "0123", &r, NULL), 0);
	mlp_close(m); /* the record outlives it */
	assert_string_equal(r->run_id, new.run_id);
	assert_string_equal(r->run_name, "keen-fox-7");
	assert_string_equal(r->user, "ann");
	assert_string_equal(r->experiment_id, "1");
	assert_string_equal(r->experiment_name, "wine");
	assert_string_equal(r->artifact_uri, created.artifact_uri);
	assert_string_equal(
	    r->log_dir, arena_printf(&f->a, "%s/mlp", created.artifact_uri));
	assert_int_equal(r->status, MLP_FAILED);
	assert_int_equal(r->exit_kind, MLP_EXIT_EXITED);
	assert_int_equal(r->exit_code, 3);
	assert_int_equal(r->exit_signal, 0);
	assert_string_equal(r->reason, "exit 3");
	assert_int_equal(r->start_time, 1700000000123);
	assert_int_equal(r->end_time, 1700000001000);
	assert_null(r->stderr_tail);
	assert_int_equal(r->nparams, 2);
	assert_string_equal(r->params[0].key, "a");
	assert_string_equal(mlp_record_param(r, "lr"), "0.1");
	assert_null(mlp_record_param(r, "LR"));
	assert_string_equal(mlp_record_tag(r, "mlflow.runName"), "keen-fox-7");
	assert_null(mlp_record_tag(r, "lr"));
	assert_int_equal(r->nmetrics, 2);
	assert_true(isnan(mlp_record_metric(r, "loss")->value));
	assert_int_equal(mlp_record_metric(r, "acc")->timestamp, 6);
	assert_int_equal(mlp_record_metric(r, "acc")->step, 2);
	assert_null(mlp_record_metric(r, "f1"));
	mlp_record_free(r);
}

static void runs_are_queried(void **state)
{
	struct fixture *f = *state;
	struct mlp *m = open_in(f, NULL);
	struct mlp_query q = MLP_QUERY_INIT;
	struct mlp_records *all;
	struct mlp_error e = MLP_ERROR_INIT;
	const char *id;
	need_ok(f, open_store(f, STORE_CREATE));
	id = add_run(f, "old", 1000);
	assert_non_null(add_run(f, "new", 2000));
	need_ok(f, f->s->ops->run_end(f->s, id, RUN_FINISHED, 1500,
		       &(struct kvs){NULL, 0}, false, &f->err));
	assert_int_equal(mlp_runs(m, NULL, &all, &e), 0);
	assert_int_equal(all->n, 2);
	assert_string_equal(all->v[0]->run_name, "new");
	assert_int_equal(all->v[0]->status, MLP_RUNNING);
	assert_int_equal(all->v[0]->end_time, -1);
	assert_int_equal(all->v[0]->exit_kind, MLP_EXIT_NONE);
	assert_null(all->v[0]->reason);
	mlp_records_free(all);
	q.status = MLP_FINISHED;
	q.experiment = "Default";
	assert_int_equal(mlp_runs(m, &q, &all, &e), 0);
	assert_int_equal(all->n, 1);
	assert_string_equal(all->v[0]->run_id, id);
	mlp_records_free(all);
	q = (struct mlp_query)MLP_QUERY_INIT;
	q.limit = 1;
	q.experiment = "0";
	assert_int_equal(mlp_runs(m, &q, &all, &e), 0);
	assert_int_equal(all->n, 1);
	assert_string_equal(all->v[0]->run_name, "new");
	mlp_records_free(all);
	q.experiment = "nine";
	expect(&e, mlp_runs(m, &q, &all, &e), MLP_ERR_NOTFOUND, "'nine'");
	assert_null(all);
	q.status = 6;
	expect(&e, mlp_runs(m, &q, &all, &e), MLP_ERR_USAGE, "6 is not a status");
	mlp_close(m);
}

static void which_run_is_meant(void **state)
{
	struct fixture *f = *state;
	struct mlp *m = open_in(f, NULL);
	struct mlp_record *r;
	struct mlp_error e = MLP_ERROR_INIT;
	expect(&e, mlp_run_get(m, "fox", &r, &e), MLP_ERR_NOTFOUND, "mlflow.db");
	need_ok(f, open_store(f, STORE_CREATE));
	add_run(f, "fox", 1000);
	assert_int_equal(mlp_run_get(m, "fox", &r, &e), 0);
	mlp_record_free(r);
	add_run(f, "fox", 2000);
	expect(&e, mlp_run_get(m, "fox", &r, &e), MLP_ERR_NOTFOUND, "several runs");
	assert_non_null(strstr(e.hint, "(fox), "));
	assert_null(r);
	expect(&e, mlp_run_get(m, "", &r, &e), MLP_ERR_USAGE, "no run is named");
	expect(&e, mlp_run_get(m, NULL, &r, &e), MLP_ERR_USAGE, "no run is named");
	assert_int_equal(mlp_run_get(m, "nobody", &r, NULL), -1);
	mlp_close(m);
}

/* What a later mlp.h may have. */
struct newer_query {
	struct mlp_query q;
	const char *more;
	int flag;
};

static void structs_of_another_size(void **state)
{
	struct fixture *f = *state;
	struct mlp *m = open_in(f, NULL);
	struct newer_query newer = {.q = MLP_QUERY_INIT};
	struct mlp_query q = MLP_QUERY_INIT;
	struct mlp_records *all;
	struct mlp_error e = MLP_ERROR_INIT;
	need_ok(f, open_store(f, STORE_CREATE));
	add_run(f, "a", 1);
	add_run(f, "b", 2);
	q.limit = 1;
	q.struct_size = offsetof(struct mlp_query, limit); /* older: it has no limit */
	assert_int_equal(mlp_runs(m, &q, &all, &e), 0);
	assert_int_equal(all->n, 2);
	mlp_records_free(all);
	newer.q.struct_size = sizeof(newer);
	newer.q.limit = 1;
	assert_int_equal(mlp_runs(m, &newer.q, &all, &e), 0);
	assert_int_equal(all->n, 1);
	mlp_records_free(all);
	newer.flag = 1;
	expect(&e, mlp_runs(m, &newer.q, &all, &e), MLP_ERR_USAGE, "does not know");
	q.struct_size = 0;
	expect(&e, mlp_runs(m, &q, &all, &e), MLP_ERR_USAGE, "struct_size");
	q.struct_size = (size_t)-1;
	expect(&e, mlp_runs(m, &q, &all, &e), MLP_ERR_USAGE, "struct_size");
	mlp_close(m);
}

static void errors_of_another_size(void **state)
{
	struct {
		struct mlp_error e;
		char behind[16];
	} box;
	struct mlp_options o = MLP_OPTIONS_INIT;
	struct mlp *m;
	(void)state;
	o.tracking_uri = "postgresql://host/db";
	memset(&box, 'x', sizeof(box));
	box.e.struct_size = offsetof(struct mlp_error, message) + 10;
	assert_int_equal(mlp_open(&o, &m, &box.e), -1);
	assert_int_equal(box.e.code, MLP_ERR_USAGE);
	assert_memory_equal(box.e.message, "tracking Uxxx", 10);
	assert_int_equal(box.e.message[10], 'x');
	box.e.struct_size = sizeof(box); /* a newer one: what we do not know stays */
	assert_int_equal(mlp_open(&o, &m, &box.e), -1);
	assert_non_null(strstr(box.e.message, "postgresql"));
	assert_int_equal(box.behind[0], 'x');
	memset(&box, 0, sizeof(box));
	assert_int_equal(mlp_open(&o, &m, &box.e), -1);
	assert_int_equal(box.e.code, 0);
	assert_null(m);
}

static void an_interrupt_waits_for_the_next_call(void **state)
{
	struct fixture *f = *state;
	struct mlp *m = open_in(f, NULL);
	struct mlp_records *all;
	struct mlp_error e = MLP_ERROR_INIT;
	struct mlp_run_options o = MLP_RUN_OPTIONS_INIT;
	need_ok(f, open_store(f, STORE_CREATE));
	add_run(f, "a", 1);
	mlp_interrupt(m);
	mlp_interrupt(m);
	expect(&e, mlp_runs(m, NULL, &all, &e), MLP_ERR_INTERRUPTED, "interrupted");
	assert_int_equal(mlp_runs(m, NULL, &all, &e), 0);
	mlp_records_free(all);
	mlp_interrupt(m);
	o.uri = f->dir;
	expect(&e, mlp_run(m, &o, NULL, &e), MLP_ERR_INTERRUPTED, "interrupted");
	assert_int_equal(mlp_runs(m, NULL, &all, &e), 0);
	mlp_records_free(all);
	mlp_close(m);
}

/* A run that looks as one does whose mlp was killed. */
static void leave_running(struct fixture *f)
{
	struct ctx ctx = {.cwd = f->dir,
	    .state_dir = arena_printf(&f->a, "%s/state", f->dir),
	    .trace = -1};
	struct run_new new = {.run_id = "0123456789abcdef0123456789abcdef",
	    .name = "lost",
	    .start_time = 1,
	    .tags = KVS({"mlp.host", runtags_host(&ctx, &f->a)})};
	struct run_lock lk = RUN_LOCK_INIT;
	struct run_record r;
	need_ok(f, open_store(f, STORE_CREATE));
	need_ok(f, run_lock_take(&ctx, new.run_id, &lk, &f->err));
	need_ok(f, f->s->ops->run_create(f->s, &f->a, &new, &r, &f->err));
	run_lock_drop(&lk, false);
}

static void lost_runs_are_closed_and_contexts_guarded(void **state)
{
	struct fixture *f = *state;
	struct said said = {.n = 0};
	struct mlp *m = open_in(f, &said);
	struct mlp_records *all;
	leave_running(f);
	said.m = m; /* the callback calls back, which it must not */
	assert_int_equal(mlp_runs(m, NULL, &all, NULL), 0);
	assert_int_equal(said.n, 1);
	assert_int_equal(said.level, MLP_WARNING);
	assert_non_null(strstr(said.text, "left RUNNING"));
	assert_int_equal(said.inner, MLP_ERR_BUSY);
	assert_int_equal(all->v[0]->status, MLP_FAILED);
	assert_int_equal(all->v[0]->exit_kind, MLP_EXIT_UNKNOWN);
	assert_non_null(strstr(all->v[0]->reason, "supervisor lost"));
	mlp_records_free(all);
	mlp_close(m);
}

static void a_run_that_cannot_be_asked_for(void **state)
{
	struct fixture *f = *state;
	struct mlp *m = open_in(f, NULL);
	struct mlp_error e = MLP_ERROR_INIT;
	struct mlp_run_options o = MLP_RUN_OPTIONS_INIT;
	struct mlp_pair pair = {"a", NULL};
	struct mlp_record *r;
	expect(&e, mlp_run(m, NULL, &r, &e), MLP_ERR_USAGE,
	    "neither a project (uri) nor a run");
	expect(&e, mlp_run(m, &o, &r, &e), MLP_ERR_USAGE,
	    "neither a project (uri) nor a run");
	o.uri = f->dir;
	o.output = 7;
	expect(&e, mlp_run(m, &o, &r, &e), MLP_ERR_USAGE, "7 is no kind of output");
	o.output = MLP_OUTPUT_KEEP;
	o.timeout_ms = -1;
	expect(&e, mlp_run(m, &o, &r, &e), MLP_ERR_USAGE, "timeout_ms");
	o.timeout_ms = 0;
	o.params = &pair;
	o.nparams = 1;
	expect(&e, mlp_run(m, &o, &r, &e), MLP_ERR_USAGE, "params: number 0");
	assert_null(r);
	mlp_close(m);
}

static void a_run_that_cannot_be_started(void **state)
{
	struct fixture *f = *state;
	struct mlp *m = open_in(f, NULL);
	struct mlp_error e = MLP_ERROR_INIT;
	struct mlp_run_options o = MLP_RUN_OPTIONS_INIT;
	struct mlp_handle *h = (void *)&o;
	expect(&e, mlp_run_start(m, NULL, &h, &e), MLP_ERR_USAGE,
	    "neither a project (uri) nor a run");
	assert_null(h);
	o.uri = f->dir;
	o.detach = 1;
	o.output = MLP_OUTPUT_PASS;
	expect(&e, mlp_run_start(m, &o, &h, &e), MLP_ERR_USAGE, "detach goes with");
	o.output = MLP_OUTPUT_KEEP;
	o.memory_bytes = 4096;
	expect(&e, mlp_run_start(m, &o, &h, &e), MLP_ERR_USAGE,
	    "memory_bytes is 4096, the least is 6291456");
	o.memory_bytes = 0;
	o.cpus = NAN;
	expect(&e, mlp_run_start(m, &o, &h, &e), MLP_ERR_USAGE, "cpus: nan is not");
	o.cpus = 0;
	o.log_limit = -1;
	expect(&e, mlp_run_start(m, &o, &h, &e), MLP_ERR_USAGE, "log_limit");
	o.log_limit = 0;
	o.retry_delay_ms = -1;
	expect(&e, mlp_run_start(m, &o, &h, &e), MLP_ERR_USAGE, "retry_delay_ms");
	o.retry_delay_ms = 0;
	o.retries = 1001;
	expect(&e, mlp_run_start(m, &o, &h, &e), MLP_ERR_USAGE, "the most is 1000");
	assert_null(h);
	mlp_close(m);
}

/* As a program that was built before handles had options has it, and one to come. */
static void options_of_a_run_of_another_size(void **state)
{
	struct fixture *f = *state;
	struct mlp *m = open_in(f, NULL);
	struct mlp_error e = MLP_ERROR_INIT;
	struct {
		struct mlp_run_options o;
		int more;
	} newer = {.o = MLP_RUN_OPTIONS_INIT};
	struct mlp_handle *h;
	newer.o.struct_size = offsetof(struct mlp_run_options, retries);
	newer.o.uri = "./nowhere";
	newer.o.retries = 5000; /* it has no such member: something else is there */
	newer.o.output = 7;
	expect(&e, mlp_run_start(m, &newer.o, &h, &e), MLP_ERR_USAGE,
	    "7 is no kind of output");
	newer.o.struct_size = sizeof(newer);
	newer.more = 1;
	expect(&e, mlp_run_start(m, &newer.o, &h, &e), MLP_ERR_USAGE,
	    "struct mlp_run_options has an option that libmlp");
	newer.more = 0;
	expect(&e, mlp_run_start(m, &newer.o, &h, &e), MLP_ERR_USAGE, "the most is 1000");
	mlp_close(m);
}

static void places(void **state)
{
	struct fixture *f = *state;
	struct mlp_options o = MLP_OPTIONS_INIT;
	struct mlp_error e = MLP_ERROR_INIT;
	struct mlp_run_options ro = MLP_RUN_OPTIONS_INIT;
	const struct mlp_pair nameless = {NULL, "all"};
	struct mlp *m;
	o.directory = f->dir;
	o.libexec_dir = "helpers"; /* relative to the directory */
	assert_int_equal(mlp_open(&o, &m, &e), 0);
	ro.uri = ".";
	expect(&e, mlp_run(m, &ro, NULL, &e), MLP_ERR_NOTFOUND,
	    arena_printf(&f->a, "%s/helpers/mlp-supervise", f->dir));
	assert_int_equal(e.errnum, ENOENT);
	assert_non_null(strstr(e.hint, "MLP_LIBEXEC"));
	ro.rerun_of = "a-run";
	expect(&e, mlp_run(m, &ro, NULL, &e), MLP_ERR_USAGE, "goes with neither uri");
	ro.uri = NULL;
	ro.version = "v1";
	expect(&e, mlp_run(m, &ro, NULL, &e), MLP_ERR_USAGE, "nor version");
	ro.version = NULL;
	expect(&e, mlp_run(m, &ro, NULL, &e), MLP_ERR_NOTFOUND, "mlp-supervise");
	ro.rerun_of = "";
	expect(&e, mlp_run(m, &ro, NULL, &e), MLP_ERR_USAGE, "neither a project (uri)");
	ro.uri = ".";
	ro.docker_args = &nameless;
	ro.ndocker_args = 1;
	expect(&e, mlp_run(m, &ro, NULL, &e), MLP_ERR_USAGE, "docker_args: number 0");
	mlp_close(m);
	mlp_close(NULL);
	mlp_record_free(NULL);
	mlp_records_free(NULL);
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(mlp_version(), MLP_VERSION);
	assert_string_equal(mlp_status_word(MLP_RUNNING), "RUNNING");
	assert_string_equal(mlp_status_word(MLP_SCHEDULED), "SCHEDULED");
	assert_string_equal(mlp_status_word(MLP_KILLED), "KILLED");
	assert_string_equal(mlp_status_word(0), "?");
	assert_string_equal(mlp_status_word(6), "?");
	assert_string_equal(mlp_exit_word(MLP_EXIT_NONE), "");
	assert_string_equal(mlp_exit_word(MLP_EXIT_EXITED), "exited");
	assert_string_equal(mlp_exit_word(MLP_EXIT_UNKNOWN), "unknown");
	assert_string_equal(mlp_exit_word(7), "");
}

static void on_oom(size_t wanted)
{
	(void)!write(STDERR_FILENO, "oom", wanted > 1 << 20 ? 3 : 0);
}

/* In a child, as it ends the process: without a handler nothing is said. */
static void out_of_memory(void **state)
{
	(void)state;
	for (int with = 0; with < 2; with++) {
		int status, ends[2];
		char said[64];
		pid_t pid;
		assert_int_equal(pipe(ends), 0);
		pid = fork();
		if (pid == 0) {
			signal(SIGABRT, SIG_DFL);
			dup2(ends[1], STDERR_FILENO);
			mlp_set_oom_handler(with ? on_oom : NULL);
			xrealloc_array(NULL, SIZE_MAX / 2, 4);
			_exit(0);
		}
		close(ends[1]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
		assert_int_equal(read(ends[0], said, sizeof(said)), with ? 3 : 0);
		close(ends[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_record_has_everything),
	    TEST(runs_are_queried),
	    TEST(which_run_is_meant),
	    TEST(structs_of_another_size),
	    TEST(errors_of_another_size),
	    TEST(an_interrupt_waits_for_the_next_call),
	    TEST(lost_runs_are_closed_and_contexts_guarded),
	    TEST(a_run_that_cannot_be_asked_for),
	    TEST(a_run_that_cannot_be_started),
	    TEST(options_of_a_run_of_another_size),
	    TEST(places),
	    TEST(words),
	    TEST(out_of_memory),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
