/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/nearest.h"
#include "manifest/manifest.h"

static void test_nearest(void **state)
{
	static const char *const words[] = {"default", "description", "type", "help"};
	(void)state;
	assert_string_equal("default", nearest("defulat", words, 4));
	assert_string_equal("default", nearest("DEFAULT", words, 4));
	assert_string_equal("description", nearest("descripton", words, 4));
	assert_string_equal("type", nearest("tpye", words, 4));
	assert_string_equal("type", nearest("typ", words, 4));
	assert_null(nearest("value", words, 4));
	assert_null(nearest("x", words, 4));
	assert_null(nearest("", words, 4));
	assert_null(nearest("type", words, 0));
	assert_null(nearest(
	    "a word that is much longer than any that a table of options or keys has",
	    words, 4));
}

static void check_print(struct diags *ds, bool colour, const char *want)
{
	auto_buf out = BUF_INIT;
	for (size_t i = 0; i < ds->n; i++)
		diag_print(&out, &ds->v[i], colour);
	assert_string_equal(want, out.s);
}

static void test_print(void **state)
{
	auto_arena a = ARENA_INIT;
	struct diags ds = {.arena = &a};
	struct diag *d =
	    diag_add(&ds, DIAG_ERROR, "MLproject", 3, 5, "no %s", "key\x1b[2J");
	(void)state;
	d->source = "\tdü: \x1b";
	diag_set_hint(&ds, d, "try %d", 1);
	diag_add(&ds, DIAG_WARNING, "a\nb", 0, 0, "whole file");
	assert_int_equal(1, ds.errors);
	check_print(&ds, false,
	    "MLproject:3:5: error: no key\\x1b[2J\n"
	    "    \\tdü: \\x1b\n"
	    "         ^\n"
	    "  hint: try 1\n"
	    "a\\nb: warning: whole file\n");
}

static void test_print_wide(void **state)
{
	auto_arena a = ARENA_INIT;
	struct diags ds = {.arena = &a};
	struct diag *d = diag_add(&ds, DIAG_ERROR, "f", 1, 3, "m");
	(void)state;
	d->source = "日本x";
	check_print(&ds, false, "f:1:3: error: m\n    日本x\n        ^\n");
}

static void test_print_colour(void **state)
{
	auto_arena a = ARENA_INIT;
	struct diags ds = {.arena = &a};
	(void)state;
	diag_add(&ds, DIAG_WARNING, "f", 2, 1, "m");
	check_print(&ds, true, "\x1b[1mf:2:1:\x1b[0m \x1b[1;35mwarning:\x1b[0m m\n");
}

static void test_json(void **state)
{
	auto_arena a = ARENA_INIT;
	auto_buf out = BUF_INIT;
	struct diags ds = {.arena = &a};
	auto_json j = NULL;
	(void)state;
	diag_set_hint(&ds, diag_add(&ds, DIAG_ERROR, "f", 2, 7, "bad \"x\""), "do");
	diag_add(&ds, DIAG_WARNING, "f", 0, 0, "all");
	j = diags_to_json(&ds);
	json_print(&out, j, false);
	assert_string_equal(
	    "{\"ok\":false,\"errors\":[{\"file\":\"f\",\"line\":2,\"column\":7,"
	    "\"message\":\"bad \\\"x\\\"\",\"hint\":\"do\"}],\"warnings\":"
	    "[{\"file\":\"f\",\"line\":null,\"column\":null,"
	    "\"message\":\"all\",\"hint\":null}]}",
	    out.s);
}

/* A mistake that is found after parsing still shows its line. */
static void test_report_later(void **state)
{
	static const char text[] =
	    "name: x\nentry_points:\n  main:\n    command: a {b}\n";
	auto_arena a = ARENA_INIT;
	struct diags ds = {.arena = &a};
	struct manifest *m = manifest_parse(&a, "MLproject", text, sizeof(text) - 1, &ds);
	const struct entry_point *ep;
	(void)state;
	assert_non_null(m);
	assert_null(manifest_entry(m, "Main"));
	ep = manifest_entry(m, "main");
	assert_non_null(ep);
	assert_non_null(ep->command_map);
	manifest_report(m, &ds, DIAG_ERROR, ep->command_map[2], "no '%s'", "b");
	check_print(&ds, false,
	    "MLproject:4:16: error: no 'b'\n"
	    "        command: a {b}\n"
	    "                   ^\n");
}

static void test_kinds(void **state)
{
	(void)state;
	assert_int_equal(PARAM_STRING, param_kind_of("str"));
	assert_int_equal(PARAM_INT, param_kind_of("integer"));
	assert_int_equal(PARAM_FLOAT, param_kind_of("number"));
	assert_int_equal(PARAM_BOOL, param_kind_of("boolean"));
	assert_int_equal(PARAM_PATH, param_kind_of("path"));
	assert_int_equal(PARAM_URI, param_kind_of("uri"));
	assert_int_equal(PARAM_STRING, param_kind_of("Path"));
	assert_int_equal(PARAM_STRING, param_kind_of("list[int]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nearest),
	    cmocka_unit_test(test_print),
	    cmocka_unit_test(test_print_wide),
	    cmocka_unit_test(test_print_colour),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_report_later),
	    cmocka_unit_test(test_kinds),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("diag", tests, NULL, NULL);
}
