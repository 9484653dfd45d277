/* SPDX-License-Identifier: MIT */
/* What a container is made with, as words: volumes, variables, -A, limits, the command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/quote.h"
#include "env/docker.h"
#include "env/docker_argv.h"

static void test_volumes(void **state)
{
	static const struct {
		const char *text, *whole,
		    *source; /* whole NULL: an error that names source */
	} t[] = {
	    {"/a:/b", "/a:/b", "/a"},
	    {"/a:/b:ro", "/a:/b:ro", "/a"},
	    {"data:/b", "data:/b", NULL},
	    {"/b", "/b", NULL},
	    {"$(pwd):/b", "/proj:/b", "/proj"},
	    {"`pwd`/x:/b", "/proj/x:/b", "/proj/x"},
	    {"$PWD/x y:/b", "/proj/x y:/b", "/proj/x y"},
	    {"${PWD}:${PWD}", "/proj:/proj", "/proj"},
	    {"~:/b", "/home/ann:/b", "/home/ann"},
	    {"~/d:/b", "/home/ann/d:/b", "/home/ann/d"},
	    {"/a~:/b", "/a~:/b", "/a~"},
	    {"$HOME/d:/$NAME", "/home/ann/d:/v", "/home/ann/d"},
	    {"${NAME}s:/b", "vs:/b", NULL},
	    {"/${NONE:-d/e}:/b", "/d/e:/b", "/d/e"},
	    {"/${NAME:-d}:/b", "/v:/b", "/v"},
	    {"./x:/b", "/proj/x:/b", "/proj/x"},
	    {"../x:/b", "/x:/b", "/x"},
	    {"x/y:/b", "/proj/x/y:/b", "/proj/x/y"},
	    {".:/b", "/proj:/b", "/proj"},
	    {"/a$:/b", "/a$:/b", "/a$"},
	    {"/a\\$NAME:/b", "/a$NAME:/b", "/a$NAME"},
	    {"$(date):/b", NULL, "'$(date)'"},
	    {"$(pwd:/b", NULL, "'$(pwd:/b'"},
	    {"`id`:/b", NULL, "'`id`'"},
	    {"$NONE:/b", NULL, "NONE is not set"},
	    {"${NONE}:/b", NULL, "NONE is not set"},
	    {"${NAME:+x}:/b", NULL, "'${NAME:+x}'"},
	    {"${NAME#v}:/b", NULL, "'${NAME#v}'"},
	    {"${NONE:-$(id)}:/b", NULL, "'${NONE:-$(id)}'"},
	    {"$1:/b", NULL, "'$1'"},
	    {"~bob/x:/b", NULL, "'~bob'"},
	};
	auto_arena a = ARENA_INIT;
	(void)state;
	setenv("HOME", "/home/ann", 1);
	setenv("NAME", "v", 1);
	unsetenv("NONE");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct err err = ERR_INIT;
		const char *source = "unset", *whole;
		whole = docker_volume_expand(&a, t[i].text, "/proj", &source, &err);
		if (!t[i].whole) {
			assert_null(whole);
			if (!strstr(err.msg, t[i].source))
				fail_msg("%s: %s", t[i].text, err.msg);
			continue;
		}
		if (!whole)
			fail_msg("%s: %s", t[i].text, err.msg);
		assert_string_equal(whole, t[i].whole);
		if (t[i].source)
			assert_string_equal(source, t[i].source);
		else
			assert_null(source);
	}
}

/* The words, as a shell would write them. */
static const char *shown(struct arena *a, struct strvec *v)
{
	auto_buf b = BUF_INIT;
	quote_argv(&b, strvec_argv(v));
	return arena_strdup(a, b.s);
}

static void test_command(void **state)
{
	static const struct {
		const char *text, *words; /* NULL: it takes a shell */
	} t[] = {
	    {"prog", "prog"},
	    {" prog  -a b\t--c=d \n", "prog -a b --c=d"},
	    {"prog 'a b' \"c d\"e ''", "prog 'a b' 'c de' ''"},
	    {"prog 'it'\"'\"'s'", "prog 'it'\"'\"'s'"},
	    {"", NULL},
	    {"a | b", NULL},
	    {"a; b", NULL},
	    {"a\nb", NULL},
	    {"A=b prog", NULL},
	    {"prog $HOME", NULL},
	    {"prog \"$HOME\"", NULL},
	    {"prog *.txt", NULL},
	    {"prog >x", NULL},
	    {"prog ~", NULL},
	    {"prog 'open", NULL},
	    {"prog \\a", NULL},
	};
	auto_arena a = ARENA_INIT;
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		auto_strvec v = STRVEC_INIT;
		struct err err = ERR_INIT;
		int rc = docker_command(t[i].text, true, &v, &err);
		if (rc != (t[i].words ? 0 : -1))
			fail_msg("%s: %d", t[i].text, rc);
		if (rc == 0)
			assert_string_equal(shown(&a, &v), t[i].words);
	}
}

static void test_shell(void **state)
{
	auto_strvec v = STRVEC_INIT;
	struct err err = ERR_INIT;
	(void)state;
	assert_int_equal(docker_command("a | b", false, &v, &err), 0);
	assert_int_equal(v.n, 4);
	assert_string_equal(v.v[0], "sh");
	assert_string_equal(v.v[3], "a | b");
}

static void test_mount(void **state)
{
	struct docker_words w = DOCKER_WORDS_INIT;
	auto_arena a = ARENA_INIT;
	(void)state;
	docker_words_mount(&w, "/a", "/b", false);
	docker_words_mount(&w, "/other", "/b", false);
	docker_words_mount(&w, "/c,d \"e\"", "/f", true);
	docker_words_mount(&w, "/a", "/b/c", false);
	assert_string_equal(shown(&a, &w.options),
	    "--mount type=bind,source=/a,target=/b --mount 'type=bind,\"source=/c,d "
	    "\"\"e\"\"\",target=/f,readonly' --mount "
	    "type=bind,source=/a,target=/b/c");
	docker_words_release(&w);
}

static void test_args(void **state)
{
	static const struct docker_arg args[] = {{"t", NULL}, {"memory", "1g"},
	    {"m", "2g"}, {"rm", NULL}, {"pull", "never"}, {"e", "A=secret"},
	    {"env", "NAME"}, {"env", "NONE"}, {"privileged", NULL}, {"init", "false"}};
	struct env_plan p = {.args = args, .nargs = sizeof(args) / sizeof(args[0])};
	struct docker_words w = DOCKER_WORDS_INIT;
	auto_arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	(void)state;
	setenv("NAME", "v", 1);
	unsetenv("NONE");
	assert_int_equal(docker_args_check(&p, &err), 0);
	assert_string_equal(docker_arg(&p, "memory", 'm'), "2g");
	assert_null(docker_arg(&p, "cpus", 0));
	assert_true(docker_has_arg(&p, "tty", 't'));
	docker_words_add_args(&w, &p);
	assert_string_equal(
	    shown(&a, &w.options), "-t --memory=1g -m2g --privileged --init=false");
	assert_string_equal(shown(&a, &w.env), "A=secret NAME=v");
	docker_words_release(&w);
}

static void test_refused(void **state)
{
	static const struct docker_arg refused[] = {{"detach", NULL}, {"d", NULL},
	    {"a", "stdout"}, {"attach", "stdin"}, {"restart", "always"}, {"rm", "false"},
	    {"sig-proxy", "false"}, {"cidfile", "x"}};
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct env_plan p = {.args = &refused[i], .nargs = 1};
		struct err err = ERR_INIT;
		assert_int_equal(docker_args_check(&p, &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
		assert_true(err.hint[0]);
	}
}

static const char *limits(
    struct arena *a, struct resources r, const char *arg, enum engine_kind kind)
{
	struct docker_arg given = {arg, "1"};
	struct env_plan p = {.resources = r, .args = &given, .nargs = arg ? 1 : 0};
	struct docker_words w = DOCKER_WORDS_INIT;
	const char *text;
	docker_words_limit(&w, &p, kind, 0);
	text = arena_printf(a, "%s|%s", shown(a, &w.options), shown(a, &w.env));
	docker_words_release(&w);
	return text;
}

static void test_limits(void **state)
{
	static const char none[] = "|NVIDIA_VISIBLE_DEVICES=void";
	struct resources all = {.cpus = 0.5, .memory_bytes = 1 << 30, .gpus = 2};
	struct resources gpus = {.gpus = GPUS_ALL}, nothing = {.gpus = 0};
	auto_arena a = ARENA_INIT;
	(void)state;
	assert_string_equal(limits(&a, nothing, NULL, ENGINE_DOCKER), none);
	assert_string_equal(limits(&a, nothing, "gpus", ENGINE_DOCKER), "|");
	assert_string_equal(limits(&a, all, NULL, ENGINE_DOCKER),
	    "--cpus 0.5 --memory 1073741824b --gpus 2|");
	assert_string_equal(limits(&a, all, "m", ENGINE_DOCKER), "--cpus 0.5 --gpus 2|");
	assert_string_equal(limits(&a, gpus, NULL, ENGINE_DOCKER), "--gpus all|");
	assert_string_equal(
	    limits(&a, gpus, NULL, ENGINE_PODMAN), "--device nvidia.com/gpu=all|");
	assert_string_equal(limits(&a, all, NULL, ENGINE_PODMAN),
	    "--cpus 0.5 --memory 1073741824b --device nvidia.com/gpu=0 --device "
	    "nvidia.com/gpu=1|");
}

static void test_variables(void **state)
{
	static struct env_var vars[] = {{"SET", "a b"}, {"NAME", NULL},
	    {"MLFLOW_RUN_ID", NULL}, {"MLFLOW_TRACKING_URI", "http://x"}};
	static const struct env_var added[] = {
	    {"MLFLOW_RUN_ID", "1"}, {"MLFLOW_TRACKING_URI", "http://ours"}};
	struct env_plan p = {.vars = vars, .nvars = 4};
	struct docker_words w = DOCKER_WORDS_INIT;
	auto_arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	(void)state;
	setenv("NAME", "v", 1);
	setenv("MLFLOW_RUN_ID", "of the caller", 1);
	docker_words_setenv(&w, "MLFLOW_RUN_ID", "1");
	assert_int_equal(docker_words_add_vars(&w, &p, added, 2, &err), 0);
	assert_string_equal(shown(&a, &w.env),
	    "MLFLOW_RUN_ID=1 'SET=a b' NAME=v MLFLOW_TRACKING_URI=http://x");
	unsetenv("NAME");
	assert_int_equal(docker_words_add_vars(&w, &p, added, 2, &err), -1);
	assert_string_equal(err.msg,
	    "This project expects the NAME, MLFLOW_RUN_ID environment variables to be "
	    "set on the machine running the project, but NAME was not set. Please "
	    "ensure all expected environment variables are set");
	docker_words_release(&w);
}

/* No value is in argv; what docker itself would heed is not in its environment. */
static void test_hidden(void **state)
{
	struct docker_words w = DOCKER_WORDS_INIT;
	auto_strvec argv = STRVEC_INIT, envp = STRVEC_INIT;
	auto_buf file = BUF_INIT;
	auto_arena a = ARENA_INIT;
	(void)state;
	strvec_push(&envp, "PATH=/bin");
	docker_words_setenv(&w, "TOKEN", "s3cret");
	docker_words_setenv(&w, "PATH", "/opt");
	docker_words_setenv(&w, "LINES", "a\nb");
	docker_words_setenv(&w, "DOCKER_HOST", "tcp://x");
	docker_words_env(&w, &argv, &envp, &file);
	assert_string_equal(shown(&a, &argv), "--env TOKEN --env LINES");
	assert_string_equal(file.s, "PATH=/opt\nDOCKER_HOST=tcp://x\n");
	assert_string_equal(strvec_getenv(&envp, "TOKEN"), "s3cret");
	assert_string_equal(strvec_getenv(&envp, "PATH"), "/bin");
	assert_null(strvec_getenv(&envp, "DOCKER_HOST"));
	docker_words_release(&w);
}

static void test_init_words(void **state)
{
	static const struct {
		const char *said, *name,
		    *because; /* name NULL: it is nothing of an init's */
	} t[] = {
	    {"[FATAL tini (7)] exec a failed: No such file or directory\r\n", "a",
		"No such file or directory"},
	    {"WARNING: x\n[FATAL tini (12)] exec a failed: b failed: c\n", "a failed: b",
		"c"},
	    {"[FATAL tini (7)] exec a failed: b\nmore", NULL, NULL},
	    {"[FATAL tini (7)] exec a", NULL, NULL},
	    {"[FATAL tini (7", NULL, NULL},
	    {"x [FATAL tini (7)] exec a failed: b", NULL, NULL},
	    {"", NULL, NULL},
	};
	auto_arena a = ARENA_INIT;
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const char *name, *because;
		bool is = docker_init_words(&a, t[i].said, &name, &because);
		assert_int_equal(is, t[i].name != NULL);
		if (!is)
			continue;
		assert_string_equal(name, t[i].name);
		assert_string_equal(because, t[i].because);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_volumes),
	    cmocka_unit_test(test_command),
	    cmocka_unit_test(test_shell),
	    cmocka_unit_test(test_mount),
	    cmocka_unit_test(test_args),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_variables),
	    cmocka_unit_test(test_hidden),
	    cmocka_unit_test(test_init_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
