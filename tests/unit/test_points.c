/* SPDX-License-Identifier: MIT */
/* The points of a sweep, CSV files, and the lines of a batch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* after those */
#include <cmocka.h>

#include "flow/batchline.h"
#include "flow/csvfile.h"
#include "flow/points.h"

/* The points of these words, as "a=1,b=x;a=2,b=x"; or the error. */
static const char *points_of(struct arena *a, const char *const *words, size_t random)
{
	struct points_want w = {.random = random, .seed = 3};
	struct points p;
	struct err err = ERR_INIT;
	auto_buf b = BUF_INIT;
	for (; *words; words++)
		if (points_want_add(a, &w, *words, &err) < 0)
			return arena_strdup(a, err.msg);
	if (points_make(a, &w, NULL, &p, &err) < 0)
		return arena_strdup(a, err.msg);
	for (size_t i = 0; i < p.n; i++)
		for (size_t k = 0; k < p.nparams; k++)
			buf_addf(&b, "%s%s=%s",
			    k	? ","
			    : i ? ";"
				: "",
			    p.names[k], p.rows[i][k]);
	return arena_strdup(a, b.s);
}
#define POINTS(random, ...)                                                              \
	points_of(&a, (const char *const[]){__VA_ARGS__, NULL}, random)

static void crossed(void **state)
{
	auto_arena a = ARENA_INIT;
	(void)state;
	assert_string_equal(POINTS(0, "x=1"), "x=1");
	assert_string_equal(POINTS(0, "x=1,2", "y=a,b,c"),
	    "x=1,y=a;x=1,y=b;x=1,y=c;x=2,y=a;x=2,y=b;x=2,y=c");
	assert_string_equal(POINTS(0, "x=a=b"), "x=a=b");
	assert_string_equal(POINTS(0, "x='1,2'"), "x=1,2");
	assert_string_equal(POINTS(0, "x=1", "x=2"), "Repeated parameter: 'x'");
	assert_string_equal(
	    POINTS(0, "x"), "Invalid format for -P parameter: 'x'. Use -P name=values.");
	assert_string_equal(
	    POINTS(0, "x=range(1001)", "y=range(100)"), "more than 100000 points");
	assert_string_equal(
	    POINTS(0, "x=uniform(0,1)"), "parameter 'x': uniform(0,1) is random");
	assert_non_null(strstr(POINTS(0, "../x=1"), "../x"));
}

static void count_semicolons(const char *text, size_t *n)
{
	for (*n = 1; (text = strchr(text, ';')); text++)
		(*n)++;
}

static void random_ones(void **state)
{
	auto_arena a = ARENA_INIT;
	const char *first;
	size_t n;
	(void)state;
	first = POINTS(20, "x=uniform(0,1)", "y=1,2,3");
	assert_string_equal(POINTS(20, "x=uniform(0,1)", "y=1,2,3"), first);
	count_semicolons(first, &n);
	assert_int_equal(n, 20);
	count_semicolons(POINTS(50, "y=1,2,3", "z=1,2"), &n);
	assert_int_equal(n, 6); /* there are no more */
	count_semicolons(POINTS(5000, "x=uniform(0,1)"), &n);
	assert_int_equal(n, 5000);
}

static void merged(void **state)
{
	auto_arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct points_want w = {.random = 0}, v = {.random = 0};
	struct points p, q;
	(void)state;
	assert_int_equal(points_want_add(&a, &w, "x=1,2", &err), 0);
	assert_int_equal(points_want_add(&a, &w, "y=5", &err), 0);
	assert_int_equal(points_make(&a, &w, NULL, &p, &err), 0);
	assert_int_equal(points_want_add(&a, &v, "y=5,6", &err), 0);
	assert_int_equal(points_want_add(&a, &v, "x=2,3", &err), 0);
	assert_int_equal(points_make(&a, &v, NULL, &q, &err), 0);
	assert_int_equal(points_merge(&a, &p, &q, &err), 0);
	assert_int_equal(p.n, 5); /* 2,5 is there */
	assert_string_equal(p.rows[2][0], "3");
	assert_string_equal(p.rows[2][1], "5");
	assert_int_equal(points_find(&p, (const char *const[]){"2", "5"}), 2);
	assert_int_equal(points_find(&p, (const char *const[]){"3", "6"}), 5);
	assert_int_equal(points_find(&p, (const char *const[]){"1", "6"}), 0);
	v = (struct points_want){.random = 0};
	assert_int_equal(points_want_add(&a, &v, "x=9", &err), 0);
	assert_int_equal(points_make(&a, &v, NULL, &q, &err), 0);
	assert_int_equal(points_merge(&a, &p, &q, &err), -1);
	assert_string_equal(
	    err.msg, "parameter 'y', which the points that are there have, is missing");
}

static void tables(void **state)
{
	static const char *const cases[][2] = {
	    {"a,b\n1,2\n", "1|2;"},
	    {"a,b\r\n1,2\r\n3,4", "1|2;3|4;"},
	    {"\xEF\xBB\xBF"
	     "a,b\n\n1,\n",
		"1|;"},
	    {"a,b\n\"x, \"\"y\"\"\",\"l1\nl2\"\n", "x, \"y\"|l1\nl2;"},
	    {"a,b\n1\n", "t.csv:2: 1 field, but the header names 2"},
	    {"a,b\n1,2,3\n", "t.csv:2: 3 fields, but the header names 2"},
	    {"a,a\n1,2\n", "t.csv:1: two columns are called 'a'"},
	    {"a,b\n\n1,\"2\n", "t.csv:3: the quote is not closed"},
	    {"a,b\n\"1\"2,3\n", "t.csv:2: a comma is expected behind a quoted field"},
	    {"", "t.csv is empty"},
	    {"a,b\n", "t.csv has a header, but no rows"},
	    {"a\n\xff\n", "t.csv is not a text in UTF-8"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_INIT;
		auto_buf b = BUF_INIT;
		struct err err = ERR_INIT;
		struct csv t;
		if (csv_parse(&a, "t.csv", cases[i][0], strlen(cases[i][0]), &t, &err) <
		    0)
			buf_adds(&b, err.msg);
		for (size_t r = 0; !err.code && r < t.n; r++)
			buf_addf(&b, "%s|%s;", t.rows[r][0], t.rows[r][1]);
		assert_string_equal(b.s, cases[i][1]);
	}
}

static void fields(void **state)
{
	auto_buf b = BUF_INIT;
	(void)state;
	csv_put(&b, "plain");
	csv_put(&b, "a,b");
	csv_put(&b, "say \"x\"");
	assert_string_equal(b.s, "plain\"a,b\"\"say \"\"x\"\"\"");
}

static void lines(void **state)
{
	static const char *const wrong[][2] = {
	    {"", "the line is not valid JSON (at byte 0)"},
	    {"{\"uri\":\".\"} x", "the line has text behind its JSON value (at byte 12)"},
	    {"3", "not a JSON object"},
	    {"{}", "'uri' is missing"},
	    {"{\"uri\":\"\"}", "'uri' is missing"},
	    {"{\"uri\":\".\",\"params\":{\"x\":null}}",
		"parameter 'x' is neither a text nor a number, true or false"},
	    {"{\"uri\":\".\",\"params\":{\"x\":1,\"x\":2}}", "Repeated parameter: 'x'"},
	    {"{\"uri\":\"a\\u0000\"}", "a NUL byte in it"},
	    {"{\"uri\":\"\xff\"}", "not UTF-8"},
	    {"{\"uri\":\".\",\"timeout\":true}",
		"'timeout' is neither a number of seconds nor a text"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		auto_arena a = ARENA_INIT;
		auto_json j = NULL;
		struct run_request rq;
		struct err err = ERR_INIT;
		assert_int_equal(
		    batchline_parse(&a, wrong[i][0], strlen(wrong[i][0]), &j, &rq, &err),
		    -1);
		assert_string_equal(err.msg, wrong[i][1]);
		assert_int_equal(err.code, ERR_USAGE);
	}
}

static void line_that_is_right(void **state)
{
	static const char text[] =
	    "{\"uri\":\".\",\"entry_point\":\"e\",\"version\":null,\"params\":{\"a\":1,"
	    "\"b\":0.25,\"c\":false,\"d\":\"\\\\u0000\"},\"tags\":{\"t\":2},\"timeout\":"
	    "1.5}";
	auto_arena a = ARENA_INIT;
	auto_json j = NULL;
	struct run_request rq;
	struct err err = ERR_INIT;
	(void)state;
	assert_int_equal(batchline_parse(&a, text, sizeof(text) - 1, &j, &rq, &err), 0);
	assert_string_equal(rq.plan.entry_point, "e");
	assert_null(rq.version);
	assert_int_equal(rq.plan.nparams, 4);
	assert_string_equal(rq.plan.params[0].value, "1");
	assert_string_equal(rq.plan.params[1].value, "0.25");
	assert_string_equal(rq.plan.params[2].value, "False");
	assert_string_equal(rq.plan.params[3].value, "\\u0000");
	assert_string_equal(kvs_get(&rq.tags, "t"), "2");
	assert_int_equal(rq.plan.timeout_ms, 1500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(crossed),
	    cmocka_unit_test(random_ones),
	    cmocka_unit_test(merged),
	    cmocka_unit_test(tables),
	    cmocka_unit_test(fields),
	    cmocka_unit_test(lines),
	    cmocka_unit_test(line_that_is_right),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
