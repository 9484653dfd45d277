/* SPDX-License-Identifier: MIT */
/* One stream, passed on to a place where only a little may be written at a time. */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "run/relay.h"

struct rig {
	struct relay relay;
	int in;	 /* the command's end */
	int out; /* the reader's end */
	struct buf sent, got;
};

static int setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	int in[2], out[2];
	if (!r || pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		return -1;
	r->relay = (struct relay)RELAY_INIT;
	r->sent = r->got = (struct buf)BUF_INIT;
	r->in = in[1];
	r->out = out[0];
	fcntl(r->out, F_SETFL, O_NONBLOCK);
	relay_read_from(&r->relay, in[0]);
	/* as a pipe of another user, which we may not open anew */
	r->relay.to = out[1];
	r->relay.sink = SINK_CAREFUL;
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;
	relay_end(&r->relay);
	relay_close(&r->relay);
	close(r->in);
	close(r->out);
	buf_release(&r->sent);
	buf_release(&r->got);
	free(r);
	return 0;
}

static void say(struct rig *r, const char *text, size_t n)
{
	buf_add(&r->sent, text, n);
	assert_int_equal(fd_write_all(r->in, text, n), 0);
}

/* One turn of the supervisor's loop, and of the reader. */
static void turn(struct rig *r)
{
	struct pollfd p[2];
	ssize_t n;
	relay_poll(&r->relay, p);
	poll(p, 2, 0);
	relay_go_on(&r->relay, p);
	buf_reserve(&r->got, 65536);
	n = read(r->out, r->got.s + r->got.len, 65536);
	r->got.len += n > 0 ? (size_t)n : 0;
}

static void assert_all_passed_on(struct rig *r)
{
	for (int i = 0; i < 100; i++)
		turn(r);
	assert_int_equal(r->got.len, r->sent.len);
	assert_memory_equal(r->got.s, r->sent.s, r->sent.len);
}

static void what_comes_a_little_at_a_time_is_whole(void **state)
{
	static const char *const lines[] = {
	    "a first line\n", "two\n", "a third, longer line\n", "4\n", "\n"};
	struct rig *r = *state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		say(r, lines[i], strlen(lines[i]));
		assert_all_passed_on(r);
	}
}

static void more_than_a_pipe_surely_takes_is_whole(void **state)
{
	struct rig *r = *state;
	char block[3 * PIPE_BUF + 7];
	for (int i = 0; i < 3; i++) {
		memset(block, 'a' + i, sizeof(block));
		say(r, block, sizeof(block));
		assert_all_passed_on(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		what_comes_a_little_at_a_time_is_whole, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		more_than_a_pipe_surely_takes_is_whole, setup, teardown),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
