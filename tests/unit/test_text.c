/* SPDX-License-Identifier: MIT */
/* The small text tools of base: quoting, paths, buffers, durations, near words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/nearest.h"
#include "base/path.h"
#include "base/quote.h"
#include "base/sha1.h"
#include "base/sha256.h"
#include "base/urltext.h"

struct text_case {
	const char *in, *out;
};

static void quote_display_text(struct buf *out, const char *s)
{
	quote_display(out, s, strlen(s));
}

static void check_all(
    void (*f)(struct buf *, const char *), const struct text_case *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		auto_buf out = BUF_INIT;
		f(&out, t[i].in);
		assert_string_equal(out.s, t[i].out);
	}
}
#define CHECK_ALL(f, t) check_all((f), (t), sizeof(t) / sizeof((t)[0]))

static void test_quote(void **state)
{
	static const struct text_case shell[] = {
	    {"", "''"},
	    {"azAZ09_@%+=:,./-", "azAZ09_@%+=:,./-"},
	    {"it's", "'it'\"'\"'s'"},
	    {"\xc3\xa9", "'\xc3\xa9'"},
	    {"a b", "'a b'"},
	    {"~", "'~'"},
	    {"$(x)`y`\\", "'$(x)`y`\\'"},
	    {"a\nb", "'a\nb'"},
	};
	static const struct text_case line[] = {
	    {"it's", "'it'\"'\"'s'"},
	    {"a\nb's\\\t\x01", "$'a\\nb\\'s\\\\\\011\\001'"},
	};
	static const struct text_case display[] = {
	    {"plain \xc3\xa9", "plain \xc3\xa9"},
	    {"a\n\t\x1b[31m\x7f", "a\\n\\t\\x1b[31m\\x7f"},
	    {"\xff\xc3", "\\xff\\xc3"},
	};
	(void)state;
	CHECK_ALL(quote_shell, shell);
	CHECK_ALL(quote_shell_line, line);
	CHECK_ALL(quote_display_text, display);
}

static void test_url_mask(void **state)
{
	static const struct text_case t[] = {
	    {"git clone https://ann:pw@host/x", "git clone https://***@host/x"},
	    {"https://host/a@b", "https://host/a@b"},
	    {"x://a:b@c y://d@e f://g", "x://***@c y://***@e f://g"},
	    {"x://p@ss:w@rd@host", "x://***@host"},
	    {"echo 'x://h' a@b", "echo 'x://h' a@b"},
	    {"get https://u:p@h/x?a=1&token=abc#f now",
		"get https://***@h/x?a=1&token=***#f now"},
	    {"https://h?token=abc, https://h/y?sig=d",
		"https://h?token=*** https://h/y?sig=***"},
	    {"'https://h/x?Access%5FToken=a%26b'", "'https://h/x?Access%5FToken=***'"},
	    {"\"https://h/x?a=b\\u0026api_key=c\\u0026d=e\"",
		"\"https://h/x?a=b\\u0026api_key=***\\u0026d=e\""},
	    {"\"https://h/x?a=b\\u0026sig=c\\u0026key=d\\u0026e=f\"",
		"\"https://h/x?a=b\\u0026sig=***\\u0026key=***\\u0026e=f\""},
	    {"https://h/x?a=b&amp;key=c&amp;d=e", "https://h/x?a=b&amp;key=***&amp;d=e"},
	    {"https://h/x?a=b&amp;token=c</a>", "https://h/x?a=b&amp;token=***</a>"},
	    {"https://h/?u=http://a:b@i/x&pwd=c d=e",
		"https://h/?u=http://***@i/x&pwd=*** d=e"},
	    {"https://h/token=a https://h/#?token=b",
		"https://h/token=a https://h/#?token=b"},
	    {"x?token=a token=b", "x?token=a token=b"},
	    {"https://h/x?token=***&a=***", "https://h/x?token=***&a=***"},
	    {"https://h/x?token=", "https://h/x?token=***"},
	    {"https://h/x?token", "https://h/x?token"},
	    {"://", "://"},
	    {"", ""},
	};
	(void)state;
	CHECK_ALL(url_mask, t);
}

static void test_path(void **state)
{
	static const struct {
		const char *cwd, *path, *expected;
	} t[] = {
	    {"/a/b", "c", "/a/b/c"},
	    {"/a/b", "../c", "/a/c"},
	    {"/a/b", "../../../..", "/"},
	    {"/a/b", "./c//d/./e/", "/a/b/c/d/e"},
	    {"/a/b", "/x/../y", "/y"},
	    {"/a/b", "", "/a/b"},
	    {"/", "x", "/x"},
	    {"/a/b", "...", "/a/b/..."},
	    {"/a/b", "..c", "/a/b/..c"},
	};
	auto_arena a = ARENA_INIT;
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_string_equal(path_abs(&a, t[i].cwd, t[i].path), t[i].expected);
	assert_string_equal(path_join(&a, "/a/", "b"), "/a/b");
	assert_string_equal(path_join(&a, "/a", "/b"), "/b");
	assert_string_equal(path_join(&a, "", "b"), "b");
	assert_string_equal(path_dir(&a, "/a/b"), "/a");
	assert_string_equal(path_dir(&a, "/a"), "/");
	assert_string_equal(path_dir(&a, "a"), ".");
	assert_string_equal(path_base("/a/b"), "b");
	assert_string_equal(path_base("b"), "b");
}

static void test_xdg(void **state)
{
	auto_arena a = ARENA_INIT;
	(void)state;
	setenv("HOME", "/h", 1);
	unsetenv("XDG_CACHE_HOME");
	setenv("XDG_STATE_HOME", "relative", 1); /* the specification: to be ignored */
	assert_string_equal(path_xdg(&a, XDG_CACHE), "/h/.cache/mlp");
	assert_string_equal(path_xdg(&a, XDG_STATE), "/h/.local/state/mlp");
	setenv("XDG_STATE_HOME", "/s", 1);
	assert_string_equal(path_xdg(&a, XDG_STATE), "/s/mlp");
}

static void test_buf(void **state)
{
	auto_buf b = BUF_MAX(5);
	auto_buf free_one = BUF_INIT;
	char *s;
	(void)state;
	assert_string_equal(b.s, "");
	buf_adds(&b, "abc");
	buf_adds(&b, "def"); /* does not fit: dropped whole */
	assert_string_equal(b.s, "abc");
	assert_true(b.full);
	buf_adds(&b, "de");
	assert_string_equal(b.s, "abcde");
	buf_cut(&b, 2);
	assert_string_equal(b.s, "ab");
	buf_clear(&b);
	assert_string_equal(b.s, "");
	buf_add(&free_one, "a\0b", 3);
	assert_int_equal(free_one.len, 3);
	assert_memory_equal(free_one.s, "a\0b", 4);
	buf_addf(&free_one, "%s-%05d", "x", 42);
	assert_string_equal(free_one.s + 3, "x-00042");
	s = buf_detach(&free_one);
	assert_string_equal(s + 3, "x-00042");
	assert_int_equal(free_one.len, 0);
	assert_string_equal(free_one.s, "");
	free(s);
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {{"30", 30000}, {"30s", 30000}, {"0.5", 500}, {"1.5m", 90000},
	    {"2h", 7200000}, {"500ms", 500}, {"1d", 86400000}},
	  shown[] = {{"340 ms", 340}, {"4.2 s", 4200}, {"3 min 20 s", 200000},
	      {"2 h 5 min", 7500000}, {"5 min", 300000}, {"1 h", 3600000}};
	static const char *const bad[] = {"", "x", "-1", "0", "1x", "1 s x", "nan", "inf",
	    "1e400", "s", "0x10", "1e3", NULL};
	struct err err = ERR_INIT;
	int64_t ms;
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(clock_parse_duration(good[i].text, &ms, &err), 0);
		assert_int_equal(ms, good[i].ms);
	}
	for (size_t i = 0; bad[i]; i++) {
		err_clear(&err);
		if (clock_parse_duration(bad[i], &ms, &err) == 0)
			fail_msg("'%s' was taken for %lld ms", bad[i], (long long)ms);
		assert_int_equal(err.code, ERR_USAGE);
	}
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		auto_buf out = BUF_INIT;
		clock_format_duration(&out, shown[i].ms);
		assert_string_equal(out.s, shown[i].text);
	}
}

static void test_nearest(void **state)
{
	static const char *const words[] = {"default", "train", "test", "run"};
	(void)state;
	assert_string_equal(nearest("defulat", words, 4), "default");
	assert_string_equal(nearest("TRAIN", words, 4), "train");
	assert_string_equal(nearest("rnu", words, 4), "run");
	assert_null(nearest("validate", words, 4));
	assert_null(nearest("", words, 4));
	assert_null(nearest("x", words, 0));
}

/* As `git hash-object --stdin` has them; around the sizes where a block is full. */
static void test_sha1(void **state)
{
	static const struct {
		size_t n;
		const char *hex;
	} cases[] = {
	    {0, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"},
	    {1, "2e65efe2a145dda7ee51d1741299f848e5bf752e"},
	    {46, "50b3bbe915fe104dbbb6786fdcfa310bcfc25d4e"},
	    {47, "5e3bf7e629b4908cce461530c17a64365cb47303"},
	    {48, "12d42395b020f44bb7710113b31f688d0ebeda7c"},
	    {55, "d1985ddc2983785702b9a90effd5aff2f7cfdca4"},
	    {56, "1f973e890f52da1f22fa7e5620a628bc4ee74cb3"},
	    {57, "d28c6cde5a5ab0b138bd53a288c23e8c011c4171"},
	    {120, "253af86ee859905852357aee8bd83b08601364ae"},
	    {128, "b9ec37e648dcec4d4f60dd267d05079a696d3267"},
	    {200, "1d33d17ad3abab24046a78cf5a4abc31e69865b3"},
	};
	char text[200], hex[SHA1_HEX + 1];
	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sha1_of_blob(text, cases[i].n, hex);
		assert_string_equal(hex, cases[i].hex);
	}
	sha1_of("", 0, hex);
	assert_string_equal(hex, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	sha1_of("abc", 3, hex);
	assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

static void test_sha256(void **state)
{
	static const struct {
		size_t n;
		const char *hex;
	} cases[] = {
	    {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	    {1, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
	    {55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
	    {56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
	    {63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
	    {64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
	    {65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"},
	    {119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"},
	    {120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c"},
	    {128, "6836cf13bac400e9105071cd6af47084dfacad4e5e302c94bfed24e013afb73e"},
	    {200, "c2a908d98f5df987ade41b5fce213067efbcc21ef2240212a41e54b5e7c28ae5"},
	};
	char text[200], hex[SHA256_HEX + 1];
	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t cut = 0; cut <= cases[i].n; cut += 31) { /* in two pieces */
			struct sha256 s;
			sha256_init(&s);
			sha256_add(&s, text, cut);
			sha256_add(&s, text + cut, cases[i].n - cut);
			sha256_finish(&s, hex);
			assert_string_equal(hex, cases[i].hex);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_quote),
	    cmocka_unit_test(test_url_mask),
	    cmocka_unit_test(test_path),
	    cmocka_unit_test(test_xdg),
	    cmocka_unit_test(test_buf),
	    cmocka_unit_test(test_durations),
	    cmocka_unit_test(test_nearest),
	    cmocka_unit_test(test_sha1),
	    cmocka_unit_test(test_sha256),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
