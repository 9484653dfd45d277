/* SPDX-License-Identifier: MIT */
/* Parameters: bound to their declarations, checked, turned into a command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/path.h"
#include "plan/key.h"
#include "plan/plan.h"
#include "plan/value.h"

static const char text[] = "entry_points:\n"
			   "  main:\n"
			   "    parameters:\n"
			   "      lr: {type: float, default: 0.1}\n"
			   "      data: {type: path, default: data.csv}\n"
			   "      name: string\n"
			   "    command: \"train {lr} {data} {name}\"\n"
			   "  typed:\n"
			   "    parameters:\n"
			   "      i: {type: int, default: 3}\n"
			   "      f: {type: number, default: 1}\n"
			   "      b: {type: boolean, default: true}\n"
			   "      u: {type: uri, default: 's3://b/k'}\n"
			   "      w: {type: whatever, default: x}\n"
			   "    command: \"{i}{f}{b}{u}{w}\"\n"
			   "  odd: {parameters: {n: {type: int, default: many}},"
			   " command: \"run {n}\"}\n"
			   "  lines: {command: \"one\\ntwo \\\\\\n\\n\"}\n"
			   "  brace:\n"
			   "    command: |\n"
			   "      echo ok\n"
			   "      awk '{print $1}'\n";

struct world {
	struct arena a;
	char *dir; /* holds project/data.csv and here/ */
	struct manifest *m;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char template[] = "/tmp/test-params-XXXXXX";
	char *real = mkdtemp(template) ? realpath(template, NULL) : NULL;
	struct diags ds = {.arena = &w->a};
	struct err err = ERR_INIT;
	if (!real)
		return -1;
	w->dir = arena_strdup(&w->a, real);
	free(real);
	w->m = manifest_parse(&w->a, "MLproject", text, sizeof(text) - 1, &ds);
	*state = w;
	if (!w->m || dir_make(path_join(&w->a, w->dir, "project"), 0700, &err) < 0 ||
	    dir_make(path_join(&w->a, w->dir, "here/a b"), 0700, &err) < 0)
		return -1;
	return file_write(
	    path_join(&w->a, w->dir, "project/data.csv"), "x", 1, 0600, &err);
}

static int teardown(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	int rc = tree_remove(w->dir, &err);
	arena_release(&w->a);
	free(w);
	return rc;
}

/* Plan an entry point with -P given as "name=value" words. */
struct planned {
	struct plan plan;
	struct diags ds;
	struct err err;
	int rc;
};

static struct planned plan_with(struct world *w, const char *entry, ...)
{
	struct planned p = {.ds = {.arena = &w->a}};
	struct param_input in[8] = {{0}};
	struct request rq = {
	    .entry_point = entry, .params = in, .cwd = path_join(&w->a, w->dir, "here")};
	const char *word;
	va_list ap;
	va_start(ap, entry);
	while ((word = va_arg(ap, const char *))) {
		struct param_input *i = &in[rq.nparams++];
		i->name = arena_strndup(&w->a, word, strcspn(word, "="));
		i->value = strchr(word, '=') + 1;
		i->origin = ORIGIN_GIVEN;
	}
	va_end(ap);
	p.rc = plan_make(&w->a, w->m, path_join(&w->a, w->dir, "project"), &rq, &p.plan,
	    &p.ds, &p.err);
	return p;
}

static void refused(struct planned p, const char *message)
{
	assert_int_equal(p.rc, -1);
	assert_int_equal(p.err.code, ERR_USAGE);
	if (!strstr(p.err.msg, message))
		fail_msg("'%s' lacks '%s'", p.err.msg, message);
}

static void test_bind(void **state)
{
	struct world *w = *state;
	struct planned p =
	    plan_with(w, "main", "z=1", "name=it's", "a b=$(x)", "z=2", NULL);
	assert_int_equal(p.rc, 0);
	assert_int_equal(p.plan.params.n, 5);
	assert_string_equal(p.plan.params.v[0].name, "lr");
	assert_string_equal(p.plan.params.v[0].value, "0.1");
	assert_int_equal(p.plan.params.v[0].origin, ORIGIN_DEFAULT);
	assert_string_equal(p.plan.params.v[1].value, "data.csv");
	assert_string_equal(
	    p.plan.params.v[1].used, path_join(&w->a, w->dir, "project/data.csv"));
	assert_string_equal(p.plan.params.v[2].value, "it's");
	assert_string_equal(p.plan.params.v[3].name, "z");
	assert_string_equal(p.plan.params.v[3].value, "2");
	assert_null(p.plan.params.v[3].decl);
	assert_string_equal(p.plan.command,
	    arena_printf(&w->a,
		"train 0.1 %s/project/data.csv 'it'\"'\"'s' --z 2 --'a b' '$(x)'",
		w->dir));
}

static void test_missing(void **state)
{
	struct world *w = *state;
	refused(
	    plan_with(w, "main", NULL), "No value given for missing parameters: 'name'");
	/* an empty value is a value */
	assert_int_equal(plan_with(w, "main", "name=", NULL).rc, 0);
}

static void test_types(void **state)
{
	struct world *w = *state;
	assert_int_equal(plan_with(w, "typed", "i=-5", "f=1e-3", "b=No", "u=file:/x",
			     "w=anything", NULL)
			     .rc,
	    0);
	refused(plan_with(w, "typed", "i=1.5", NULL), "'i' takes an integer");
	refused(plan_with(w, "typed", "f=fast", NULL), "'f' takes a number");
	refused(plan_with(w, "typed", "b=maybe", NULL), "'b' takes true or false");
	refused(plan_with(w, "typed", "u=/x", NULL),
	    "Expected URI for parameter u but got /x");
}

/* What MLflow runs must run: a default that does not fit is a warning. */
static void test_bad_default(void **state)
{
	struct world *w = *state;
	struct planned p = plan_with(w, "odd", NULL);
	assert_int_equal(p.rc, 0);
	assert_int_equal(p.ds.errors, 0);
	assert_int_equal(p.ds.n, 1);
	assert_non_null(strstr(p.ds.v[0].message, "'many', not an integer"));
	refused(plan_with(w, "odd", "n=many", NULL), "'n' takes an integer");
}

static void test_paths(void **state)
{
	struct world *w = *state;
	struct planned p = plan_with(w, "main", "name=x", "data=a%20b", NULL);
	assert_int_equal(p.rc, 0);
	assert_string_equal(
	    p.plan.params.v[1].used, path_join(&w->a, w->dir, "here/a b"));
	assert_string_equal(p.plan.params.v[1].value, "a%20b");
	p = plan_with(w, "main", "name=x",
	    arena_printf(&w->a, "data=file://%s/here", w->dir), NULL);
	assert_int_equal(p.rc, 0);
	assert_string_equal(p.plan.params.v[1].used, path_join(&w->a, w->dir, "here"));
	/* a given path is the caller's, not the project's */
	refused(plan_with(w, "main", "name=x", "data=data.csv", NULL),
	    "Got value data.csv for parameter data, but no such file or directory");
	refused(plan_with(w, "main", "name=x", "data=", NULL), "Got value ''");
	refused(plan_with(w, "main", "name=x", "data=s3://b/k", NULL),
	    "cannot download 's3://b/k'");
}

struct brought {
	int n;
	const char *source, *sha256;
};

static int bring(void *arg, struct arena *a, struct param *p, struct err *err)
{
	struct brought *b = arg;
	b->n++;
	b->source = p->source;
	b->sha256 = p->sha256;
	if (strstr(p->source, "gone"))
		return err_set(err, ERR_NOTFOUND, "gone");
	p->used = arena_strdup(a, "/store/it is/data.csv");
	return 0;
}

static int plan_bringing(struct world *w, const char *data, const char *entry,
    struct brought *b, struct plan *plan)
{
	struct diags ds = {.arena = &w->a};
	struct err err = ERR_INIT;
	struct param_input in[] = {{.name = "name", .value = "x", .origin = ORIGIN_GIVEN},
	    {.name = "data", .value = data, .origin = ORIGIN_RECORD, .sha256 = "abc"}};
	struct request rq = {.entry_point = entry,
	    .params = in,
	    .nparams = 2,
	    .cwd = w->dir,
	    .bring = b ? bring : NULL,
	    .bring_arg = b};
	return plan_make(
	    &w->a, w->m, path_join(&w->a, w->dir, "project"), &rq, plan, &ds, &err);
}

/* What is elsewhere is brought when all else is right, and never recorded with secrets. */
static void test_paths_elsewhere(void **state)
{
	struct world *w = *state;
	struct brought b = {0};
	struct plan plan;
	struct param *p;
	assert_int_equal(
	    plan_bringing(w, "https://u:pw@h/d.csv?token=t", "main", &b, &plan), 0);
	p = &plan.params.v[1];
	assert_int_equal(b.n, 1);
	assert_string_equal(b.source, "https://u:pw@h/d.csv?token=t");
	assert_string_equal(b.sha256, "abc");
	assert_string_equal(p->value, "https://h/d.csv?token=***");
	assert_string_equal(plan.command, "train 0.1 '/store/it is/data.csv' x");
	assert_int_equal(plan_bringing(w, "HTTP://h/gone", "main", &b, &plan), -1);
	assert_int_equal(b.n, 2);
	assert_int_equal(
	    plan_bringing(w, "file://localhost/d.csv", "brace", &b, &plan), -1);
	assert_int_equal(b.n, 2); /* the command is wrong */
	/* nobody to bring it: a look at the plan */
	assert_int_equal(plan_bringing(w, "http://h/d.csv", "main", NULL, &plan), 0);
	p = &plan.params.v[1];
	assert_string_equal(p->used, PARAM_LATER);
	assert_string_equal(plan.command, "train 0.1 '" PARAM_LATER "' x");
	refused(plan_with(w, "main", "name=x", "data=s3://u:pw@b/k", NULL),
	    "cannot download 's3://b/k'");
	refused(plan_with(w, "main", "name=x", "data=file://other/k", NULL),
	    "cannot download 'file://other/k'");
}

static void test_extras_after_lines(void **state)
{
	struct planned p = plan_with(*state, "lines", "k=v", NULL);
	assert_int_equal(p.rc, 0);
	assert_string_equal(p.plan.command, "one\ntwo --k v");
	p = plan_with(*state, "lines", NULL);
	assert_string_equal(p.plan.command, "one\ntwo \\\n\n");
}

/* The mistake is shown where it stands in the file. */
static void test_brace(void **state)
{
	struct planned p = plan_with(*state, "brace", NULL);
	assert_int_equal(p.rc, -1);
	assert_int_equal(p.err.code, ERR_FAIL);
	assert_int_equal(p.ds.errors, 1);
	assert_int_equal(p.ds.v[0].line, 21);
	assert_int_equal(p.ds.v[0].column, 12);
	assert_non_null(strstr(p.ds.v[0].hint, "{{print $1}}"));
}

static void test_undeclared_in_command(void **state)
{
	struct planned p = plan_with(*state, "brace", "print $1=x", NULL);
	refused(p, "names may only contain");
}

static void test_entry_points(void **state)
{
	struct world *w = *state;
	struct planned p = plan_with(w, "mian", NULL);
	struct err err = ERR_INIT;
	refused(p, "Could not find mian among entry points ['main', 'typed', 'odd', "
		   "'lines', 'brace']");
	assert_non_null(strstr(p.err.hint, "-e main"));
	refused(plan_with(w, "none.py", NULL), "no such file");
	refused(plan_with(w, ".py", NULL), "Could not find .py");
	assert_int_equal(file_write(path_join(&w->a, w->dir, "project/it's {x}.py"), "",
			     0, 0600, &err),
	    0);
	p = plan_with(w, "it's {x}.py", "k=1", NULL);
	assert_int_equal(p.rc, 0);
	assert_true(p.plan.is_script);
	assert_string_equal(p.plan.command, "python 'it'\"'\"'s {x}.py' --k 1");
}

static void test_too_long(void **state)
{
	struct world *w = *state;
	char *word = arena_alloc(&w->a, COMMAND_MAX + 16);
	memset(word, 'x', COMMAND_MAX + 8);
	memcpy(word, "k=", 2);
	refused(plan_with(w, "lines", word, NULL), "bytes long");
}

static void test_keys(void **state)
{
	static const char *const good[] = {
	    "a", "a.b", "a b", "a/b", "a:b", "-x", "\xc3\xa9", "a...b", "1", NULL};
	static const char *const bad[] = {"", ".", "..", "../a", "/a", "a/", "a//b",
	    "a/./b", "a/../b", "..a", "..a/b/..", "a;b", "a\nb", "$a", "a=b", "\xff",
	    NULL};
	char longest[252];
	struct err err = ERR_INIT;
	(void)state;
	for (size_t i = 0; good[i]; i++)
		if (key_check("parameter", good[i], &err) < 0)
			fail_msg("'%s': %s", good[i], err.msg);
	for (size_t i = 0; bad[i]; i++) {
		err_clear(&err);
		if (key_check("parameter", bad[i], &err) == 0)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(err.code, ERR_USAGE);
	}
	memset(longest, 'k', sizeof(longest));
	longest[251] = '\0';
	err_clear(&err);
	assert_int_equal(key_check("tag", longest, &err), -1);
	longest[250] = '\0';
	assert_int_equal(key_check("tag", longest, &err), 0);
}

static void test_values(void **state)
{
	static const struct {
		enum param_kind kind;
		const char *good, *bad; /* words */
	} t[] = {
	    {PARAM_INT, "0 -1 +7 007 1_000 99999999999999999999999",
		"x 1.0 1e3 -- 1__0 _1 1_ 0x10 + -"},
	    {PARAM_FLOAT, "0 -1.5 .5 5. 1e3 1E-3 inf -Infinity nan +1_0.5e+1_0",
		"x . e3 1e 1.e+ 1,5 0x1p3 infinite 1_ --1"},
	    {PARAM_BOOL, "true FALSE Yes no on Off t f y n 1 0", "2 tru yess -1 01"},
	    {PARAM_URI, "s3://b/k file:/x a:b C:/x", "/x x 1a:b :x //h/p git@host:o/r"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		for (int good = 0; good < 2; good++) {
			char *list = strdup(good ? t[i].good : t[i].bad), *save = NULL;
			for (char *s = strtok_r(list, " ", &save); s;
			     s = strtok_r(NULL, " ", &save))
				if (value_fits(t[i].kind, s) != good)
					fail_msg("kind %d: '%s'", t[i].kind, s);
			free(list);
		}
	assert_false(value_fits(PARAM_INT, ""));
	assert_false(value_fits(PARAM_INT, " 1"));
	assert_false(value_fits(PARAM_FLOAT, ""));
	assert_false(value_fits(PARAM_URI, ""));
	assert_true(value_fits(PARAM_STRING, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bind),
	    cmocka_unit_test(test_missing),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_bad_default),
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_paths_elsewhere),
	    cmocka_unit_test(test_extras_after_lines),
	    cmocka_unit_test(test_brace),
	    cmocka_unit_test(test_undeclared_in_command),
	    cmocka_unit_test(test_entry_points),
	    cmocka_unit_test(test_too_long),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_values),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
