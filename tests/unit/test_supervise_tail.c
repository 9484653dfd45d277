/* SPDX-License-Identifier: MIT */
/* The last lines of a stream. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "run/tail.h"

static void check(const char *added, size_t n, const char *expected)
{
	struct tail t = TAIL_INIT;
	auto_free char *text = NULL;
	tail_add(&t, added, n);
	text = tail_text(&t);
	assert_string_equal(text, expected);
}

#define CHECK(added, expected) check(added, sizeof(added) - 1, expected)

static void little_is_kept_as_it_is(void **state)
{
	(void)state;
	CHECK("", "");
	CHECK("one\ntwo", "one\ntwo");
	CHECK("one\n\ntwo\n", "one\n\ntwo\n");
	CHECK("gr\303\274n\n", "gr\303\274n\n");
}

static void what_is_no_text_is_marked(void **state)
{
	(void)state;
	CHECK("a\0b\377\n", "a?b?\n");
	CHECK("cut \303", "cut ?");
}

static void a_progress_bar_is_its_last_state(void **state)
{
	(void)state;
	CHECK(" 10%\r 50%\r100%\ndone\r\n", "100%\ndone\n");
	CHECK(" 10%\r 50%\r", " 50%");
}

/* All of it in pieces of n bytes must give whole lines, at the end of the stream. */
static void add_lines_by(size_t n)
{
	struct tail t = TAIL_INIT;
	auto_buf all = BUF_INIT;
	auto_free char *text = NULL;
	size_t len;
	for (int i = 0; i < 1000; i++)
		buf_addf(&all, "line %d\n", i);
	for (size_t at = 0; at < all.len; at += n)
		tail_add(&t, all.s + at, n < all.len - at ? n : all.len - at);
	text = tail_text(&t);
	len = strlen(text);
	assert_true(len > TAIL_MAX - 10 && len <= TAIL_MAX);
	assert_string_equal(text, all.s + all.len - len);
	assert_memory_equal(text, "line ", 5);
}

static void much_is_cut_at_a_line(void **state)
{
	(void)state;
	add_lines_by(1);
	add_lines_by(7);
	add_lines_by(TAIL_MAX);
	add_lines_by(100000);
}

static void one_long_line_is_cut_at_a_character(void **state)
{
	struct tail t = TAIL_INIT;
	auto_free char *text = NULL;
	(void)state;
	for (int i = 0; i < 1000; i++)
		tail_add(&t, "\342\202\254", 3);
	text = tail_text(&t);
	assert_int_equal(strlen(text) % 3, 0);
	assert_true(strlen(text) > TAIL_MAX - 3);
	assert_int_equal(utf8_valid_prefix(text, strlen(text)), strlen(text));
	assert_null(strchr(text, '?'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(little_is_kept_as_it_is),
	    cmocka_unit_test(what_is_no_text_is_marked),
	    cmocka_unit_test(a_progress_bar_is_its_last_state),
	    cmocka_unit_test(much_is_cut_at_a_line),
	    cmocka_unit_test(one_long_line_is_cut_at_a_character),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
