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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_several),
	    cmocka_unit_test(test_no_secret),
	    cmocka_unit_test(test_given_at_once),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
