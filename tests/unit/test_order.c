/* SPDX-License-Identifier: MIT */
/* The order of two logs: kept, read back, and read out of whatever may stand there. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "run/orderlog.h"

struct rig {
	char dir[64], path[96];
	int log[ORDER_LOGS];
	struct orderlog order;
};

static void open_logs(struct rig *r)
{
	static const char *const names[] = {"out", "err"};
	char path[96];
	for (int i = 0; i < ORDER_LOGS; i++) {
		snprintf(path, sizeof(path), "%s/%s", r->dir, names[i]);
		r->log[i] = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
		assert_true(r->log[i] >= 0);
	}
}

/* As a supervisor that begins, and as one that is killed: nothing is written any more. */
static void begin(struct rig *r)
{
	open_logs(r);
	r->order = (struct orderlog)ORDERLOG_INIT;
	orderlog_open(&r->order, r->path, r->log);
}

static void die(struct rig *r)
{
	for (int i = 0; i < ORDER_LOGS; i++)
		fd_close(&r->log[i]);
	fd_close(&r->order.fd);
}

static void end(struct rig *r)
{
	orderlog_close(&r->order);
	die(r);
}

static int setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	if (!r)
		return -1;
	snprintf(r->dir, sizeof(r->dir), "/tmp/mlp-order.XXXXXX");
	if (!mkdtemp(r->dir))
		return -1;
	snprintf(r->path, sizeof(r->path), "%s/" ORDER_NAME, r->dir);
	r->order = (struct orderlog)ORDERLOG_INIT;
	r->log[0] = r->log[1] = -1;
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;
	die(r);
	tree_remove(r->dir, &err);
	free(r);
	return 0;
}

static void say(struct rig *r, int log, size_t n)
{
	auto_buf text = BUF_INIT;
	buf_reserve(&text, n);
	memset(text.s, 'x', n);
	orderlog_wrote(&r->order, log);
	assert_int_equal(fd_write_all(r->log[log], text.s, n), 0);
}

/* What is read of the file: "o0-3 e0-3". */
static void assert_pieces(struct rig *r, const char *expected)
{
	struct order o = ORDER_INIT;
	struct order_piece p;
	auto_buf saw = BUF_INIT;
	order_open(&o, r->path);
	while (order_next(&o, &p))
		buf_addf(&saw, "%s%c%lld-%lld", saw.len ? " " : "", "oe"[p.log],
		    (long long)p.from, (long long)p.to);
	order_close(&o);
	assert_string_equal(saw.s, expected);
}

static void put(struct rig *r, const char *text, size_t n)
{
	auto_fd fd = open(r->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, n), 0);
}

static off_t size_of(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 ? st.st_size : -1;
}

static void one_log_alone_has_no_order(void **state)
{
	struct rig *r = *state;
	begin(r);
	for (int i = 0; i < 100; i++)
		say(r, ORDER_ERR, 10);
	assert_true(r->order.due == INT64_MAX);
	end(r);
	assert_int_equal(size_of(r->path), -1);
	begin(r); /* also where there is something already */
	say(r, ORDER_ERR, 10);
	end(r);
	assert_int_equal(size_of(r->path), -1);
}

static void what_changes_is_told_the_last_is_not(void **state)
{
	struct rig *r = *state;
	begin(r);
	say(r, ORDER_OUT, 3);
	say(r, ORDER_OUT, 4);
	say(r, ORDER_ERR, 5);
	say(r, ORDER_OUT, 1);
	say(r, ORDER_ERR, 100000);
	assert_int_equal(size_of(r->path), -1); /* not yet */
	orderlog_go_on(&r->order, r->order.due - 1);
	assert_int_equal(size_of(r->path), -1);
	orderlog_go_on(&r->order, r->order.due);
	assert_pieces(r, "o0-7 e0-5 o7-8");
	assert_true(r->order.due == INT64_MAX);
	say(r, ORDER_OUT, 2);
	end(r);
	assert_pieces(r, "o0-7 e0-5 o7-8 e5-100005");
}

static void another_attempt_goes_on(void **state)
{
	struct rig *r = *state;
	begin(r);
	say(r, ORDER_OUT, 3);
	say(r, ORDER_ERR, 5);
	end(r);
	begin(r);
	say(r, ORDER_OUT, 2);
	end(r);
	assert_pieces(r, "o0-3 e0-5");
	begin(r);
	say(r, ORDER_ERR, 1);
	say(r, ORDER_OUT, 1);
	end(r);
	assert_pieces(r, "o0-3 e0-5 o3-5 e5-6");
}

/* What a killed supervisor had not told comes first, log by log; its half line goes. */
static void a_killed_one_is_gone_on_with(void **state)
{
	struct rig *r = *state;
	begin(r);
	say(r, ORDER_OUT, 3);
	say(r, ORDER_ERR, 5);
	say(r, ORDER_OUT, 3);
	orderlog_go_on(&r->order, r->order.due);
	say(r, ORDER_ERR, 7);
	say(r, ORDER_OUT, 1);
	die(r);
	put(r, "o 1", 3);
	assert_pieces(r, "o0-3 e0-5");
	begin(r);
	say(r, ORDER_OUT, 1);
	say(r, ORDER_ERR, 1);
	say(r, ORDER_OUT, 1);
	end(r);
	assert_pieces(r, "o0-3 e0-5 o3-7 e5-12 o7-8 e12-13");
}

/* Others of us append, too: what they wrote is counted, so that nothing is shifted. */
static void what_others_append_is_told(void **state)
{
	struct rig *r = *state;
	int ours;
	begin(r);
	say(r, ORDER_OUT, 3);
	ours = r->log[ORDER_ERR];
	open_logs(r);
	assert_int_equal(fd_write_all(r->log[ORDER_ERR], "warning\n", 8), 0);
	close(r->log[ORDER_ERR]);
	close(r->log[ORDER_OUT]);
	r->log[ORDER_ERR] = ours;
	r->log[ORDER_OUT] = r->order.log[ORDER_OUT];
	say(r, ORDER_ERR, 2);
	say(r, ORDER_OUT, 1);
	end(r);
	assert_pieces(r, "o0-3 e0-10");
}

static void it_has_a_bound(void **state)
{
	struct rig *r = *state;
	begin(r);
	for (int i = 0; i < 400000; i++)
		say(r, i % 2, 1);
	assert_null(r->order.path);
	end(r);
	assert_in_range(size_of(r->path), ORDER_MAX - ORDER_LINE_MAX, ORDER_MAX);
	begin(r);
	say(r, ORDER_OUT, 1);
	say(r, ORDER_ERR, 1);
	end(r);
	assert_in_range(size_of(r->path), ORDER_MAX - ORDER_LINE_MAX, ORDER_MAX);
}

/* Also what the command makes of it. */
static void what_is_not_ours_is_left_alone(void **state)
{
	struct rig *r = *state;
	char victim[96];
	put(r, "what somebody wrote\no 3\n", 24);
	begin(r);
	say(r, ORDER_OUT, 3);
	say(r, ORDER_ERR, 3);
	say(r, ORDER_OUT, 3);
	end(r);
	assert_int_equal(size_of(r->path), 24);
	snprintf(victim, sizeof(victim), "%s/victim", r->dir);
	unlink(r->path);
	assert_int_equal(symlink("victim", r->path), 0);
	begin(r);
	say(r, ORDER_ERR, 3);
	end(r);
	assert_int_equal(size_of(victim), -1);
	unlink(r->path);
	assert_int_equal(mkfifo(r->path, 0600), 0);
	begin(r);
	say(r, ORDER_ERR, 3);
	end(r);
	assert_pieces(r, "");
}

static void what_is_no_line_ends_it(void **state)
{
	static const struct {
		const char *text, *pieces;
	} cases[] = {
	    {"o 3\ne 4\no 1", "o0-3 e0-4"},
	    {"o 3\ne 4\n\no 1\n", "o0-3 e0-4"},
	    {"o 3\nx 4\no 1\n", "o0-3"},
	    {"o 3\ne 0\no 1\n", "o0-3"},
	    {"o 3\ne 04\no 1\n", "o0-3"},
	    {"o 3\ne -4\no 1\n", "o0-3"},
	    {"o 3\ne  4\no 1\n", "o0-3"},
	    {"o 3\ne\no 1\n", "o0-3"},
	    {"o 3\ne \no 1\n", "o0-3"},
	    {"o 3\ne 4 \no 1\n", "o0-3"},
	    {"e 9223372036854775807\n", "e0-9223372036854775807"},
	    {"e 9223372036854775807\ne 1\n", "e0-9223372036854775807"},
	    {"e 9223372036854775808\n", ""},
	    {"e 99999999999999999999999999999\n", ""},
	};
	struct rig *r = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unlink(r->path);
		put(r, ORDER_HEAD, strlen(ORDER_HEAD));
		put(r, cases[i].text, strlen(cases[i].text));
		assert_pieces(r, cases[i].pieces);
	}
	unlink(r->path);
	put(r, "o 3\n", 4);
	assert_pieces(r, "");
}

static void a_half_line_comes_when_it_is_whole(void **state)
{
	struct rig *r = *state;
	struct order o = ORDER_INIT;
	struct order_piece p;
	put(r, ORDER_HEAD, 10);
	order_open(&o, r->path);
	assert_false(order_next(&o, &p));
	put(r, &ORDER_HEAD[10], strlen(ORDER_HEAD) - 10);
	put(r, "o 1", 3);
	assert_false(order_next(&o, &p));
	put(r, "2\ne 3\n", 6);
	assert_true(order_next(&o, &p));
	assert_int_equal(p.to, 12);
	assert_true(order_next(&o, &p));
	assert_int_equal(p.to, 3);
	assert_false(order_next(&o, &p));
	order_close(&o);
}

static void a_file_without_lines_is_no_work(void **state)
{
	struct rig *r = *state;
	struct order o = ORDER_INIT;
	struct order_piece p;
	put(r, ORDER_HEAD, strlen(ORDER_HEAD));
	assert_int_equal(truncate(r->path, 1LL << 40), 0);
	order_open(&o, r->path);
	assert_false(order_next(&o, &p));
	assert_true(o.bad);
	order_close(&o);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_RIG(one_log_alone_has_no_order),
	    WITH_RIG(what_changes_is_told_the_last_is_not),
	    WITH_RIG(another_attempt_goes_on),
	    WITH_RIG(a_killed_one_is_gone_on_with),
	    WITH_RIG(what_others_append_is_told),
	    WITH_RIG(it_has_a_bound),
	    WITH_RIG(what_is_not_ours_is_left_alone),
	    WITH_RIG(what_is_no_line_ends_it),
	    WITH_RIG(a_half_line_comes_when_it_is_whole),
	    WITH_RIG(a_file_without_lines_is_no_work),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
