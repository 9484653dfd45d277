/* SPDX-License-Identifier: MIT */
/* What safe_load makes of a scalar, and Python's text of the value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "manifest/manifest.h"
#include "manifest/node.h"

/* str() of the only value in a YAML text, "error" where there is none. */
static void value_of(struct buf *out, const char *yaml)
{
	auto_arena a = ARENA_INIT;
	struct diags ds = {.arena = &a};
	struct page p;
	struct node *root;
	page_init(&p, &a, "value", yaml, strlen(yaml), &ds);
	if (node_parse(&p, &root) < 0)
		buf_adds(out, "error");
	else if (root)
		node_str(out, root);
}

struct row {
	const char *yaml, *text;
};

static void check_rows(const struct row *rows, size_t n)
{
	int bad = 0;
	for (size_t i = 0; i < n; i++) {
		auto_buf got = BUF_INIT;
		value_of(&got, rows[i].yaml);
		if (strcmp(got.s, rows[i].text) == 0)
			continue;
		print_error("%s: want %s, got %s\n", rows[i].yaml, rows[i].text, got.s);
		bad++;
	}
	assert_int_equal(0, bad);
}

#define CHECK(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void test_strings(void **state)
{
	static const struct row rows[] = {{"1e-1", "1e-1"}, {"1e5", "1e5"},
	    {"1.0e3", "1.0e3"}, {"-.5", "-.5"}, {"+.5", "+.5"}, {".5e3", ".5e3"},
	    {"1e400", "1e400"}, {"1e+3", "1e+3"}, {"0x", "0x"}, {"08", "08"},
	    {"0o10", "0o10"}, {"y", "y"}, {"n", "n"}, {"oN", "oN"}, {"tRUE", "tRUE"},
	    {"nULL", "nULL"}, {"1:60", "1:60"}, {"0:30", "0:30"},
	    {"2020-1-1", "2020-1-1"}, {"2020-01-01 10:00", "2020-01-01 10:00"},
	    {"\"1e-1\"", "1e-1"}, {"'010'", "010"}, {"!!str 010", "010"}, {"!!str", ""},
	    {"''", ""}, {".", "."}, {"-", "[None]"}, {"+", "+"}, {"-.nan", "-.nan"},
	    {"\"\\x41\\u00e9\"", "Aé"}};
	(void)state;
	CHECK(rows);
}

static void test_words(void **state)
{
	static const struct row rows[] = {{"yes", "True"}, {"on", "True"},
	    {"true", "True"}, {"TRUE", "True"}, {"Yes", "True"}, {"off", "False"},
	    {"no", "False"}, {"False", "False"}, {"null", "None"}, {"~", "None"},
	    {"Null", "None"}, {"!!bool oN", "True"}, {"!!bool 'maybe'", "error"},
	    {"!!null x", "None"}};
	(void)state;
	CHECK(rows);
}

static void test_integers(void **state)
{
	static const struct row rows[] = {{"+5", "5"}, {"-0", "0"}, {"010", "8"},
	    {"0777", "511"}, {"-010", "-8"}, {"0x1F", "31"}, {"-0x1f", "-31"},
	    {"0b11", "3"}, {"0b1_1", "3"}, {"1_000", "1000"}, {"12:30:45", "45045"},
	    {"1:30", "90"}, {"1:2:3:4", "223384"}, {"-1:30", "-90"}, {"0b_", "error"},
	    {"0x_", "error"},
	    {"123456789012345678901234567890", "123456789012345678901234567890"},
	    {"-1000000000000000000000000000", "-1000000000000000000000000000"},
	    {"0xffffffffffffffffffffffff", "79228162514264337593543950335"},
	    {"!!int '0x10'", "16"}, {"!!int 'ten'", "error"}, {"!!int ''", "error"}};
	(void)state;
	CHECK(rows);
}

static void test_floats(void **state)
{
	static const struct row rows[] = {{".0", "0.0"}, {"0.10", "0.1"}, {"5.", "5.0"},
	    {"1.0e+3", "1000.0"}, {"0.0003", "0.0003"}, {"0.00001", "1e-05"},
	    {"0.00006", "6e-05"}, {"0.0001", "0.0001"}, {"1.0e+16", "1e+16"},
	    {"1.0e+15", "1000000000000000.0"},
	    {"12345678901234567.0", "1.2345678901234568e+16"},
	    {"123456.789", "123456.789"}, {".inf", "inf"}, {"-.inf", "-inf"},
	    {"+.Inf", "inf"}, {".nan", "nan"}, {".5", "0.5"}, {".5e+3", "500.0"},
	    {"1.e+3", "1000.0"}, {"1.0e+400", "inf"}, {"-0.0", "-0.0"}, {"1_0.5", "10.5"},
	    {"1:30.5", "90.5"}, {"0:30.5", "30.5"}, {"4.9e-324", "5e-324"},
	    {"1.7976931348623157e+308", "1.7976931348623157e+308"},
	    {"0.30000000000000004", "0.30000000000000004"}, {"!!float 1e-5", "1e-05"},
	    {"!!float 3", "3.0"}, {"!!float x", "error"}};
	(void)state;
	CHECK(rows);
}

static void test_times(void **state)
{
	static const struct row rows[] = {{"2020-01-01", "2020-01-01"},
	    {"2020-01-01T10:00:00Z", "2020-01-01 10:00:00+00:00"},
	    {"2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.100000-05:00"},
	    {"2001-1-2 1:02:03", "2001-01-02 01:02:03"},
	    {"2001-01-02 01:02:03.1234567 +5", "2001-01-02 01:02:03.123456+05:00"},
	    {"2000-02-29", "2000-02-29"}, {"1900-02-29", "error"},
	    {"2020-02-30", "error"}, {"2020-13-01", "error"}, {"0000-01-01", "error"},
	    {"2020-01-01T24:00:00Z", "error"}, {"2020-01-01T10:00:00+24:00", "error"},
	    {"[2020-01-01]", "[datetime.date(2020, 1, 1)]"},
	    {"[2020-01-01 10:00:00]", "[datetime.datetime(2020, 1, 1, 10, 0)]"},
	    {"[2020-01-01 10:00:05.5Z]",
		"[datetime.datetime(2020, 1, 1, 10, 0, 5, 500000, "
		"tzinfo=datetime.timezone.utc)]"},
	    {"[2020-01-01 10:00:00-05:00]",
		"[datetime.datetime(2020, 1, 1, 10, 0, tzinfo=datetime.timezone("
		"datetime.timedelta(days=-1, seconds=68400)))]"}};
	(void)state;
	CHECK(rows);
}

static void test_collections(void **state)
{
	static const struct row rows[] = {{"[1, a]", "[1, 'a']"}, {"{a: 1}", "{'a': 1}"},
	    {"[]", "[]"}, {"{}", "{}"}, {"[~, yes, 1.0]", "[None, True, 1.0]"},
	    {"[it's, 'say \"hi\"', \"it's \\\"\"]",
		"[\"it's\", 'say \"hi\"', 'it\\'s \"']"},
	    {"[\"a\\n\\t\\\\\\e\\u200b\"]", "['a\\n\\t\\\\\\x1b\\u200b']"},
	    {"{a: {b: [c]}}", "{'a': {'b': ['c']}}"},
	    {"{a: 1, b: 2, a: 3}", "{'a': 3, 'b': 2}"},
	    {"{1: a, yes: b, 1.0: c}", "{1: 'c'}"},
	    {"{<<: {a: 1, b: 2}, b: 3}", "{'a': 1, 'b': 3}"},
	    {"{<<: [{a: 1}, {a: 2, c: 3}]}", "{'a': 1, 'c': 3}"},
	    {"[&x {a: 1}, *x]", "[{'a': 1}, {'a': 1}]"}, {"!!binary aGk=", "b'hi'"},
	    {"!!binary AP8n", "b\"\\x00\\xff'\""}, {"!!binary aGk", "error"},
	    {"!!binary aGké", "error"}, {"{[a]: b}", "error"}, {"<<", "error"},
	    {"=", "error"}, {"{=: 1}", "{'=': 1}"}, {"!!set {a}", "error"},
	    {"!x y", "error"}, {"! 12", "12"}};
	(void)state;
	CHECK(rows);
}

static void check_digits(size_t digits, bool good)
{
	auto_buf yaml = BUF_INIT, got = BUF_INIT;
	for (size_t i = 0; i < digits; i++)
		buf_addc(&yaml, '7');
	value_of(&got, yaml.s);
	assert_string_equal(good ? yaml.s : "error", got.s);
}

/* Python refuses to convert longer ones. */
static void test_integer_limit(void **state)
{
	(void)state;
	check_digits(4299, true);
	check_digits(4300, true);
	check_digits(4301, false);
	check_digits(100000, false);
}

static void test_truth(void **state)
{
	static const struct {
		const char *yaml;
		bool truth;
	} rows[] = {{"~", false}, {"0", false}, {"0.0", false}, {"''", false},
	    {"no", false}, {"[]", false}, {"{}", false}, {"'no'", true}, {"'0'", true},
	    {"1", true}, {"[0]", true}, {"{a: ~}", true}, {"2020-01-01", true}};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		auto_arena a = ARENA_INIT;
		struct diags ds = {.arena = &a};
		struct page p;
		struct node *root;
		page_init(&p, &a, "v", rows[i].yaml, strlen(rows[i].yaml), &ds);
		assert_int_equal(0, node_parse(&p, &root));
		assert_int_equal(rows[i].truth, node_is_true(root));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_integers),
	    cmocka_unit_test(test_floats),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_collections),
	    cmocka_unit_test(test_integer_limit),
	    cmocka_unit_test(test_truth),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("scalar", tests, NULL, NULL);
}
