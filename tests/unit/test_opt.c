/* SPDX-License-Identifier: MIT */
/* Options as click takes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/opt.c" /* the command line is no part of the library */

static const struct opt table[] = {
    {1, 'P', "param-list", "param", "NAME=VALUE", NULL, "A parameter"},
    {2, 'e', "entry-point", NULL, "NAME", "ENTRY", "Line one\nline two"},
    {3, 'q', "quiet", NULL, NULL, NULL, "Quiet"},
    {4, 0, "dry-run", NULL, NULL, NULL, "Dry"},
    {0},
};

/* "P(a=1) arg(x)" for the words, or "error: ..." at the end. */
static void parse(struct buf *out, const char *line)
{
	const struct opt *const tables[] = {table, NULL};
	char *words = strdup(line), *save = NULL, *argv[16] = {NULL};
	struct err err = ERR_INIT;
	struct opt_iter it;
	int argc = 0;
	for (char *s = strtok_r(words, " ", &save); s; s = strtok_r(NULL, " ", &save))
		argv[argc++] = s;
	opt_start(&it, tables, argc, argv);
	while (opt_next(&it, &err))
		buf_addf(out, "%s%s(%s)", out->len ? " " : "",
		    it.opt ? it.opt->name : "arg", it.value ? it.value : "");
	if (err.code)
		buf_addf(out, "%serror: %s%s%s", out->len ? " " : "", err.msg,
		    err.hint[0] ? "; " : "", err.hint);
	free(words);
}

static void test_forms(void **state)
{
	static const struct {
		const char *line, *expected;
	} t[] = {
	    {"", ""},
	    {"-P a=1", "param-list(a=1)"},
	    {"-Pa=1", "param-list(a=1)"},
	    {"--param-list a=1", "param-list(a=1)"},
	    {"--param-list=a=1", "param-list(a=1)"},
	    {"--param a=1", "param-list(a=1)"},
	    {"-P -x=1", "param-list(-x=1)"},
	    {"-P --", "param-list(--)"},
	    {"-e=main", "entry-point(=main)"},
	    {"--entry-point=", "entry-point()"},
	    {"uri -q -e x", "arg(uri) quiet() entry-point(x)"},
	    {"-qe x", "quiet() entry-point(x)"},
	    {"-qex", "quiet() entry-point(x)"},
	    {"-- -q --x", "arg(-q) arg(--x)"},
	    {"-", "arg(-)"},
	    {"--dry-run a", "dry-run() arg(a)"},
	    {"--dry-run=yes", "error: option --dry-run takes no value"},
	    {"-P", "error: option -P needs a value (NAME=VALUE)"},
	    {"--entry-point", "error: option --entry-point needs a value (NAME)"},
	    {"a --entry x",
		"arg(a) error: no such option: --entry; did you mean --entry-point?"},
	    {"--entrypiont x",
		"error: no such option: --entrypiont; did you mean --entry-point?"},
	    {"--zzz", "error: no such option: --zzz"},
	    {"-qz", "quiet() error: no such option: -z"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		auto_buf out = BUF_INIT;
		parse(&out, t[i].line);
		assert_string_equal(out.s, t[i].expected);
	}
}

static void test_help(void **state)
{
	auto_buf out = BUF_INIT;
	(void)state;
	opt_help(&out, table);
	assert_string_equal(out.s, "  -P, --param-list, --param NAME=VALUE\n"
				   "                              A parameter\n"
				   "  -e, --entry-point NAME      Line one\n"
				   "                              line two [ENTRY]\n"
				   "  -q, --quiet                 Quiet\n"
				   "      --dry-run               Dry\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_help),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
