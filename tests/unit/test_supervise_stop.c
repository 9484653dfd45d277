/* SPDX-License-Identifier: MIT */
/* Being stopped: by time, by signals, and what outlives the command. */
#include "supervise_rig.h"

#include <errno.h>

#include "base/clock.h"
#include "run/stop.h"

static void short_grace(void *arg)
{
	(void)arg;
	setenv("MLP_STOP_GRACE", "100", 1);
}

static bool is_alive(long pid)
{
	return pid > 0 && kill((pid_t)pid, 0) == 0;
}

/* The number that the command wrote into a file of its directory. */
static long number_in(struct rig *r, const char *name)
{
	return strtol(
	    rig_read(r, arena_printf(&r->arena, "%s/%s", r->dir, name)), NULL, 10);
}

static void a_time_limit_ends_the_group(void **state)
{
	struct rig *r = *state;
	struct result *res;
	r->launch.timeout_ms = 100;
	res = rig_shell(r, "sleep 100 & echo $! > pid; wait");
	assert_int_equal(res->out.exit.kind, EXIT_TIMEOUT);
	assert_int_equal(res->out.exit.sig, SIGTERM);
	assert_int_equal(res->out.stop_signal, 0);
	assert_true(number_in(r, "pid") > 0);
	assert_false(is_alive(number_in(r, "pid")));
}

static void a_time_limit_is_not_evaded(void **state)
{
	struct rig *r = *state;
	struct result *res;
	r->launch.timeout_ms = 100;
	r->before = short_grace;
	res = rig_shell(r, "trap '' TERM INT; while :; do sleep 100; done");
	assert_int_equal(res->out.exit.kind, EXIT_TIMEOUT);
	assert_int_equal(res->out.exit.sig, SIGKILL);
	/* an exit code of its own does not change why it ended */
	res = rig_shell(r, "trap 'exit 0' TERM; while :; do sleep 100 & wait; done");
	assert_int_equal(res->out.exit.kind, EXIT_TIMEOUT);
}

static void a_command_within_its_limit_is_left_alone(void **state)
{
	struct rig *r = *state;
	struct result *res;
	r->launch.timeout_ms = 100000;
	res = rig_shell(r, "exit 9");
	assert_int_equal(res->out.exit.kind, EXIT_EXITED);
	assert_int_equal(res->out.exit.code, 9);
}

static void term_is_passed_to_the_group(void **state)
{
	struct rig *r = *state;
	struct result *res;
	rig_start_shell(r, "trap 'echo bye; exit 7' TERM; echo ready; sleep 100 & wait");
	rig_await(r, r->out, "ready");
	kill(r->pid, SIGTERM);
	res = rig_wait(r);
	assert_int_equal(res->out.stop_signal, SIGTERM);
	assert_int_equal(res->out.exit.kind, EXIT_EXITED);
	assert_int_equal(res->out.exit.code, 7);
	assert_string_equal(rig_read(r, r->out), "ready\nbye\n");
}

static void hup_ends_it_with_term(void **state)
{
	struct rig *r = *state;
	struct result *res;
	rig_start_shell(r, "echo ready; sleep 100");
	rig_await(r, r->out, "ready");
	kill(r->pid, SIGHUP);
	res = rig_wait(r);
	assert_int_equal(res->out.stop_signal, SIGHUP);
	assert_int_equal(res->out.exit.kind, EXIT_SIGNALLED);
	assert_int_equal(res->out.exit.sig, SIGTERM);
}

static void ignore_hup(void *arg)
{
	(void)arg;
	signal(SIGHUP, SIG_IGN);
}

static void an_ignored_hup_stays_ignored(void **state)
{
	struct rig *r = *state;
	struct result *res;
	r->before = ignore_hup;
	rig_start_shell(r, "echo ready; sleep 100");
	rig_await(r, r->out, "ready");
	kill(r->pid, SIGHUP);
	usleep(50000);
	kill(r->pid, SIGQUIT);
	res = rig_wait(r);
	assert_int_equal(res->out.stop_signal, SIGQUIT);
}

static void an_interrupt_escalates(void **state)
{
	struct rig *r = *state;
	struct result *res;
	r->before = short_grace;
	rig_start_shell(r, "trap 'echo int' INT; trap 'echo term' TERM; echo ready;"
			   "while :; do sleep 100 & wait; done");
	rig_await(r, r->out, "ready");
	kill(r->pid, SIGINT);
	res = rig_wait(r);
	assert_string_equal(rig_read(r, r->out), "ready\nint\nterm\n");
	assert_int_equal(res->out.stop_signal, SIGINT);
	assert_int_equal(res->out.exit.sig, SIGKILL);
}

static void a_second_interrupt_kills(void **state)
{
	struct rig *r = *state;
	struct result *res;
	int64_t began;
	rig_start_shell(r, "trap 'echo int' INT; trap 'echo term' TERM; echo ready;"
			   "while :; do sleep 100 & wait; done");
	rig_await(r, r->out, "ready");
	began = clock_mono_ms();
	kill(r->pid, SIGINT);
	rig_await(r, r->out, "int");
	kill(r->pid, SIGINT);
	res = rig_wait(r);
	assert_true(clock_mono_ms() - began < STOP_GRACE_MS);
	assert_string_equal(rig_read(r, r->out), "ready\nint\n");
	assert_int_equal(res->out.exit.sig, SIGKILL);
	assert_int_equal(res->out.leftovers, 0);
}

static void a_stopped_command_can_be_ended(void **state)
{
	struct rig *r = *state;
	rig_start_shell(
	    r, "trap 'exit 8' TERM; echo ready; kill -STOP $$; sleep 100 & wait");
	rig_await(r, r->out, "ready");
	usleep(20000);
	kill(r->pid, SIGTERM);
	assert_int_equal(rig_wait(r)->out.exit.code, 8);
}

static void a_stuck_reader_does_not_hold_us(void **state)
{
	struct rig *r = *state;
	struct result *res;
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	r->fd[1] = ends[1];
	rig_start_shell(r, "echo ready >&2; cat /dev/zero");
	rig_await(r, r->err, "ready");
	kill(r->pid, SIGTERM);
	res = rig_wait(r); /* nobody has read anything */
	close(ends[0]);
	assert_int_equal(res->out.stop_signal, SIGTERM);
	assert_int_equal(rig_size(r->out), res->out.stdout_bytes);
}

static void what_outlives_it_is_stopped(void **state)
{
	struct rig *r = *state;
	struct result *res;
	r->fd[1] = -1;
	res = rig_shell(r, "(setsid sh -c 'echo $$ > one; exec sleep 100' &)\n"
			   "(sleep 100 >/dev/null 2>&1 & echo $! > two)\n"
			   "until test -s one; do sleep 0.01; done; exit 4");
	assert_int_equal(res->out.exit.kind, EXIT_EXITED);
	assert_int_equal(res->out.exit.code, 4);
	assert_int_equal(res->out.leftovers, 2);
	assert_int_equal(res->says, 1);
	assert_string_equal(
	    res->said, "2 processes outlived the command and were stopped");
	assert_true(number_in(r, "one") > 0 && number_in(r, "two") > 0);
	assert_false(is_alive(number_in(r, "one")));
	assert_false(is_alive(number_in(r, "two")));
}

static void what_ignores_term_is_killed(void **state)
{
	struct rig *r = *state;
	struct result *res;
	r->before = short_grace;
	/* a family of three: nobody of it may live on because its parent does */
	res =
	    rig_shell(r, "trap '' TERM; setsid bash -c '"
			 "(trap \"\" TERM; sleep 100 & echo $! > two; wait) & "
			 "echo $$ > one; wait' & until test -s two; do sleep 0.01; done");
	assert_int_equal(res->out.exit.code, 0);
	assert_int_equal(res->out.leftovers, 3);
	assert_true(number_in(r, "one") > 0 && number_in(r, "two") > 0);
	assert_false(is_alive(number_in(r, "one")));
	assert_false(is_alive(number_in(r, "two")));
}

static void what_ends_soon_by_itself_is_waited_for(void **state)
{
	struct rig *r = *state;
	struct result *res = rig_shell(r, "(sleep 0.1; echo late) & echo done");
	assert_string_equal(rig_read(r, r->out), "done\nlate\n");
	assert_int_equal(res->out.leftovers, 0);
	assert_int_equal(res->says, 0);
}

static pid_t *sibling; /* shared */

static void have_a_child(void *arg)
{
	(void)arg;
	*sibling = fork();
	if (*sibling == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
}

static void children_that_we_had_are_left_alone(void **state)
{
	struct rig *r = *state;
	struct result *res;
	sibling = mmap(NULL, sizeof(*sibling), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	r->before = have_a_child;
	res = rig_shell(r, "sleep 100 & exit 0");
	assert_int_equal(res->out.leftovers, 1);
	munmap(sibling, sizeof(*sibling));
}

static void an_interruption_before_the_start_is_seen(void **state)
{
	struct rig *r = *state;
	struct result *res;
	int asked = SIGINT;
	r->ctx.interrupted = &asked;
	res = rig_shell(r, "echo never");
	assert_int_equal(res->rc, -1);
	assert_int_equal(res->err.code, ERR_INTERRUPTED);
	assert_int_equal(res->err.sys, SIGINT);
	assert_string_equal(rig_read(r, r->out), "");
}

static void steps_follow_time(void **state)
{
	struct stop st = {.next = NULL};
	(void)state;
	assert_int_equal(stop_due(&st, 0), 0);
	stop_begin(&st, STOP_INTERRUPT, 1000);
	assert_int_equal(stop_due(&st, 1000), SIGINT);
	assert_int_equal(stop_due(&st, 1000), 0);
	assert_int_equal(stop_due(&st, 999 + STOP_GRACE_MS), 0);
	assert_int_equal(stop_due(&st, 1000 + STOP_GRACE_MS), SIGTERM);
	stop_hasten(&st, SIGTERM, 2000); /* past: changes nothing */
	assert_int_equal(stop_due(&st, 2000), 0);
	stop_hasten(&st, SIGKILL, 2000);
	assert_true(stop_pending(&st));
	assert_int_equal(stop_due(&st, 2000), SIGKILL);
	assert_false(stop_pending(&st));
	assert_int_equal(stop_due(&st, 1 << 30), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(steps_follow_time),
	    T(a_time_limit_ends_the_group),
	    T(a_time_limit_is_not_evaded),
	    T(a_command_within_its_limit_is_left_alone),
	    T(term_is_passed_to_the_group),
	    T(hup_ends_it_with_term),
	    T(an_ignored_hup_stays_ignored),
	    T(an_interrupt_escalates),
	    T(a_second_interrupt_kills),
	    T(a_stopped_command_can_be_ended),
	    T(a_stuck_reader_does_not_hold_us),
	    T(what_outlives_it_is_stopped),
	    T(what_ignores_term_is_killed),
	    T(what_ends_soon_by_itself_is_waited_for),
	    T(children_that_we_had_are_left_alone),
	    T(an_interruption_before_the_start_is_seen),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
