/* SPDX-License-Identifier: MIT */
/* What a python_env.yaml, a conda.yaml and a requirements list mean; which Python fits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/path.h"
#include "env/local_package.h"
#include "env/origin.h"
#include "env/python.h"
#include "env/python_env.h"
#include "env/requirements.h"

struct parsed {
	struct arena arena;
	struct diags ds;
	struct python_env env;
	bool good;
};

static void parse(struct parsed *p, enum env_key key, const char *text)
{
	*p = (struct parsed){.arena = ARENA_INIT};
	p->ds.arena = &p->arena;
	p->good =
	    python_env_parse(&p->arena, key, "file", text, strlen(text), &p->env, &p->ds);
}

/* "1:9 message" of the first report of the level. */
static const char *report(struct parsed *p, enum diag_level level)
{
	for (size_t i = 0; i < p->ds.n; i++)
		if (p->ds.v[i].level == level)
			return arena_printf(&p->arena, "%d:%d %s", p->ds.v[i].line,
			    p->ds.v[i].column, p->ds.v[i].message);
	return "";
}

static const char *list_text(struct parsed *p, const struct requirement_list *l)
{
	const char *text = "";
	for (size_t i = 0; i < l->n; i++)
		text =
		    arena_printf(&p->arena, "%s%s%s", text, i ? "|" : "", l->v[i].text);
	return text;
}

static void test_python_env(void **state)
{
	struct parsed p;
	(void)state;
	parse(&p, ENVKEY_PYTHON,
	    "python: \"3.10\"\nbuild_dependencies:\n- pip\n- wheel\ndependencies:\n"
	    "- -r requirements.txt\n- six==1.0\n");
	assert_true(p.good);
	assert_string_equal(p.env.python, "3.10");
	assert_int_equal(p.env.mark.line, 1);
	assert_int_equal(p.env.mark.column, 9);
	assert_string_equal(list_text(&p, &p.env.build), "pip|wheel");
	assert_string_equal(
	    list_text(&p, &p.env.dependencies), "-r requirements.txt|six==1.0");
	assert_int_equal(p.env.dependencies.v[1].mark.line, 7);
	arena_release(&p.arena);
	parse(&p, ENVKEY_PYTHON, "python:\nbuild_dependencies:\ndependencies: []\n");
	assert_true(p.good);
	assert_null(p.env.python);
	assert_int_equal(p.env.dependencies.n, 0);
	arena_release(&p.arena);
	parse(&p, ENVKEY_PYTHON, "python: ''\n");
	assert_true(p.good);
	assert_null(p.env.python);
	arena_release(&p.arena);
}

static void test_python_env_mistakes(void **state)
{
	static const struct {
		const char *text, *report;
	} cases[] = {
	    {"python: 3.8", "1:9 `python` must be a string but got <class 'float'>"},
	    {"python: true", "1:9 `python` must be a string but got <class 'bool'>"},
	    {"python: {a: b}", "1:9 `python` must be a string but got <class 'dict'>"},
	    {"python: '3.8.'", "1:9 '3.8.' is not a version of Python"},
	    {"python: '3.8.1.2'", "1:9 '3.8.1.2' is not a version of Python"},
	    {"python: pypy3.9", "1:9 'pypy3.9' is not a version of Python"},
	    {"dependencies: six",
		"1:15 `dependencies` must be a list but got <class 'str'>"},
	    {"dependencies: [1.2]",
		"1:16 `dependencies` must be a list of strings: this is a number"},
	    {"depends: []", "1:1 unknown key 'depends'"},
	    {"", "0:0 a python_env file must be a mapping, not empty"},
	    {"six", "1:1 a python_env file must be a mapping, not a string"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parsed p;
		parse(&p, ENVKEY_PYTHON, cases[i].text);
		assert_false(p.good);
		assert_string_equal(report(&p, DIAG_ERROR), cases[i].report);
		arena_release(&p.arena);
	}
}

static void test_conda_env(void **state)
{
	struct parsed p;
	(void)state;
	parse(&p, ENVKEY_CONDA,
	    "name: x\nchannels: [defaults]\ndependencies:\n- python=3.8.13\n- pip=22.1\n"
	    "- setuptools\n- wheel<=0.37\n- numpy=1.2\n- pip:\n  - six\n  - -r r.txt\n");
	assert_true(p.good);
	assert_string_equal(p.env.python, "3.8.13");
	assert_string_equal(
	    list_text(&p, &p.env.build), "pip==22.1|setuptools|wheel<=0.37");
	assert_string_equal(list_text(&p, &p.env.dependencies), "six|-r r.txt");
	assert_int_equal(p.env.nskipped, 1);
	assert_string_equal(report(&p, DIAG_WARNING),
	    "4:1 The following conda dependencies will not be installed in the resulting "
	    "environment: ['numpy=1.2']");
	arena_release(&p.arena);
}

static void test_conda_python(void **state)
{
	static const struct {
		const char *dependency, *python, *report;
	} cases[] = {
	    {"python=3.8", "3.8", ""},
	    {"python==3.8", "3.8", ""},
	    {"python>=3.8", "3.8", ""},
	    {"python = 3.8", "3.8", ""},
	    {"python=3.8.*", "3.8", ""},
	    {"python=3.8.13=h12debd9_0", "3.8.13", ""},
	    {"python", NULL,
		"1:16 Invalid dependency for python: python. It must be pinned (e.g. "
		"python=3.8.13)."},
	    {"python!=3.8", NULL,
		"1:16 Invalid version comparator for python: '!='. Must be one of "
		"['<=', '>=', '=', '==']."},
	    {"python-dateutil", NULL, ""},
	    {"pipenv", NULL, ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parsed p;
		char text[128];
		snprintf(text, sizeof(text), "dependencies: ['%s']", cases[i].dependency);
		parse(&p, ENVKEY_CONDA, text);
		assert_string_equal(report(&p, DIAG_ERROR), cases[i].report);
		if (cases[i].python)
			assert_string_equal(p.env.python, cases[i].python);
		else
			assert_null(p.env.python);
		assert_int_equal(p.env.build.n, 0);
		arena_release(&p.arena);
	}
}

static void test_versions(void **state)
{
	(void)state;
	assert_true(python_env_is_version("3"));
	assert_true(python_env_is_version("3.11"));
	assert_true(python_env_is_version("3.11.7"));
	assert_true(python_env_is_version("3.14.0rc1"));
	assert_true(python_env_is_version("3.14a2"));
	assert_false(python_env_is_version(""));
	assert_false(python_env_is_version("3."));
	assert_false(python_env_is_version(".3"));
	assert_false(python_env_is_version("3.11.x"));
	assert_false(python_env_is_version("3.11rc"));
	assert_true(python_is_version("3.11.7", "3"));
	assert_true(python_is_version("3.11.7", "3.11"));
	assert_true(python_is_version("3.11.7", "3.11.7"));
	assert_false(python_is_version("3.11.7", "3.1"));
	assert_false(python_is_version("3.11.7", "3.11.70"));
	assert_false(python_is_version("3.11.70", "3.11.7"));
	assert_false(python_is_version("3.14.0rc1", "3.14.0"));
}

static void test_local_paths(void **state)
{
	static const struct {
		const char *requirement, *path;
	} cases[] = {
	    {"six", NULL},
	    {"six==1.0", NULL},
	    {"six[extra]>=1; python_version > '3'", NULL},
	    {"--index-url https://host/simple", NULL},
	    {"-f wheels/", NULL},
	    {"https://host/x.whl", NULL},
	    {"x @ https://host/x.whl", NULL},
	    {"git+https://host/x.git", NULL},
	    {".", "/p"},
	    {".[dev]", "/p"},
	    {"./a/../b", "/p/b"},
	    {"../b ; python_version > '3'", "/b"},
	    {"wheels/x-1.whl", "/p/wheels/x-1.whl"},
	    {"x-1.whl --hash=sha256:00", "/p/x-1.whl"},
	    {"/abs/x", "/abs/x"},
	    {"x @ file:///a%20b/x.whl", "/a b/x.whl"},
	    {"file:///a/x#egg=x", "/a/x"},
	};
	auto_arena a = ARENA_INIT;
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *path =
		    local_package_path(&a, "/p", cases[i].requirement, false);
		if (cases[i].path) {
			assert_non_null(path);
			assert_string_equal(path, cases[i].path);
		} else {
			assert_null(path);
		}
	}
	assert_string_equal(local_package_path(&a, "/p", "pkg", true), "/p/pkg");
}

static char *make_dir(void **state)
{
	static char path[64];
	snprintf(path, sizeof(path), "/tmp/mlp-python-env.XXXXXX");
	assert_non_null(mkdtemp(path));
	*state = path;
	return path;
}

static int setup_dir(void **state)
{
	make_dir(state);
	return 0;
}

static int teardown_dir(void **state)
{
	struct err err = ERR_INIT;
	return tree_remove(*state, &err);
}

static void put(struct arena *a, const char *dir, const char *name, const char *text)
{
	struct err err = ERR_INIT;
	const char *path = path_join(a, dir, name);
	assert_int_equal(dir_make(path_dir(a, path), 0700, &err), 0);
	assert_int_equal(file_write(path, text, strlen(text), 0600, &err), 0);
}

/* The list's text and its hash, or the error. */
static const char *read_list(
    struct arena *a, const char *dir, const char *line, char *hex)
{
	struct requirements_in in = {.a = a, .dir = dir};
	struct requirement one = {line, {3, 5}};
	struct requirement_list list = {&one, 1};
	struct requirements r = REQUIREMENTS_INIT;
	struct err err = ERR_INIT;
	const char *text;
	if (requirements_read(&in, "list", &list, &r, &err) < 0)
		text = arena_strdup(a, err.msg);
	else
		text = arena_printf(a, "%s/%s", r.install.s, r.constraints.s);
	if (hex)
		sha256_finish(&r.hash, hex);
	requirements_release(&r);
	return text;
}

static void test_requirements(void **state)
{
	auto_arena a = ARENA_INIT;
	const char *dir = *state;
	put(&a, dir, "a.txt",
	    "\xef\xbb\xbf# comment\r\n\r\n--index-url https://host/simple\r\n"
	    "six \\\n ==1.0  # why\n-rsub/b.txt\nx#y\n--hash=a#b\nlast");
	put(&a, dir, "sub/b.txt", "inner\n-c c.txt\n--constraint=../d.txt\n");
	put(&a, dir, "sub/c.txt", "c<2\n-r more.txt\n");
	put(&a, dir, "sub/more.txt", "more\n");
	put(&a, dir, "d.txt", "d<2");
	assert_string_equal(read_list(&a, dir, "-r a.txt", NULL),
	    "--index-url https://host/simple\nsix  ==1.0\ninner\nmore\nx#y\n--hash=a#b\n"
	    "last\n/c<2\nd<2\n");
	assert_string_equal(
	    read_list(&a, dir, "one\n# two\nthree", NULL), "one\nthree\n/");
	assert_string_equal(read_list(&a, dir, "-r https://host/r.txt", NULL),
	    "-r https://host/r.txt\n/");
	put(&a, dir, "x.txt", "a\n-r y.txt");
	put(&a, dir, "y.txt", "-r ./x.txt");
	assert_string_equal(read_list(&a, dir, "-r x.txt", NULL),
	    "list:3: x.txt:2: y.txt:1: 'x.txt' includes itself");
	put(&a, dir, "nul.txt", "ab");
	assert_int_equal(truncate(path_join(&a, dir, "nul.txt"), 3), 0);
	assert_string_equal(read_list(&a, dir, "-r nul.txt", NULL),
	    arena_printf(&a, "list:3: '%s/nul.txt' is not text in UTF-8", dir));
	put(&a, dir, "dir/x", "");
	assert_string_equal(read_list(&a, dir, "-r dir", NULL),
	    arena_printf(&a, "list:3: '%s/dir' is not a regular file", dir));
}

static void test_hash(void **state)
{
	auto_arena a = ARENA_INIT;
	const char *dir = *state;
	char one[SHA256_HEX + 1], two[SHA256_HEX + 1];
	put(&a, dir, "pkg/pyproject.toml", "[project]");
	put(&a, dir, "pkg/m.py", "1");
	read_list(&a, dir, "./pkg", one);
	put(&a, dir, "pkg/__pycache__/m.pyc", "x");
	put(&a, dir, "pkg/mlruns/0/x", "x");
	read_list(&a, dir, "./pkg", two);
	assert_string_equal(one, two);
	put(&a, dir, "pkg/m.py", "2");
	read_list(&a, dir, "./pkg", two);
	assert_string_not_equal(one, two);
	read_list(&a, dir, "-e ./pkg", one);
	put(&a, dir, "pkg/m.py", "3");
	read_list(&a, dir, "-e ./pkg", two);
	assert_string_equal(one, two);
	put(&a, dir, "pkg/pyproject.toml", "[project]\n");
	read_list(&a, dir, "-e ./pkg", two);
	assert_string_not_equal(one, two);
}

/* What tools say of our list is told in the words of the user's files. */
static void test_origins(void **state)
{
	static const struct {
		const char *said, *wanted;
	} t[] = {
	    {"", ""},
	    {"nothing of it, install.txt", "nothing of it, install.txt"},
	    {"ERROR: 'b c' (from line 2 of /c/envs/01/install.txt)",
		"ERROR: 'b c' (from line 7 of more.txt)"},
	    {"b (from -r /c/envs/01/install.txt (line 2)) (1.0)",
		"b (from -r more.txt (line 7)) (1.0)"},
	    {"or a requirement: /c/envs/01/install.txt:2:1\n",
		"or a requirement: more.txt:7:1\n"},
	    {"in `envs/01/install.txt` at position 4\nx", "in `more.txt` (line 7)\nx"},
	    {"in `/c/envs/01/install.txt` at position 3", "in `list.yaml` (line 2)"},
	    {"in `/c/envs/01/install.txt` at position 900", "in `list.yaml`"},
	    {"/c/envs/01/install.txt, 01/install.txt", "list.yaml, list.yaml"},
	    {"line 99999999999999999999 of /c/envs/01/install.txt", "list.yaml"},
	    {"line of /c/envs/01/install.txt (line x)", "line of list.yaml (line x)"},
	    {"/c/envs/01/install.txt:99", "list.yaml"},
	};
	auto_arena a = ARENA_INIT;
	struct origins o = {.n = 0};
	const struct origin_list list = {
	    &o, "/c/envs/01/install.txt", "a=1\nb c\n", "list.yaml"};
	(void)state;
	origins_add(&a, &o, "list.yaml", 2);
	origins_add(&a, &o, "more.txt", 7);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_string_equal(origin_tell(&a, &list, t[i].said), t[i].wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_python_env),
	    cmocka_unit_test(test_python_env_mistakes),
	    cmocka_unit_test(test_conda_env),
	    cmocka_unit_test(test_conda_python),
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_local_paths),
	    cmocka_unit_test(test_origins),
	    cmocka_unit_test_setup_teardown(test_requirements, setup_dir, teardown_dir),
	    cmocka_unit_test_setup_teardown(test_hash, setup_dir, teardown_dir),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
