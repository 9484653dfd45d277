/* SPDX-License-Identifier: MIT */
/* Our side of the pipe, against helpers that are small shell scripts. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/helper.h"
#include "base/path.h"

#define HELLO                                                                            \
	"echo '{\"event\":\"hello\",\"protocol\":1,\"version\":\"" MLP_VERSION "\"}'\n"

struct world {
	struct arena a;
	struct ctx ctx;
	struct buf said;
	int interrupted;
};

static void say(void *arg, enum say_level level, const char *text)
{
	struct world *w = arg;
	buf_addf(&w->said, "%d:%s\n", (int)level, text);
	if (strcmp(text, "now") == 0)
		w->interrupted = SIGINT;
}

static void progress(void *arg, const struct progress *p)
{
	struct world *w = arg;
	buf_addf(&w->said, "%s %lld/%lld %lld %d\n", p->what, p->done, p->total, p->bytes,
	    p->finished);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char template[] = "/tmp/test-helper-XXXXXX";
	if (!mkdtemp(template))
		return -1;
	w->said = (struct buf)BUF_INIT;
	w->ctx = (struct ctx){.libexec = arena_strdup(&w->a, template),
	    .trace = -1,
	    .say = say,
	    .progress = progress,
	    .arg = w,
	    .interrupted = &w->interrupted};
	unsetenv("MLP_STALL_TIMEOUT");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	tree_remove(w->ctx.libexec, &err);
	buf_release(&w->said);
	arena_release(&w->a);
	free(w);
	return 0;
}

static void script(struct world *w, const char *body)
{
	const char *text = arena_printf(&w->a, "#!/bin/sh\n%s", body);
	struct err err = ERR_INIT;
	assert_int_equal(file_write(path_join(&w->a, w->ctx.libexec, "h"), text,
			     strlen(text), 0700, &err),
	    0);
}

static int run(
    struct world *w, const char *body, int64_t stall, cJSON **done, struct err *err)
{
	struct helper h = HELPER_INIT;
	auto_json rq = cJSON_CreateObject();
	int rc;
	script(w, body);
	json_put_str(rq, "op", "it's");
	if (helper_start(&w->ctx, "h", rq, &h, err) < 0)
		return -1;
	rc = helper_finish(&w->ctx, &h, stall, "far.example", done, err);
	assert_int_equal(h.pid, -1);
	assert_int_equal(h.to, -1);
	assert_int_equal(h.from, -1);
	return rc;
}

static void expect_fail(struct world *w, const char *body, int64_t stall,
    enum err_code code, const char *text)
{
	struct err err = ERR_INIT;
	cJSON *done = NULL;
	assert_int_equal(run(w, body, stall, &done, &err), -1);
	assert_null(done);
	if (!strstr(err.msg, text))
		fail_msg("'%s' lacks '%s'", err.msg, text);
	assert_int_equal(err.code, code);
}

static void test_answer(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	auto_json done = NULL;
	assert_int_equal(
	    run(w,
		HELLO "read -r line\n"
		      "echo '{\"event\":\"progress\",\"what\":\"files\","
		      "\"done\":3,\"total\":7,\"bytes\":9,\"finished\":true}'\n"
		      "echo '{\"event\":\"warning\",\"message\":\"mind\"}'\n"
		      "echo '{\"event\":\"unheard-of\"}'\n"
		      "echo \"{\\\"event\\\":\\\"done\\\",\\\"rq\\\":$line}\"\n",
		0, &done, &err),
	    0);
	assert_string_equal(w->said.s, "files 3/7 9 1\n2:mind\n");
	assert_string_equal(json_str(json_get(done, "rq"), "op"), "it's");
}

static void test_error(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	cJSON *done = NULL;
	assert_int_equal(run(w,
			     HELLO "echo '{\"event\":\"error\",\"code\":\"ERR_NOTFOUND\","
				   "\"message\":\"no 100%d\",\"hint\":\"look %s\"}'\n",
			     0, &done, &err),
	    -1);
	assert_int_equal(err.code, ERR_NOTFOUND);
	assert_string_equal(err.msg, "no 100%d");
	assert_string_equal(err.hint, "look %s");
}

static void test_bad_helpers(void **state)
{
	struct world *w = *state;
	expect_fail(w, "exit 3\n", 0, ERR_FAIL, "h ended without an answer: exit 3");
	expect_fail(w, HELLO "kill -SEGV $$\n", 0, ERR_FAIL, "SIGSEGV");
	expect_fail(w, "echo '{\"event\":\"done\"}'\n", 0, ERR_FAIL,
	    "does not speak our protocol");
	expect_fail(w,
	    "echo '{\"event\":\"hello\",\"protocol\":1,\"version\":\"9.9\"}'\n", 0,
	    ERR_FAIL, "h is of version 9.9, but this is mlp " MLP_VERSION);
	expect_fail(w, HELLO "echo '{\"event\":'\n", 0, ERR_FAIL, "not valid JSON");
	expect_fail(w, HELLO "echo '{\"event\":\"error\"}'\n", 0, ERR_FAIL,
	    "failed without a reason");
	expect_fail(w, "head -c 200000 /dev/zero | tr '\\0' x\nsleep 60\n", 0, ERR_FAIL,
	    "longer than 65536 bytes");
}

static void test_missing(void **state)
{
	struct world *w = *state;
	struct helper h = HELPER_INIT;
	struct err err = ERR_INIT;
	auto_json rq = cJSON_CreateObject();
	assert_int_equal(helper_start(&w->ctx, "gone", rq, &h, &err), -1);
	assert_int_equal(err.code, ERR_NOTFOUND);
	assert_non_null(strstr(err.msg, path_join(&w->a, w->ctx.libexec, "gone")));
	assert_int_equal(h.pid, -1);
}

static void test_stall(void **state)
{
	struct world *w = *state;
	expect_fail(w, HELLO "exec sleep 60\n", 300, ERR_BUSY,
	    "'far.example' gave no sign of life for 300 ms");
	setenv("MLP_STALL_TIMEOUT", "0.2", 1);
	expect_fail(w, HELLO "exec sleep 60\n", 50000, ERR_BUSY, "for 200 ms");
	setenv("MLP_STALL_TIMEOUT", "soon", 1);
	expect_fail(w, HELLO "exec sleep 60\n", 250, ERR_BUSY, "for 250 ms");
}

/* Ctrl-C reaches an ssh, too: its end is no reason of its own. */
static void test_interrupted_and_failed(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	cJSON *done = NULL;
	assert_int_equal(
	    run(w,
		"read -r line\n" HELLO "printf '%s\\n%s\\n' "
		"'{\"event\":\"warning\",\"message\":\"now\"}' "
		"'{\"event\":\"error\",\"code\":\"ERR_BUSY\",\"message\":\"it died\"}'\n",
		0, &done, &err),
	    -1);
	assert_int_equal(err.code, ERR_INTERRUPTED);
	assert_int_equal(err.sys, SIGINT);
	assert_string_equal(err.msg, "interrupted");
}

static void test_interrupted(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	cJSON *done = NULL;
	w->interrupted = SIGTERM;
	assert_int_equal(run(w, HELLO "exec sleep 60\n", 0, &done, &err), -1);
	assert_int_equal(err.code, ERR_INTERRUPTED);
	assert_int_equal(err.sys, SIGTERM);
}

static void test_request_too_long(void **state)
{
	struct world *w = *state;
	struct helper h = HELPER_INIT;
	struct err err = ERR_INIT;
	auto_json rq = cJSON_CreateObject();
	char *big = arena_alloc(&w->a, HELPER_LINE + 1);
	memset(big, 'x', HELPER_LINE);
	script(w, "exec sleep 60\n");
	json_put_str(rq, "op", big);
	assert_int_equal(helper_start(&w->ctx, "h", rq, &h, &err), -1);
	assert_non_null(strstr(err.msg, "longer than"));
	assert_int_equal(h.pid, -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_answer),
	    TEST(test_error),
	    TEST(test_bad_helpers),
	    TEST(test_missing),
	    TEST(test_stall),
	    TEST(test_interrupted),
	    TEST(test_interrupted_and_failed),
	    TEST(test_request_too_long),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
