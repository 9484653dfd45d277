/* SPDX-License-Identifier: MIT */
/* The values of a sweep's parameter, and what is wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* after those */
#include <cmocka.h>

#include "base/buf.h"
#include "plan/range.h"

static const char *joined(struct arena *a, const struct range *r)
{
	auto_buf b = BUF_INIT;
	for (size_t i = 0; i < r->n; i++)
		buf_addf(&b, "%s%s", i ? "|" : "", r->v[i]);
	return arena_strdup(a, b.s);
}

static void values(void **state)
{
	static const char *const cases[][2] = {
	    {"1", "1"},
	    {"", ""},
	    {"0.1,0.01", "0.1|0.01"},
	    {"a b,c", "a b|c"},
	    {"'a, b',\"c'\"", "a, b|c'"},
	    {"a\\,b,\\\\", "a,b|\\"},
	    {"it's", "it's"},
	    {",", "|"},
	    {"range(2,9,2)", "2|4|6|8"},
	    {"range(3)x", NULL},
	    {"range(1,4)", "1|2|3"},
	    {"range(3)", "0|1|2"},
	    {"range(4, 1, -1)", "4|3|2"},
	    {"range(0,1,0.25)", "0.00|0.25|0.50|0.75"},
	    {"range(0,1,0.1)", "0.0|0.1|0.2|0.3|0.4|0.5|0.6|0.7|0.8|0.9"},
	    {"range(1e-3,3.5e-3,1e-3)", "0.001|0.002|0.003"},
	    {"1,range(10,40,10),100", "1|10|20|30|100"},
	    {"ranged,range", "ranged|range"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_INIT;
		struct err err = ERR_INIT;
		struct range r;
		int rc = range_parse(&a, cases[i][0], &r, &err);
		assert_int_equal(rc, cases[i][1] ? 0 : -1);
		if (rc == 0)
			assert_string_equal(joined(&a, &r), cases[i][1]);
	}
}

static void mistakes(void **state)
{
	static const char *const cases[][2] = {
	    {"range(1,5,0)", "range(1,5,0): the step is 0 (at character 1)"},
	    {"range(1,x)", "range(1,x): a number is expected (at character 9)"},
	    {"range(1", "range(1: ')' is missing (at character 8)"},
	    {"range()", "range(): a number is expected (at character 7)"},
	    {"uniform(1)", "uniform(1): two numbers are expected: the start and the end "
			   "(at character 10)"},
	    {"range(1,2,3,4)",
		"range(1,2,3,4): there is one number too many (at character 13)"},
	    {"range(5,1)", "range(5,1): there is nothing between the start and the end "
			   "(at character 1)"},
	    {"range(0,1,1e-9)",
		"range(0,1,1e-9): more than 1000000 values (at character 1)"},
	    {"range(1,3)4", "range(1,3)4: a comma is expected (at character 11)"},
	    {"a,'b", "a,'b: the quote is not closed (at character 3)"},
	    {"1,uniform(0,1)",
		"1,uniform(0,1): a random number cannot be in a list (at character 3)"},
	    {"uniform(0,1),2",
		"uniform(0,1),2: a random number cannot be in a list (at character 13)"},
	    {"uniform(1,0)", "uniform(1,0): the first number is not below the second (at "
			     "character 1)"},
	    {"loguniform(0,1)",
		"loguniform(0,1): both numbers must be above 0 (at character 1)"},
	    {"range(0x1,3)",
		"range(0x1,3): a decimal number is expected (at character 7)"},
	    {"range(nan,3)", "range(nan,3): a number is expected (at character 7)"},
	    {"@", "@: the name of a CSV file is expected (at character 2)"},
	    {"@a.csv:", "@a.csv:: the name of a column is expected (at character 8)"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_INIT;
		struct err err = ERR_INIT;
		struct range r;
		assert_int_equal(range_parse(&a, cases[i][0], &r, &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
		assert_string_equal(err.msg, cases[i][1]);
	}
}

static void columns(void **state)
{
	auto_arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct range r;
	(void)state;
	assert_int_equal(range_parse(&a, "@d/p.csv", &r, &err), 0);
	assert_int_equal(r.kind, RANGE_COLUMN);
	assert_string_equal(r.file, "d/p.csv");
	assert_null(r.column);
	assert_int_equal(range_parse(&a, "@p.csv:lr", &r, &err), 0);
	assert_string_equal(r.file, "p.csv");
	assert_string_equal(r.column, "lr");
}

static void draws(void **state)
{
	auto_arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct range r;
	uint64_t one = 1, same = 1, many = 7;
	double sum = 0;
	(void)state;
	assert_int_equal(range_parse(&a, "loguniform(1e-4,1)", &r, &err), 0);
	assert_string_equal(range_draw(&a, &r, &one), range_draw(&a, &r, &same));
	for (int i = 0; i < 1000; i++) {
		double v = strtod(range_draw(&a, &r, &many), NULL);
		assert_true(v >= 1e-4 && v < 1);
		sum += v < 1e-2;
	}
	assert_true(
	    sum > 400 && sum < 600); /* half of them below the middle's logarithm */
	assert_int_equal(range_parse(&a, "a,b", &r, &err), 0);
	for (int i = 0; i < 20; i++)
		assert_non_null(strchr("ab", *range_draw(&a, &r, &many)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values),
	    cmocka_unit_test(mistakes),
	    cmocka_unit_test(columns),
	    cmocka_unit_test(draws),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
