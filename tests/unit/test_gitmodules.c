/* SPDX-License-Identifier: MIT */
/* The text of .gitmodules, and relative URLs: files of mlp-git that need none of its library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "git/gitmodules.c"
#include "git/suburl.c"

static struct gitmodules parse(struct arena *a, const char *text)
{
	struct err err = ERR_INIT;
	struct gitmodules all;
	if (gitmodules_parse(a, text, strlen(text), &all, &err) < 0)
		fail_msg("%s", err.msg);
	return all;
}

static void fails_at(const char *text, int line)
{
	auto_arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct gitmodules all;
	char expected[64];
	snprintf(expected, sizeof(expected),
	    "line %d of .gitmodules cannot be understood", line);
	assert_int_equal(gitmodules_parse(&a, text, strlen(text), &all, &err), -1);
	assert_string_equal(err.msg, expected);
}

static void test_plain(void **state)
{
	auto_arena a = ARENA_INIT;
	struct gitmodules all = parse(&a,
	    "[submodule \"lib\"]\n\tpath = third/lib\n\turl = ../lib.git\n"
	    "[submodule \"b\"]\r\n\tpath=b/\r\n\tURL = https://h/b.git ; comment\r\n"
	    "\tupdate = none\n");
	(void)state;
	assert_int_equal(all.n, 2);
	assert_string_equal(all.v[0].name, "lib");
	assert_string_equal(all.v[0].path, "third/lib");
	assert_string_equal(all.v[0].url, "../lib.git");
	assert_null(all.v[0].update);
	assert_string_equal(all.v[1].path, "b");
	assert_string_equal(all.v[1].url, "https://h/b.git");
	assert_string_equal(all.v[1].update, "none");
}

static void test_syntax(void **state)
{
	auto_arena a = ARENA_INIT;
	struct gitmodules all =
	    parse(&a, "# comment\n[Other \"x\"] url = no\n"
		      "[SubModule \"a \\\"b\\\\\"] path = \" x # y \" z  # comment\n"
		      "url = one\\\ntwo\nshallow\nurl-x = no\nurl = \"l\\\"ast\"\n"
		      "[include]\n\tpath = /etc/passwd\n[submodule \"a "
		      "\\\"b\\\\\"]\nupdate = a\\tb\n");
	(void)state;
	assert_int_equal(all.n, 1);
	assert_string_equal(all.v[0].name, "a \"b\\");
	assert_string_equal(all.v[0].path, " x # y  z");
	assert_string_equal(all.v[0].url, "l\"ast");
	assert_string_equal(all.v[0].update, "a\tb");
	assert_int_equal(parse(&a, "").n, 0);
	assert_int_equal(parse(&a, "\xef\xbb\xbf[submodule \"x\"]path=y").n, 1);
	assert_string_equal(parse(&a, "[submodule \"x\"]url=a\\\nb").v[0].url, "ab");
}

static void test_broken(void **state)
{
	struct gitmodules all;
	struct err err = ERR_INIT;
	auto_arena a = ARENA_INIT;
	(void)state;
	fails_at("[submodule \"x", 1);
	fails_at("\n[submodule \"x\n\"]", 2);
	fails_at("[]", 1);
	fails_at("[submodule \"x\"\n", 1);
	fails_at("[submodule \"x\"]\nurl = \"a\n", 2);
	fails_at("[submodule \"x\"]\n\nurl = a\\q\n", 3);
	fails_at("[submodule \"x\"]\n= a\n", 2);
	fails_at("[submodule \"x\"]\nurl a\n", 2);
	assert_int_equal(gitmodules_parse(&a, "a\0b", 3, &all, &err), -1);
	assert_string_equal(err.msg, ".gitmodules is no text");
}

static void test_many(void **state)
{
	auto_arena a = ARENA_INIT;
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;
	struct gitmodules all;
	(void)state;
	for (int i = 0; i < GITMODULES_ENTRIES; i++)
		buf_addf(&text, "[submodule \"%d\"]\nurl = x\n", i);
	assert_int_equal(parse(&a, text.s).n, GITMODULES_ENTRIES);
	buf_adds(&text, "[submodule \"more\"]\nurl = x\n");
	assert_int_equal(gitmodules_parse(&a, text.s, text.len, &all, &err), -1);
}

static void test_check(void **state)
{
	static const char *const good[] = {
	    "lib", "a/b", "a.b", "..a", "a..", "x/.gitx", "git", "a b", "\xc3\xa9"};
	static const char *const bad[] = {"", "..", "a/..", "../a", "/a", "a//b", "a/",
	    ".", "./a", ".git", "a/.GIT/b", ".Git", "a\\..\\b", "\\a", "GIT~1", "a\nb",
	    "a\x7f"};
	struct err err = ERR_INIT;
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct gitmodule name = {.name = good[i]},
				 path = {"n", good[i], NULL, NULL};
		assert_int_equal(gitmodules_check(&name, &err), 0);
		assert_int_equal(gitmodules_check(&path, &err), 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct gitmodule name = {.name = bad[i]},
				 path = {"n", bad[i], NULL, NULL};
		if (gitmodules_check(&name, &err) == 0 ||
		    gitmodules_check(&path, &err) == 0)
			fail_msg("'%s' passed", bad[i]);
	}
	assert_int_equal(gitmodules_check(&(struct gitmodule){.name = "-a"}, &err), 0);
	assert_int_equal(
	    gitmodules_check(&(struct gitmodule){.name = "a", .path = "-a"}, &err), -1);
}

static void test_urls(void **state)
{
	/* base, URL, what becomes of it; NULL: refused */
	static const char *const cases[][3] = {
	    {"https://h/a/b.git", "../c.git", "https://h/a/c.git"},
	    {"https://h/a/b.git/", "../c.git/", "https://h/a/c.git"},
	    {"https://u:p@h:1/a/b.git", "../../c", "https://u:p@h:1/c"},
	    {"https://h/a/b.git", "./c.git", "https://h/a/b.git/c.git"},
	    {"https://h/a/b.git", "./", "https://h/a/b.git"},
	    {"https://h/a/b.git", "./../c", "https://h/a/c"},
	    {"https://h/a/b.git", "../x/../c", "https://h/a/c"},
	    {"https://h/a/b.git", "../../../c", NULL},
	    {"https://h/a", "..", NULL},
	    {"https://h/a", "https://x/y", "https://x/y"},
	    {"https://h/a", "x/y", "x/y"},
	    {"https://h/a", ".../y", ".../y"},
	    {"ssh://git@h:22/~x/a", "../b", "ssh://git@h:22/~x/b"},
	    {"git@h:a/b.git", "../c.git", "git@h:a/c.git"},
	    {"git@h:b.git", "../c.git", "git@h:c.git"},
	    {"git@h:b.git", "../../c.git", NULL},
	    {"git@h:/srv/b.git", "../c.git", "git@h:/srv/c.git"},
	    {"git@h:/b.git", "../c.git", "git@h:/c.git"},
	    {"[git@h:22]:a/b", "../c", "[git@h:22]:a/c"},
	    {"git@[::1]:a/b", "../c", "git@[::1]:a/c"},
	    {"/srv/a/b.git", "../c", "/srv/a/c"},
	    {"/srv", "../c", "/c"},
	    {"/srv", "../../c", NULL},
	    {"file:///srv/a", "../c", "file:///srv/c"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_INIT;
		struct err err = ERR_INIT;
		const char *got = suburl_resolve(&a, cases[i][0], cases[i][1], &err);
		if (!cases[i][2])
			assert_null(got);
		else
			assert_string_equal(got ? got : err.msg, cases[i][2]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_syntax),
	    cmocka_unit_test(test_broken),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_check),
	    cmocka_unit_test(test_urls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
