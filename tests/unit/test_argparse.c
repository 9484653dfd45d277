/* SPDX-License-Identifier: MIT */
/* What a script's --help says, as Pythons of several years print it, and the draft. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "manifest/argparse.h"
#include "manifest/manifest.h"

struct fixture {
	struct arena a;
	struct script_help help;
	struct err err;
	int rc;
};

static void read_help(struct fixture *f, const char *text)
{
	*f = (struct fixture){.rc = 0};
	f->rc = argparse_read(&f->a, "train.py", text, &f->help, &f->err);
}

static const struct script_arg *arg(struct fixture *f, const char *name)
{
	for (size_t i = 0; i < f->help.n; i++)
		if (strcmp(f->help.args[i].name, name) == 0)
			return &f->help.args[i];
	fail_msg("no argument %s", name);
	return NULL;
}

static const char python_3_8[] =
    "usage: train.py [-h] [--lr LR] -n EPOCHS [--verbose] [--size W H]\n"
    "                data [out] [files [files ...]]\n"
    "\n"
    "Trains.\n"
    "\n"
    "positional arguments:\n"
    "  data                  where to read\n"
    "  out\n"
    "  files\n"
    "\n"
    "optional arguments:\n"
    "  -h, --help            show this help message and exit\n"
    "  -l LR, --lr LR        learning rate (default: 0.1)\n"
    "  -n EPOCHS, --epochs EPOCHS\n"
    "                        how often\n"
    "                        and why (default: None)\n"
    "  --verbose, -v         say more (default: False)\n"
    "  --size W H\n";

static void reads_what_python_3_8_prints(void **state)
{
	struct fixture f;
	(void)state;
	read_help(&f, python_3_8);
	assert_int_equal(f.rc, 0);
	assert_int_equal(f.help.n, 7);
	assert_true(arg(&f, "data")->required);
	assert_null(arg(&f, "data")->flag);
	assert_string_equal(arg(&f, "data")->help, "where to read");
	assert_false(arg(&f, "out")->required);
	assert_true(arg(&f, "files")->several);
	assert_string_equal(arg(&f, "lr")->flag, "--lr");
	assert_string_equal(arg(&f, "lr")->metavar, "LR");
	assert_string_equal(arg(&f, "lr")->default_text, "0.1");
	assert_string_equal(arg(&f, "lr")->help, "learning rate");
	assert_false(arg(&f, "lr")->required);
	assert_true(arg(&f, "epochs")->required);
	assert_string_equal(arg(&f, "epochs")->flag, "--epochs");
	assert_string_equal(arg(&f, "epochs")->help, "how often and why");
	assert_null(arg(&f, "epochs")->default_text);
	assert_null(arg(&f, "verbose")->metavar);
	assert_true(arg(&f, "size")->several);
	arena_release(&f.a);
}

static void reads_what_python_3_13_prints(void **state)
{
	struct fixture f;
	(void)state;
	read_help(&f, "usage: train.py [-h] [-o {adam,s g d}] [--cache | --no-cache]\n"
		      "                [--version] --data DATA\n"
		      "\n"
		      "options:\n"
		      "  -h, --help            show this help message and exit\n"
		      "  -o, --optimizer {adam,s g d}\n"
		      "                        (default: s g d)\n"
		      "  --cache, --no-cache   keep (what was read) (default: (1, 2))\n"
		      "  --version             show program's version number and exit\n"
		      "\n"
		      "input:\n"
		      "  What is read.\n"
		      "\n"
		      "  --data DATA\n");
	assert_int_equal(f.rc, 0);
	assert_int_equal(f.help.n, 3);
	assert_string_equal(arg(&f, "optimizer")->metavar, "{adam,s g d}");
	assert_false(arg(&f, "optimizer")->several);
	assert_string_equal(arg(&f, "optimizer")->default_text, "s g d");
	assert_string_equal(arg(&f, "optimizer")->help, "");
	assert_true(arg(&f, "cache")->pair);
	assert_string_equal(arg(&f, "cache")->default_text, "(1, 2)");
	assert_string_equal(arg(&f, "cache")->help, "keep (what was read)");
	assert_true(arg(&f, "data")->required);
	arena_release(&f.a);
}

static void names_are_fit_and_distinct(void **state)
{
	struct fixture f;
	(void)state;
	read_help(&f, "usage: x [-h] [--a.b B] [--a:b B] [--2d N] {x,y} <in>\n\n"
		      "positional arguments:\n  {x,y}\n  <in>\n\n"
		      "options:\n  -h, --help  show\n  --a.b B\n  --a:b B\n  --2d N\n");
	assert_int_equal(f.rc, 0);
	assert_int_equal(f.help.n, 5);
	assert_string_equal(arg(&f, "argument1")->shown, "{x,y}");
	assert_string_equal(arg(&f, "_in_")->shown, "<in>");
	assert_string_equal(arg(&f, "a_b")->flag, "--a.b");
	assert_string_equal(arg(&f, "a_b_")->flag, "--a:b");
	assert_string_equal(arg(&f, "_2d")->flag, "--2d");
	arena_release(&f.a);
}

static void subcommands_are_refused_by_name(void **state)
{
	struct fixture f;
	(void)state;
	read_help(&f, "usage: train.py [-h] {fit,test} ...\n\n"
		      "positional arguments:\n  {fit,test}\n\n"
		      "options:\n  -h, --help  show this help message and exit\n");
	assert_int_equal(f.rc, -1);
	assert_int_equal(f.err.code, ERR_USAGE);
	assert_string_equal(f.err.msg, "'train.py' has subcommands (fit,test)");
	arena_release(&f.a);
}

static void other_help_is_refused(void **state)
{
	static const char *const texts[] = {"", "hello\n", "usage: x",
	    "Usage: x [OPTIONS]\n\nOptions:\n  --help  Show this message and exit.\n"};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct fixture f;
		read_help(&f, texts[i]);
		assert_int_equal(f.rc, -1);
		assert_int_equal(f.err.code, ERR_FAIL);
		arena_release(&f.a);
	}
}

static void the_draft_is_a_manifest(void **state)
{
	struct fixture f;
	struct diags ds = {.n = 0};
	const struct manifest *m;
	const struct entry_point *ep;
	auto_buf b = BUF_INIT;
	(void)state;
	read_help(&f, python_3_8);
	ds.arena = &f.a;
	argparse_draft(&b, "on", "my {train}.py", &f.help);
	m = manifest_parse(&f.a, "MLproject", b.s, b.len, &ds);
	assert_non_null(m);
	assert_int_equal(ds.n, 0);
	assert_string_equal(m->name, "on");
	ep = manifest_entry(m, "main");
	assert_string_equal(ep->command,
	    "python3 'my {{train}}.py' {data} --lr={lr} --epochs={epochs} "
	    "$([[ {verbose} = @([TtYy1]*|[Oo][Nn]) ]] && echo --verbose)");
	assert_int_equal(ep->nparams, 4);
	assert_int_equal(ep->params[1].kind, PARAM_FLOAT);
	assert_string_equal(ep->params[1].default_text, "0.1");
	assert_null(ep->params[2].default_text);
	assert_int_equal(ep->params[3].kind, PARAM_BOOL);
	assert_non_null(strstr(b.s, "    #   out\n"));
	assert_non_null(strstr(b.s, "    #   --size W ...\n"));
	arena_release(&f.a);
}

static void defaults_are_the_same_text_again(void **state)
{
	static const char *const texts[] = {"0", "-3", "0.1", "1e-08", "1_000", "007",
	    "on", "None of it", "~", "a: b # c", "{x}", "2024-01-01", "1:30",
	    "it's \"so\"", "0.10", "0.00001", "é", "\\n", "[1, 2]", "True"};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct script_arg one = {.name = "x",
		    .flag = "--x",
		    .shown = "--x",
		    .metavar = "X",
		    .help = "",
		    .default_text = texts[i]};
		struct script_help help = {&one, 1};
		auto_arena a = ARENA_INIT;
		auto_buf b = BUF_INIT;
		struct diags ds = {.arena = &a};
		const struct manifest *m;
		argparse_draft(&b, "p", "x.py", &help);
		m = manifest_parse(&a, "MLproject", b.s, b.len, &ds);
		assert_non_null(m);
		assert_string_equal(m->entries[0].params[0].default_text, texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_what_python_3_8_prints),
	    cmocka_unit_test(reads_what_python_3_13_prints),
	    cmocka_unit_test(names_are_fit_and_distinct),
	    cmocka_unit_test(subcommands_are_refused_by_name),
	    cmocka_unit_test(other_help_is_refused),
	    cmocka_unit_test(the_draft_is_a_manifest),
	    cmocka_unit_test(defaults_are_the_same_text_again),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("argparse", tests, NULL, NULL);
}
