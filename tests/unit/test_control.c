/* SPDX-License-Identifier: MIT */
/* What finds and follows runs: looking at locks, waiting for them, cards, signals. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/sigpoll.h"
#include "run/card.h"
#include "run/lock.h"
#include "run/proctree.h"
#include "run/statedir.h"
#include "run/stop.h"
#include "place_fixture.h"

static const char run[] = "0123456789abcdef0123456789abcdef";

/* A process that holds the lock until it is killed. */
static pid_t hold(struct place *p)
{
	int ready[2];
	char c;
	pid_t pid;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct run_lock lk = RUN_LOCK_INIT;
		struct err err = ERR_INIT;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (run_lock_take(&p->ctx, run, &lk, &err) < 0)
			_exit(1);
		(void)!write(ready[1], "", 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static bool is_readable(int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, timeout_ms) == 1;
}

static void looking_is_in_nobodys_way(void **state)
{
	struct place *p = *state;
	const char *dir = run_state_dir(&p->ctx, &p->arena, run);
	struct watcher a = WATCHER_INIT, b = WATCHER_INIT;
	struct run_lock lk = RUN_LOCK_INIT;
	struct err err = ERR_INIT;
	pid_t holder;
	assert_false(run_lock_is_held(dir));
	assert_false(path_exists(dir)); /* nothing was made */
	holder = hold(p);
	assert_true(run_lock_is_held(dir));
	assert_int_equal(run_lock_watch(&a, dir, &err), 0);
	assert_int_equal(run_lock_watch(&b, dir, &err), 0);
	assert_false(is_readable(a.fd, 50));
	kill(holder, SIGKILL);
	assert_true(is_readable(a.fd, 10000));
	assert_true(is_readable(b.fd, 10000));
	waitpid(holder, NULL, 0);
	assert_false(run_lock_is_held(dir));
	/* who waited has nothing that somebody else would have to wait for */
	assert_int_equal(run_lock_take(&p->ctx, run, &lk, &err), 0);
	watcher_end(&a);
	watcher_end(&b);
	run_lock_drop(&lk, true);
	assert_int_equal(run_lock_watch(&a, dir, &err), 0); /* gone: at once */
	assert_true(is_readable(a.fd, 10000));
	watcher_end(&a);
}

static void closing_a_watch_ends_its_child(void **state)
{
	struct place *p = *state;
	struct watcher w = WATCHER_INIT;
	struct err err = ERR_INIT;
	pid_t holder = hold(p), child;
	assert_int_equal(
	    run_lock_watch(&w, run_state_dir(&p->ctx, &p->arena, run), &err), 0);
	child = w.pid;
	watcher_end(&w);
	assert_int_equal(kill(child, 0), -1);
	watcher_end(&w); /* nothing any more */
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
}

static void add_ended(struct place *p, const char *id, const char *name, int64_t at)
{
	struct card c = CARD_INIT;
	struct err err = ERR_INIT;
	c.run_id = id;
	c.name = name;
	c.state = CARD_FINISHED;
	c.exit_code = 0;
	c.ended = at;
	assert_int_equal(card_archive(&p->ctx, &c, &err), 0);
}

static size_t count_ended(struct place *p, const char *text, size_t max)
{
	struct card *v;
	struct err err = ERR_INIT;
	size_t n;
	assert_int_equal(cards_ended(&p->ctx, &p->arena, text, max, &v, &n, &err), 0);
	return n;
}

static void ended_cards_are_found(void **state)
{
	struct place *p = *state;
	struct card *v;
	struct err err = ERR_INIT;
	size_t n, gone;
	int64_t bytes;
	assert_int_equal(count_ended(p, NULL, 9), 0);
	add_ended(p, "aaaa1111", "one", 1000);
	add_ended(p, "aaaa2222", "quo\"te \\ and\nline", 2000);
	add_ended(p, "bbbb3333", "one", 3000);
	add_ended(p, "aaaa1111", "one", 4000); /* another attempt */
	assert_int_equal(count_ended(p, NULL, 9), 3);
	assert_int_equal(count_ended(p, NULL, 2), 2);
	assert_int_equal(count_ended(p, "aaaa", 9), 2);
	assert_int_equal(count_ended(p, "aaa", 9), 0);
	assert_int_equal(count_ended(p, "one", 9), 2);
	assert_int_equal(count_ended(p, "on", 9), 0);
	assert_int_equal(count_ended(p, "quo\"te \\ and\nline", 9), 1);
	assert_int_equal(cards_ended(&p->ctx, &p->arena, NULL, 9, &v, &n, &err), 0);
	assert_string_equal(v[0].run_id, "aaaa1111");
	assert_int_equal(v[0].ended, 4000);
	assert_int_equal(v[0].queued, -1);
	assert_int_equal(cards_trim(&p->ctx, 3000, true, &gone, &bytes, &err), 0);
	assert_int_equal(gone, 2);
	assert_true(bytes > 0);
	assert_int_equal(count_ended(p, NULL, 9), 3);
	assert_int_equal(cards_trim(&p->ctx, 3000, false, &gone, &bytes, &err), 0);
	assert_int_equal(count_ended(p, NULL, 9), 2);
	add_ended(p, "cccc4444", NULL, 5000);
	assert_int_equal(count_ended(p, NULL, 9), 3);
}

static void a_newer_state_directory_is_left_alone(void **state)
{
	struct place *p = *state;
	const char *path = path_join(&p->arena, p->dir, "format");
	struct run_lock lk = RUN_LOCK_INIT;
	struct err err = ERR_INIT;
	assert_int_equal(state_check(&p->ctx, &err), 0);
	assert_int_equal(run_lock_take(&p->ctx, run, &lk, &err), 0);
	run_lock_drop(&lk, true);
	assert_true(path_exists(path)); /* ours */
	assert_int_equal(state_check(&p->ctx, &err), 0);
	assert_int_equal(file_write(path, "2\n", 2, 0600, &err), 0);
	assert_int_equal(state_check(&p->ctx, &err), -1);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	err_clear(&err);
	assert_int_equal(run_lock_take(&p->ctx, run, &lk, &err), -1);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	assert_false(path_exists(run_state_dir(&p->ctx, &p->arena, run)));
}

static volatile int interrupted;

static void on_signal(int sig)
{
	interrupted = sig;
}

static void no_signal_slips_past(void **state)
{
	struct ctx ctx = {.interrupted = &interrupted};
	struct sigaction sa = {.sa_handler = on_signal};
	struct pollfd p = {.fd = -1};
	pid_t child;
	(void)state;
	sigaction(SIGTERM, &sa, NULL);
	interrupted = SIGTERM;
	assert_int_equal(sigpoll(&ctx, &p, 1, -1), -1); /* it has come before */
	interrupted = 0;
	assert_int_equal(sigpoll(&ctx, &p, 1, 1), 0);
	child = fork();
	if (child == 0) {
		usleep(50000);
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	assert_int_equal(sigpoll(&ctx, &p, 1, -1), -1);
	assert_int_equal(interrupted, SIGTERM);
	waitpid(child, NULL, 0);
}

static void a_grace_only_hastens(void **state)
{
	struct place *p = *state;
	struct stop st = {.next = NULL};
	const char *path = path_join(&p->arena, p->dir, "grace");
	struct err err = ERR_INIT;
	assert_int_equal(stop_asked_grace(NULL), -1);
	assert_int_equal(stop_asked_grace(p->dir), -1);
	assert_int_equal(file_write(path, "250\n", 4, 0600, &err), 0);
	assert_int_equal(stop_asked_grace(p->dir), 250);
	for (const char *const *bad = (const char *const[]){"", "x", "-1", "1e99",
		 "99999999999999999999", NULL};
	     *bad; bad++) {
		assert_int_equal(file_write(path, *bad, strlen(*bad), 0600, &err), 0);
		assert_true(stop_asked_grace(p->dir) <= 1);
	}
	stop_begin(&st, STOP_TERMINATE, 1000);
	stop_set_grace(&st, 100, 1000);
	assert_int_equal(stop_due(&st, 1000), SIGTERM);
	assert_int_equal(stop_due(&st, 1099), 0);
	stop_set_grace(&st, 60000, 1050); /* not later */
	assert_int_equal(stop_due(&st, 1100), SIGKILL);
	stop_begin(&st, STOP_TERMINATE, 1000);
	stop_set_grace(&st, 60000, 1000);
	assert_int_equal(stop_due(&st, 1000), SIGTERM);
	stop_set_grace(&st, 0, 2000);
	assert_int_equal(stop_due(&st, 2000), SIGKILL);
}

static void a_tree_of_processes_is_summed(void **state)
{
	struct place *p = *state;
	struct proctree t;
	int64_t cpu, memory, none;
	int ready[2];
	char c;
	pid_t child;
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		fork();
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* before the other one may die */
		(void)!write(ready[1], "", 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(read(ready[0], &c, 1), 1);
	proctree_read(&p->arena, &t);
	proctree_sum(&t, getpid(), &cpu, &memory);
	assert_true(cpu >= 0);
	assert_true(memory > 0);
	proctree_sum(&t, child, &cpu, &none);
	assert_true(none > 0);
	assert_true(none < memory);
	proctree_sum(&t, -5, &cpu, &none);
	assert_int_equal(none, 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(ready[0]);
	close(ready[1]);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(looking_is_in_nobodys_way),
	    T(closing_a_watch_ends_its_child),
	    T(ended_cards_are_found),
	    T(a_newer_state_directory_is_left_alone),
	    cmocka_unit_test(no_signal_slips_past),
	    T(a_grace_only_hastens),
	    T(a_tree_of_processes_is_summed),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
