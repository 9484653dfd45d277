/* SPDX-License-Identifier: MIT */
/* A secret is masked however the stream is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "run/mask.h"
#include "base/urltext.h"
#include "base/urlmask.h"

#define SECRET "abcabd-KEY"
#define STARS "**********"

static void collect(void *arg, const char *data, size_t n)
{
	buf_add(arg, data, n);
}

/* The text through a mask, in pieces of `size` bytes. */
static void expect(const char *text, size_t size, const char *wanted)
{
	struct mask m = {.secret = SECRET};
	auto_buf got = BUF_INIT;
	size_t n = strlen(text);
	for (size_t at = 0; at < n; at += size)
		mask_pass(&m, text + at, n - at < size ? n - at : size, collect, &got);
	mask_end(&m, collect, &got);
	assert_string_equal(got.s, wanted);
}

static void test_pieces(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
	    {"", ""},
	    {"nothing", "nothing"},
	    {SECRET, STARS},
	    {SECRET SECRET, STARS STARS},
	    {"x" SECRET "y" SECRET "z\n", "x" STARS "y" STARS "z\n"},
	    {"abc" SECRET, "abc" STARS},
	    {"abcabcabd-KEY", "abc" STARS},
	    {"abcabd-KE", "abcabd-KE"},
	    {"abcabd-KEX abcabd-KEY", "abcabd-KEX " STARS},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t size = 1; size <= 24; size++)
			expect(cases[i].text, size, cases[i].wanted);
}

/* Each of them, one the beginning of another, one across the end of another. */
static void test_several(void **state)
{
	static const char text[] = "a-secret a-secret-too secreta-secr two22a-secret-to";
	static const char wanted[] =
	    "******** ************ secreta-secr *************-to";
	(void)state;
	for (size_t size = 1; size <= sizeof(text); size++) {
		struct masks ms = {NULL, 0};
		auto_buf got = BUF_INIT;
		size_t n = strlen(text);
		masks_add(&ms, NULL);
		masks_add(&ms, "");
		masks_add(&ms, "a-secret");
		masks_add(&ms, "two22");
		masks_add(&ms, "a-secret-too");
		assert_int_equal(ms.n, 3);
		for (size_t at = 0; at < n; at += size)
			masks_pass(
			    &ms, text + at, n - at < size ? n - at : size, collect, &got);
		masks_end(&ms, collect, &got);
		masks_release(&ms);
		assert_string_equal(got.s, wanted);
	}
}

static void test_no_secret(void **state)
{
	struct mask m = {.secret = NULL};
	auto_buf got = BUF_INIT;
	(void)state;
	mask_pass(&m, SECRET, strlen(SECRET), collect, &got);
	mask_end(&m, collect, &got);
	assert_string_equal(got.s, SECRET);
}

/* What cannot become the secret is given at once: a log can be followed. */
static void test_given_at_once(void **state)
{
	struct mask m = {.secret = SECRET};
	auto_buf got = BUF_INIT;
	(void)state;
	mask_pass(&m, "epoch 1\nabca", 12, collect, &got);
	assert_string_equal(got.s, "epoch 1\n");
	mask_pass(&m, "X", 1, collect, &got);
	assert_string_equal(got.s, "epoch 1\nabcaX");
}

/* In pieces of `size` bytes, as url_mask does it to the whole text. */
static void expect_url(const char *text, size_t size)
{
	struct urlmask u = URLMASK_INIT;
	auto_buf got = BUF_INIT, wanted = BUF_INIT;
	size_t n = strlen(text);
	for (size_t at = 0; at < n; at += size)
		urlmask_pass(&u, text + at, n - at < size ? n - at : size, collect, &got);
	urlmask_end(&u, collect, &got);
	urlmask_release(&u);
	url_mask(&wanted, text);
	assert_string_equal(got.s, wanted.s);
}

static void test_urls(void **state)
{
	static const char *const texts[] = {
	    "",
	    "nothing",
	    "http://ann:s3cret@host/x",
	    "at http://ann:s3cret@host:80, then\nhttps://bob@h http://h/@ x",
	    "://a@b@c",
	    "http:/ann@x :://ann@x ://://b@c a://b://c@d",
	    "http://ann:s3cret@",
	    "http://ann:s3cret",
	    "http:/",
	    "get https://u:p@h/x?a=1&token=abc#f now https://h?sig=x\nend",
	    "https://h/?u=http://a:b@i/x&pwd=c://d@e f://g@h?key=\"i\"",
	    "https://h/x?a=b\\u0026api_key=c\\u0026d=e?f=g;secret=h",
	    "https://h/x?a=b\\u0026sig=c\\u0026d=e",
	    "https://h/x?token=",
	    "https://h/x?token",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t size = 1; size <= 80; size++)
			expect_url(texts[i], size);
}

/* Nothing is given of what may still become a password; the rest is given at once. */
static void test_url_held(void **state)
{
	struct urlmask u = URLMASK_INIT;
	auto_buf got = BUF_INIT, name = BUF_INIT;
	static const char before[] = "Looking in http://ann:s3cret";
	(void)state;
	urlmask_pass(&u, before, sizeof(before) - 1, collect, &got);
	assert_string_equal(got.s, "Looking in http://");
	urlmask_pass(&u, "\0", 1, collect, &got); /* a NUL is no part of it */
	assert_int_equal(got.len, sizeof(before));
	buf_clear(&got);
	for (int i = 0; i < URLMASK_HELD; i++)
		buf_adds(&name, "ab");
	urlmask_pass(&u, " x://", 5, collect, &got);
	urlmask_pass(&u, name.s, name.len, collect, &got);
	urlmask_pass(&u, "s3cret@host/x\n", 14, collect, &got);
	urlmask_end(&u, collect, &got);
	urlmask_release(&u);
	assert_string_equal(got.s, " x://***/x\n");
}

/* Of a name that is endless the end tells; what is no name is given at once. */
static void test_query_held(void **state)
{
	struct urlmask u = URLMASK_INIT;
	auto_buf got = BUF_INIT, wanted = BUF_INIT;
	(void)state;
	urlmask_pass(&u, "http://h/?a=1&to", 16, collect, &got);
	assert_string_equal(got.s, "http://h/?a=1&");
	urlmask_pass(&u, "ken=s3c", 7, collect, &got);
	urlmask_pass(&u, "ret", 3, collect, &got);
	assert_string_equal(got.s, "http://h/?a=1&token=***");
	buf_adds(&wanted, got.s);
	urlmask_pass(&u, "&", 1, collect, &got);
	buf_addc(&wanted, '&');
	for (int i = 0; i < 3000; i++) {
		urlmask_pass(&u, "n", 1, collect, &got);
		buf_addc(&wanted, 'n');
	}
	assert_true(got.len + 300 > wanted.len);
	urlmask_pass(&u, "_key=s3cret x", 13, collect, &got);
	buf_adds(&wanted, "_key=*** x");
	urlmask_end(&u, collect, &got);
	urlmask_release(&u);
	assert_string_equal(got.s, wanted.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_several),
	    cmocka_unit_test(test_no_secret),
	    cmocka_unit_test(test_given_at_once),
	    cmocka_unit_test(test_urls),
	    cmocka_unit_test(test_url_held),
	    cmocka_unit_test(test_query_held),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
