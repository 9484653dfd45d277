/* SPDX-License-Identifier: MIT */
/*
 * `{name}` in commands against Python's str.format: a table here; with an argument, the
 * cases of a file that tests/e2e/template_cases.py makes, one a line:
 *
 *	<template in hex> = <result in hex>
 *	<template in hex> !			(an error)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "plan/template.h"

/* tests/e2e/template_cases.py has the same ones. */
static const struct {
	const char *name, *value;
} values[] = {
    {"a", "x"},
    {"b-c", "it's"},
    {"e", ""},
    {"u", "h\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80"},
    {"x y", "two words"},
    {"n", "12"},
    {"\xc3\xa9", "acute"},
    {"br", "{a}"},
    {"q", "'a\nb\\c\"'"},
};

static const char *lookup(void *arg, const char *name, size_t n)
{
	(void)arg;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (strlen(values[i].name) == n && memcmp(values[i].name, name, n) == 0)
			return values[i].value;
	return NULL;
}

static void test_table(void **state)
{
	static const struct {
		const char *text, *expected;
	} t[] = {
	    {"", ""},
	    {"{a} {b-c}", "x it's"},
	    {"{{a}} {{}} {{{a}}} ${{HOME}}", "{a} {} {x} ${HOME}"},
	    {"{a!r} {a!a} {a!s}", "'x' 'x' x"},
	    {"{e!r}", "''"},
	    {"{a:>5}|{a:10}|{b-c:.2}|{a:*^9}|{a:05}|{a:}|{a:s}",
		"    x|x         |it|****x****|x0000|x|x"},
	    {"{a:{n}}|", "x           |"},
	    {"{a:{e}}", "x"},
	    {"{a[0]}", "x"},
	    {"{u[1]}{u[2]}", "\xc3\xa9\xe4\xb8\xad"},
	    {"{u[3][0]}", "\xf0\x9f\x98\x80"},
	    {"{u:.2}|{u:\xc3\xa9>6}",
		"h\xc3\xa9|\xc3\xa9\xc3\xa9h\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80"},
	    {"{\xc3\xa9} {x y}", "acute two words"},
	    {"{br} {br:>4}", "{a}  {a}"}, /* one pass only */
	    {"{q!r}", "'\\'a\\nb\\\\c\"\\''"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		auto_buf out = BUF_INIT;
		struct template_error te;
		if (template_expand(t[i].text, lookup, NULL, &out, &te) < 0)
			fail_msg("%s: %s", t[i].text, te.message);
		assert_string_equal(out.s, t[i].expected);
	}
}

/* Each mistake has its place, in bytes, and most a way out. */
static void test_errors(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
		const char *message, *hint; /* parts of them */
	} t[] = {
	    {"echo ${HOME}", 6, "no parameter is called 'HOME'", "${{HOME}}"},
	    {"awk '{print $1}'", 5, "no parameter is called 'print $1'", "{{print $1}}"},
	    {"x {", 2, "single '{'", "{{"},
	    {"x } y", 2, "single '}'", "}}"},
	    {"{a", 0, "without its '}'", "{{"},
	    {"{}", 0, "names no parameter", "{{}}"},
	    {"{0}", 0, "positional", "{{0}}"},
	    {"{ a }", 0, "no parameter is called ' a '", "{{ a }}"},
	    {"{a!x}", 2, "conversion", "!r"},
	    {"{a!}", 2, "conversion", ""},
	    {"{a!rx}", 4, "after the conversion", ""},
	    {"{a:d}", 3, "does not fit text", "{{"},
	    {"{a:,}", 3, "for numbers", ""},
	    {"{a:=5}", 3, "'=' alignment", ""},
	    {"{a:+}", 3, "sign", ""},
	    {"{a:5.}", 3, "precision", ""},
	    {"{a.b}", 2, "cannot be applied", "{name!r}"},
	    {"{a.__class__}", 2, "cannot be applied", ""},
	    {"{a[}", 0, "without its '}'", ""},
	    {"{a[]}", 2, "cannot be applied", ""},
	    {"{a[k]}", 2, "cannot be applied", ""},
	    {"{a[-1]}", 2, "cannot be applied", ""},
	    {"{a[9]}", 2, "out of range", ""},
	    {"{e[0]}", 2, "out of range", ""},
	    {"{a:{b-c:{n}}}", 8, "too deeply", ""},
	    {"{a:{zz}}", 3, "no parameter is called 'zz'", ""},
	    {"{a:99999999999999999999}", 3, "too large", ""},
	    {"{a:.99999999999999999999}", 3, "too large", ""},
	    {"{a{b}}", 2, "unexpected '{'", ""},
	    {"{a:{n}", 0, "unmatched", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		auto_buf out = BUF_INIT;
		struct template_error te;
		if (template_expand(t[i].text, lookup, NULL, &out, &te) == 0)
			fail_msg("'%s' gave '%s'", t[i].text, out.s);
		if (te.offset != t[i].offset || !strstr(te.message, t[i].message) ||
		    !strstr(te.hint, t[i].hint))
			fail_msg("'%s': at %zu: %s (%s)", t[i].text, te.offset,
			    te.message, te.hint);
	}
}

/* A small template must not fill the memory. */
static void test_bounded(void **state)
{
	auto_buf text = BUF_INIT;
	auto_buf out = BUF_INIT;
	struct template_error te;
	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_adds(&text, "{a:1000000}");
	assert_int_equal(template_expand(text.s, lookup, NULL, &out, &te), -1);
	assert_non_null(strstr(te.message, "too long"));
	assert_true(out.len < 2 * TEMPLATE_MAX);
}

static int digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static const char *take_hex(const char *s, struct buf *out)
{
	for (; *s >= '0'; s += 2)
		buf_addc(out, (char)(digit(s[0]) * 16 + digit(s[1])));
	return s;
}

static int check_case(const char *line)
{
	auto_buf text = BUF_INIT;
	auto_buf expected = BUF_INIT;
	auto_buf out = BUF_INIT;
	struct template_error te;
	const char *s = take_hex(line, &text);
	bool wanted = strncmp(s, " = ", 3) == 0;
	bool got = template_expand(text.s, lookup, NULL, &out, &te) == 0;
	if (wanted)
		take_hex(s + 3, &expected);
	if (got == wanted && (!got || strcmp(out.s, expected.s) == 0))
		return 0;
	print_message("'%s': Python %s%s, we %s%s\n", text.s, wanted ? "gives " : "fails",
	    expected.s, got ? "give " : "fail: ", got ? out.s : te.message);
	return 1;
}

static char *cases_file;

static void test_cases(void **state)
{
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;
	int bad = 0, n = 0;
	(void)state;
	assert_int_equal(file_read(cases_file, 64 << 20, &text, &err), 0);
	for (char *s = text.s, *end; (end = strchr(s, '\n')); s = end + 1, n++) {
		*end = '\0';
		bad += check_case(s);
	}
	print_message("# %d cases\n", n);
	assert_true(n > 1000);
	assert_int_equal(bad, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_bounded),
	};
	const struct CMUnitTest cases[] = {cmocka_unit_test(test_cases)};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (argc < 2)
		return cmocka_run_group_tests(tests, NULL, NULL);
	cases_file = argv[1];
	return cmocka_run_group_tests(cases, NULL, NULL);
}
