/* SPDX-License-Identifier: MIT */
/* What of a request that is sent again is a repeat (server/once.h), on real connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "server/once.h"

/* The two ends of a connection by TCP. */
static void connection(int ends[2])
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t n = sizeof(at);
	int l = socket(AF_INET, SOCK_STREAM, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(l, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(l, 1), 0);
	assert_int_equal(getsockname(l, (struct sockaddr *)&at, &n), 0);
	ends[1] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(ends[1], (struct sockaddr *)&at, n), 0);
	ends[0] = accept(l, NULL, NULL);
	assert_true(ends[0] >= 0);
	close(l);
}

struct asked {
	int ends[2];
	struct once_entry *entry;
	struct once_reply reply;
	bool repeat, first;
};

static void ask(struct once *once, struct asked *q, const char *body)
{
	struct once_request rq = {-1, "POST", "/runs/create", body, strlen(body)};
	*q = (struct asked){.reply.body = BUF_INIT};
	connection(q->ends);
	rq.fd = q->ends[0];
	q->repeat = once_begin(once, &rq, &q->entry, &q->first, &q->reply);
}

static void answer(struct once *once, struct asked *q, int status, const char *text)
{
	q->reply.status = status;
	buf_adds(&q->reply.body, text);
	once_answered(once, q->entry, &q->reply);
}

/* Written, and acknowledged by the other end's system. */
static void sent(struct once *once, struct asked *q)
{
	int left = 1;
	assert_int_equal(write(q->ends[0], "reply", 5), 5);
	once_sent(once, q->entry);
	while (left > 0)
		assert_int_equal(ioctl(q->ends[0], SIOCOUTQ, &left), 0);
}

static void leave(struct asked *q)
{
	struct pollfd p = {.fd = q->ends[0], .events = POLLRDHUP};
	fd_close(&q->ends[1]);
	assert_int_equal(poll(&p, 1, -1), 1);
}

static void over(struct once *once, struct asked *q)
{
	once_over(once, q->entry);
	buf_release(&q->reply.body);
	fd_close(&q->ends[0]);
	fd_close(&q->ends[1]);
}

static void test_once(void **state)
{
	struct once *once = once_new();
	struct asked a, b, c;
	(void)state;
	/* two clients that live, in turn and at once */
	ask(once, &a, "x");
	assert_true(!a.repeat && a.first);
	ask(once, &b, "x");
	assert_true(!b.repeat && !b.first);
	answer(once, &a, 200, "1");
	answer(once, &b, 200, "2");
	sent(once, &a);
	sent(once, &b);
	ask(once, &c, "x");
	assert_false(c.repeat);
	answer(once, &c, 200, "3");
	sent(once, &c);
	over(once, &a);
	over(once, &b);
	over(once, &c);
	/* one that leaves before its reply */
	ask(once, &a, "x");
	leave(&a);
	answer(once, &a, 200, "4");
	ask(once, &b, "x");
	assert_true(b.repeat);
	assert_int_equal(b.reply.status, 200);
	assert_string_equal(b.reply.body.s, "4");
	sent(once, &b);
	ask(once, &c, "x"); /* the reply has arrived: another request */
	assert_false(c.repeat);
	over(once, &c);
	over(once, &a); /* its connection is found closed only now */
	over(once, &b);
	ask(once, &c, "y");
	assert_false(c.repeat);
	over(once, &c);
	once_free(once);
}

static void test_lost(void **state)
{
	struct once *once = once_new();
	struct asked a, b, c;
	(void)state;
	ask(once, &a, "x");
	leave(&a);
	answer(once, &a, 200, "1");
	over(once, &a); /* never sent */
	ask(once, &b, "x");
	assert_true(b.repeat);
	assert_string_equal(b.reply.body.s, "1");
	over(once, &b); /* lost again */
	ask(once, &b, "x");
	assert_true(b.repeat);
	sent(once, &b);
	over(once, &b);
	ask(once, &c, "x"); /* the reply has arrived: a new request */
	assert_false(c.repeat);
	leave(&c);
	answer(once, &c, 200, "2");
	ask(once, &b, "x"); /* lost again */
	assert_true(b.repeat);
	over(once, &c);
	sent(once, &b);
	over(once, &b);
	ask(once, &c, "x");
	assert_false(c.repeat);
	leave(&c);
	answer(once, &c, 400, "refused"); /* nothing was done */
	over(once, &c);
	ask(once, &c, "x");
	assert_false(c.repeat);
	over(once, &c);
	once_free(once);
}

/* A reply that arrived says nothing about those of later requests. */
static void test_later(void **state)
{
	struct once *once = once_new();
	struct asked a, b, c, d;
	(void)state;
	ask(once, &a, "x");
	answer(once, &a, 200, "1");
	sent(once, &a);
	leave(&a); /* which is seen after all that follows */
	ask(once, &b, "x");
	assert_false(b.repeat);
	leave(&b);
	answer(once, &b, 200, "2");
	over(once, &b);
	ask(once, &c, "x");
	assert_true(c.repeat);
	assert_string_equal(c.reply.body.s, "2");
	over(once, &c); /* lost again */
	over(once, &a);
	ask(once, &d, "x");
	assert_true(d.repeat);
	assert_string_equal(d.reply.body.s, "2");
	sent(once, &d);
	over(once, &d);
	once_free(once);
}

/*
 * One client asks for the same thing again and again, each time until it has a reply; the
 * ends of its connections are seen at any time.  Each thing is done exactly once.
 */
struct client {
	struct once *once;
	struct asked tries[8];
	size_t n;
	unsigned seed;
	int done;
};

static bool perhaps(struct client *c)
{
	return rand_r(&c->seed) % 2 == 0;
}

static void end_one(struct client *c)
{
	size_t i = (size_t)rand_r(&c->seed) % c->n;
	over(c->once, &c->tries[i]);
	c->tries[i] = c->tries[--c->n];
}

/* The number of what was done, -1 when the client does not get it. */
static int try_once(struct client *c)
{
	struct asked *q = &c->tries[c->n++];
	bool leaves = perhaps(c), before = perhaps(c), refused;
	char number[16];
	ask(c->once, q, "x");
	if (leaves && before)
		leave(q);
	refused = !q->repeat && perhaps(c);
	if (!q->repeat) {
		snprintf(number, sizeof(number), "%d", c->done + !refused);
		answer(c->once, q, refused ? 503 : 200, number);
		c->done += !refused;
	}
	if (leaves && !before)
		leave(q);
	if (leaves && perhaps(c)) { /* it could not be written */
		c->n--;
		over(c->once, q);
		return -1;
	}
	if (leaves) {
		(void)!send(q->ends[0], "reply", 5, MSG_NOSIGNAL);
		once_sent(c->once, q->entry);
	} else {
		sent(c->once, q);
	}
	return leaves || refused ? -1 : atoi(q->reply.body.s);
}

static void test_any_order(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 200; seed++) {
		struct client c = {.once = once_new(), .seed = seed};
		for (int thing = 1; thing <= 10; thing++) {
			int got;
			do {
				while (c.n == 8 || (c.n > 0 && perhaps(&c)))
					end_one(&c);
				got = try_once(&c);
			} while (got < 0);
			if (got != thing || c.done != thing)
				fail_msg("seed %u, thing %d: got %d, %d done", seed,
				    thing, got, c.done);
		}
		while (c.n > 0)
			end_one(&c);
		once_free(c.once);
	}
}

static void test_watched(void **state)
{
	(void)state;
	assert_true(once_watches("/api/2.0/mlflow/runs/create", 10));
	assert_true(once_watches("/api/2.0/mlflow/anything/new", 10));
	assert_false(once_watches("/api/2.0/mlflow/runs/log-batch", 10));
	assert_false(once_watches("/api/2.0/mlflow/runs/search", 10));
	assert_false(once_watches("/api/2.0/mlflow/runs/create", ONCE_BODY + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_once),
	    cmocka_unit_test(test_lost),
	    cmocka_unit_test(test_later),
	    cmocka_unit_test(test_any_order),
	    cmocka_unit_test(test_watched),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
