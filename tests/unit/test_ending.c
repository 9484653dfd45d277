/* SPDX-License-Identifier: MIT */
/* What an end means: status, exit code, reason, tag. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "flow/ending.h"

#define EXITED(n)                                                                        \
	{                                                                                \
		.kind = EXIT_EXITED, .code = (n)                                         \
	}
#define SIGNALLED(n)                                                                     \
	{                                                                                \
		.kind = EXIT_SIGNALLED, .sig = (n)                                       \
	}

static void test_rules(void **state)
{
	static const struct {
		struct exit_status exit;
		int stop_signal;
		enum run_status said;
		enum run_status status;
		int code;
		const char *tag, *reason;
	} t[] = {
	    {EXITED(0), 0, RUN_RUNNING, RUN_FINISHED, 0, "exited:0", ""},
	    {EXITED(0), 0, RUN_FINISHED, RUN_FINISHED, 0, "exited:0", ""},
	    {EXITED(0), 0, RUN_FAILED, RUN_FINISHED, 0, "exited:0",
		"the command itself had recorded FAILED"},
	    {EXITED(0), 0, RUN_KILLED, RUN_FINISHED, 0, "exited:0",
		"the command itself had recorded KILLED"},
	    {EXITED(0), 0, RUN_SCHEDULED, RUN_FINISHED, 0, "exited:0", ""},
	    {EXITED(3), 0, RUN_RUNNING, RUN_FAILED, 3, "exited:3", "exit 3"},
	    {EXITED(1), 0, RUN_FINISHED, RUN_FAILED, 1, "exited:1",
		"exit 1; the command itself had recorded FINISHED"},
	    {EXITED(1), 0, RUN_FAILED, RUN_FAILED, 1, "exited:1", "exit 1"},
	    {EXITED(137), 0, RUN_RUNNING, RUN_FAILED, 137, "exited:137",
		"exit 137 (usually: killed by SIGKILL)"},
	    {SIGNALLED(SIGSEGV), 0, RUN_RUNNING, RUN_FAILED, 139, "signalled:11",
		"killed by SIGSEGV"},
	    {SIGNALLED(SIGTERM), SIGTERM, RUN_RUNNING, RUN_KILLED, 143, "signalled:15",
		"stopped by SIGTERM"},
	    {EXITED(0), SIGINT, RUN_FINISHED, RUN_KILLED, 130, "exited:0",
		"stopped by SIGINT (Ctrl-C); the command itself had recorded FINISHED"},
	    {EXITED(7), SIGHUP, RUN_RUNNING, RUN_KILLED, 129, "exited:7",
		"stopped by SIGHUP"},
	    {{.kind = EXIT_TIMEOUT}, 0, RUN_RUNNING, RUN_FAILED, 124, "timeout:30",
		"timed out after 30 s"},
	    {{.kind = EXIT_TIMEOUT}, SIGTERM, RUN_RUNNING, RUN_KILLED, 143, "timeout:30",
		"stopped by SIGTERM"},
	    {{.kind = EXIT_OOM}, 0, RUN_RUNNING, RUN_FAILED, 137, "oom:0",
		"out of memory"},
	    {{.kind = EXIT_NEVER, .code = 127}, 0, RUN_RUNNING, RUN_FAILED, 127,
		"never:127", "never started: no bash"},
	    {{.kind = EXIT_UNKNOWN}, 0, RUN_RUNNING, RUN_FAILED, 125, "unknown:0",
		"end unknown"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct outcome o = {.exit = t[i].exit, .stop_signal = t[i].stop_signal};
		struct ending e;
		struct exit_status back;
		ending_of(&o, 30000, t[i].said,
		    t[i].exit.kind == EXIT_NEVER ? "no bash" : NULL, &e);
		assert_int_equal(e.status, t[i].status);
		assert_int_equal(e.exit_code, t[i].code);
		assert_string_equal(e.exit, t[i].tag);
		assert_string_equal(e.reason, t[i].reason);
		back = ending_parse_exit(e.exit);
		assert_int_equal(back.kind, t[i].exit.kind);
		assert_int_equal(back.sig, t[i].exit.sig);
	}
}

static void test_lost_output(void **state)
{
	struct outcome o = {.exit = EXITED(0), .log_errno = ENOSPC};
	struct ending e;
	(void)state;
	ending_of(&o, 0, RUN_RUNNING, NULL, &e);
	assert_int_equal(e.status, RUN_FINISHED);
	assert_string_equal(
	    e.reason, "part of its output could not be kept (No space left on device)");
}

static void test_short_time_limits(void **state)
{
	struct outcome o = {.exit = {.kind = EXIT_TIMEOUT}};
	struct ending e;
	(void)state;
	ending_of(&o, 300, RUN_RUNNING, NULL, &e);
	assert_string_equal(e.exit, "timeout:1");
	ending_of(&o, 1001, RUN_RUNNING, NULL, &e);
	assert_string_equal(e.exit, "timeout:2");
}

/* A tag comes from a database that others write, too. */
static void test_foreign_tags(void **state)
{
	static const char *const tags[] = {NULL, "", ":", "exited", "nonsense:3",
	    "a word that is far too long for any kind:1", NULL};
	(void)state;
	assert_int_equal(ending_parse_exit(NULL).kind, EXIT_UNKNOWN);
	for (size_t i = 1; tags[i]; i++)
		assert_int_equal(ending_parse_exit(tags[i]).kind, EXIT_UNKNOWN);
	assert_int_equal(ending_parse_exit("exited:x").code, 0);
	assert_int_equal(ending_parse_exit("signalled:9").sig, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_lost_output),
	    cmocka_unit_test(test_short_time_limits),
	    cmocka_unit_test(test_foreign_tags),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
