/* SPDX-License-Identifier: MIT */
/* The lock that is a run's life. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/proc.h"
#include "run/lock.h"
#include "run/mark.h"
#include "place_fixture.h"

static const char run[] = "0123456789abcdef0123456789abcdef";

/* What another process gets: 0, or the error's code. */
static int take_elsewhere(const struct ctx *ctx)
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		struct run_lock lk = RUN_LOCK_INIT;
		struct err err = ERR_INIT;
		_exit(run_lock_take(ctx, run, &lk, &err) == 0 ? 0 : (int)err.code);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void one_holds_it_at_a_time(void **state)
{
	struct place *p = *state;
	struct run_lock lk = RUN_LOCK_INIT;
	struct err err = ERR_INIT;
	assert_int_equal(run_lock_take(&p->ctx, run, &lk, &err), 0);
	assert_string_equal(lk.dir, run_state_dir(&p->ctx, &p->arena, run));
	assert_true(path_is_dir(lk.dir));
	assert_int_equal(take_elsewhere(&p->ctx), ERR_BUSY);
	run_lock_drop(&lk, false);
	assert_int_equal(lk.fd, -1);
	assert_null(lk.dir);
	assert_int_equal(take_elsewhere(&p->ctx), 0);
}

/* Drops the lock of a run that it has taken, and says so: in a process of its own. */
static pid_t start_dropper(const struct ctx *ctx, int said[2], int go[2])
{
	struct run_lock lk = RUN_LOCK_INIT;
	struct err err = ERR_INIT;
	char c;
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	if (run_lock_take(ctx, run, &lk, &err) < 0 || write(said[1], "t", 1) != 1 ||
	    read(go[0], &c, 1) != 1)
		_exit(1);
	run_lock_drop(&lk, true);
	_exit(write(said[1], "d", 1) == 1 ? 0 : 1);
}

static bool is_readable_in(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, ms) == 1;
}

static void who_is_about_to_be_signalled_does_not_go_on(void **state)
{
	struct place *p = *state;
	const char *dir = run_state_dir(&p->ctx, &p->arena, run);
	int said[2], go[2], status, pin;
	char c;
	pid_t pid;
	assert_int_equal(pipe(said), 0);
	assert_int_equal(pipe(go), 0);
	pid = start_dropper(&p->ctx, said, go);
	assert_int_equal(read(said[0], &c, 1), 1);
	pin = run_lock_pin(dir);
	assert_true(pin >= 0);
	assert_int_equal(write(go[1], "g", 1), 1);
	while (path_is_dir(dir)) /* it is at it */
		usleep(1000);
	assert_false(is_readable_in(said[0], 100));
	assert_false(run_lock_is_held(dir));
	close(pin);
	assert_int_equal(read(said[0], &c, 1), 1);
	assert_int_equal(c, 'd');
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(run_lock_pin(dir), -1);
	for (int i = 0; i < 2; i++) {
		close(said[i]);
		close(go[i]);
	}
}

static pid_t start_sleep(char *const *env)
{
	char *argv[] = {(char *)"/bin/sleep", (char *)"100", NULL};
	struct proc p = PROC_INIT;
	struct err err = ERR_INIT;
	p.argv = argv;
	p.envp = env;
	p.flags = PROC_DIE_WITH_US; /* a test that fails must leave nothing */
	assert_int_equal(proc_start(&p, -1, &err), 0);
	return p.pid;
}

static void a_program_that_we_start_does_not_hold_it(void **state)
{
	struct place *p = *state;
	struct run_lock lk = RUN_LOCK_INIT;
	struct err err = ERR_INIT;
	pid_t pid;
	assert_int_equal(run_lock_take(&p->ctx, run, &lk, &err), 0);
	pid = start_sleep(NULL);
	run_lock_drop(&lk, false);
	assert_int_equal(take_elsewhere(&p->ctx), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void forgetting_leaves_nothing(void **state)
{
	struct place *p = *state;
	struct run_lock lk = RUN_LOCK_INIT;
	struct err err = ERR_INIT;
	const char *runs = arena_printf(&p->arena, "%s/runs", p->dir);
	assert_int_equal(run_lock_take(&p->ctx, run, &lk, &err), 0);
	assert_int_equal(
	    file_write(arena_printf(&p->arena, "%s/plan", lk.dir), "x", 1, 0600, &err),
	    0);
	run_lock_drop(&lk, true);
	assert_int_equal(rmdir(runs), 0); /* so it is empty */
}

static void ids_cannot_leave_the_directory(void **state)
{
	static const char *const bad[] = {"", ".", "..", "../x", "a/b", "/etc", "a b",
	    "a\n", "a.gone.1",
	    "01234567890123456789012345678901234567890123456789012345678901234"};
	struct place *p = *state;
	struct run_lock lk = RUN_LOCK_INIT;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = ERR_INIT;
		assert_int_equal(run_lock_take(&p->ctx, bad[i], &lk, &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
		assert_int_equal(run_is_alive(&p->ctx, bad[i], &lk, &err), -1);
		assert_int_equal(lk.fd, -1);
	}
	assert_int_equal(rmdir(p->dir), 0); /* nothing was made */
}

static void no_place_is_said(void **state)
{
	struct place *p = *state;
	struct run_lock lk = RUN_LOCK_INIT;
	struct err err = ERR_INIT;
	p->ctx.state_dir = NULL;
	assert_int_equal(run_lock_take(&p->ctx, run, &lk, &err), -1);
	assert_non_null(strstr(err.hint, "HOME"));
	err_clear(&err);
	p->ctx.state_dir = "/dev/null/state";
	assert_int_equal(run_lock_take(&p->ctx, run, &lk, &err), -1);
	assert_non_null(strstr(err.msg, "/dev/null/state"));
	assert_non_null(strstr(err.hint, "XDG_STATE_HOME"));
	assert_int_equal(err.code, ERR_FAIL);
	assert_int_equal(run_is_alive(&p->ctx, run, &lk, &err), -1);
}

static void a_link_is_not_followed(void **state)
{
	struct place *p = *state;
	struct run_lock lk = RUN_LOCK_INIT;
	struct err err = ERR_INIT;
	char *dir = run_state_dir(&p->ctx, &p->arena, run);
	char *target = arena_printf(&p->arena, "%s/target", p->dir);
	assert_int_equal(dir_make(dir, 0700, &err), 0);
	assert_int_equal(symlink(target, arena_printf(&p->arena, "%s/lock", dir)), 0);
	assert_int_equal(run_lock_take(&p->ctx, run, &lk, &err), -1);
	assert_false(path_exists(target));
}

static pid_t hold_elsewhere(const struct ctx *ctx, int ready)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct run_lock lk = RUN_LOCK_INIT;
		struct err err = ERR_INIT;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (run_lock_take(ctx, run, &lk, &err) == 0)
			(void)!write(ready, "x", 1);
		pause();
		_exit(0);
	}
	return pid;
}

static void alive_is_who_holds_it(void **state)
{
	struct place *p = *state;
	struct run_lock lk = RUN_LOCK_INIT;
	struct err err = ERR_INIT;
	char byte;
	int ends[2];
	pid_t pid;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = hold_elsewhere(&p->ctx, ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(run_is_alive(&p->ctx, run, &lk, &err), 1);
	assert_int_equal(err.code, ERR_NONE);
	assert_int_equal(lk.fd, -1);
	kill(pid, SIGKILL); /* as a supervisor that is lost */
	waitpid(pid, NULL, 0);
	assert_int_equal(run_is_alive(&p->ctx, run, &lk, &err), 0);
	assert_true(lk.fd >= 0);
	assert_int_equal(take_elsewhere(&p->ctx), ERR_BUSY);
	run_lock_drop(&lk, true);
	close(ends[0]);
	close(ends[1]);
}

/* The kernel shows it a moment after exec has let us go on. */
static void await_environ(pid_t pid)
{
	struct err err = ERR_INIT;
	auto_buf path = BUF_INIT;
	auto_buf text = BUF_INIT;
	buf_addf(&path, "/proc/%ld/environ", (long)pid);
	for (int i = 0; i < 1000 && text.len == 0; i++) {
		usleep(1000);
		file_read(path.s, 65536, &text, &err);
	}
	assert_true(text.len > 0);
}

static void alive_is_who_carries_its_id(void **state)
{
	struct place *p = *state;
	struct run_lock lk = RUN_LOCK_INIT;
	struct err err = ERR_INIT;
	char *id = arena_printf(&p->arena, "%032lx", (long)getpid()); /* nobody else's */
	char *entry = arena_printf(&p->arena, "MLP_RUN_ID=%s", id);
	char *env[] = {(char *)"A=b", entry, NULL};
	pid_t pid = start_sleep(env);
	await_environ(pid);
	assert_int_equal(run_is_alive(&p->ctx, id, &lk, &err), 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(run_is_alive(&p->ctx, id, &lk, &err), 0);
	run_lock_drop(&lk, true);
}

/* Takes and forgets it; *inside is how many believe that they hold it. */
static _Noreturn void contend(const struct ctx *ctx, volatile int *inside)
{
	int failed = 0;
	for (int i = 0; i < 300; i++) {
		struct run_lock lk = RUN_LOCK_INIT;
		struct err err = ERR_INIT;
		if (run_lock_take(ctx, run, &lk, &err) < 0) {
			failed |= err.code != ERR_BUSY;
			continue;
		}
		failed |= __sync_add_and_fetch(inside, 1) != 1;
		sched_yield();
		__sync_sub_and_fetch(inside, 1);
		run_lock_drop(&lk, i % 2);
	}
	_exit(failed);
}

static void forgetting_never_lets_two_in(void **state)
{
	enum { MANY = 6 };
	struct place *p = *state;
	int *inside = mmap(NULL, sizeof(*inside), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[MANY];
	for (int i = 0; i < MANY; i++)
		if ((pids[i] = fork()) == 0)
			contend(&p->ctx, inside);
	for (int i = 0; i < MANY; i++) {
		int status;
		waitpid(pids[i], &status, 0);
		assert_int_equal(status, 0);
	}
	munmap(inside, sizeof(*inside));
}

static void a_lock_that_nobody_holds_is_that_of_a_lost_run(void **state)
{
	struct place *p = *state;
	const char *dir = run_state_dir(&p->ctx, &p->arena, run);
	struct run_lock lk = RUN_LOCK_INIT;
	struct err err = ERR_INIT;
	assert_int_equal(run_lock_look(dir), RUN_LOCK_NONE);
	assert_int_equal(run_lock_take(&p->ctx, run, &lk, &err), 0);
	assert_int_equal(run_lock_look(dir), RUN_LOCK_HELD);
	assert_int_equal(run_lock_boot(dir), RUN_LOCK_THIS_BOOT);
	run_lock_drop(&lk, false);
	assert_int_equal(run_lock_look(dir), RUN_LOCK_FREE);
	assert_int_equal(run_lock_take(&p->ctx, run, &lk, &err), 0);
	run_lock_retire(&lk);
	assert_int_equal(run_lock_look(dir), RUN_LOCK_NONE);
	assert_true(path_is_dir(dir));
	assert_int_equal(take_elsewhere(&p->ctx), 0);
}

static void put(const char *dir, const char *name, const char *text)
{
	auto_buf path = BUF_INIT;
	struct err err = ERR_INIT;
	buf_addf(&path, "%s/%s", dir, name);
	assert_int_equal(file_write(path.s, text, strlen(text), 0600, &err), 0);
}

static void a_lock_says_when_it_was_made(void **state)
{
	struct place *p = *state;
	const char *dir = run_state_dir(&p->ctx, &p->arena, run);
	struct err err = ERR_INIT;
	assert_int_equal(dir_make(dir, 0700, &err), 0);
	assert_int_equal(run_lock_boot(dir), RUN_LOCK_NO_BOOT);
	put(dir, "lock", "");
	assert_int_equal(run_lock_boot(dir), RUN_LOCK_NO_BOOT);
	put(dir, "lock", "00000000-1111-2222-3333-444444444444");
	assert_int_equal(run_lock_boot(dir), RUN_LOCK_OTHER_BOOT);
}

static void what_was_half_made_is_cleared(void **state)
{
	struct place *p = *state;
	const char *dir = run_state_dir(&p->ctx, &p->arena, run);
	auto_buf half = BUF_INIT;
	struct err err = ERR_INIT;
	int fd;
	assert_int_equal(dir_make(dir, 0700, &err), 0);
	put(dir, "lock.1", "");
	run_lock_clear(dir);
	assert_false(path_exists(dir));
	assert_int_equal(dir_make(dir, 0700, &err), 0);
	put(dir, "lock.2", "");
	buf_addf(&half, "%s/lock.2", dir);
	fd = open(half.s, O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	run_lock_clear(dir); /* somebody is just making it */
	assert_true(path_exists(half.s));
	close(fd);
	put(dir, "note", "");
	run_lock_clear(dir);
	assert_false(path_exists(half.s));
	assert_true(path_is_dir(dir));
}

/* libc's, but for whom somebody who clears comes first, so many times. */
static int cleared;

static int clear_first(int fd, int how)
{
	auto_buf path = BUF_INIT;
	char name[4096] = "";
	auto_fd other = -1;
	int rc, why;
	cleared--;
	buf_addf(&path, "/proc/self/fd/%d", fd);
	assert_true(readlink(path.s, name, sizeof(name) - 1) > 0);
	other = open(name, O_RDONLY | O_CLOEXEC);
	assert_int_equal(syscall(SYS_flock, other, LOCK_EX | LOCK_NB), 0);
	rc = (int)syscall(SYS_flock, fd, how);
	why = errno;
	assert_int_equal(unlink(name), 0);
	errno = why;
	return rc;
}

int flock(int fd, int how)
{
	return cleared > 0 ? clear_first(fd, how) : (int)syscall(SYS_flock, fd, how);
}

static void who_clears_is_not_who_runs_it(void **state)
{
	struct place *p = *state;
	struct run_lock lk = RUN_LOCK_INIT;
	struct err err = ERR_INIT;
	cleared = 3;
	assert_int_equal(run_lock_take(&p->ctx, run, &lk, &err), 0);
	assert_int_equal(cleared, 0);
	assert_int_equal(err.code, ERR_NONE);
	assert_int_equal(take_elsewhere(&p->ctx), ERR_BUSY);
	run_lock_drop(&lk, true);
}

/* Children inherit it, whatever they do; zombies only have had it. */
static void a_mark_is_inherited(void **state)
{
	char *none[] = {NULL};
	char text[24];
	pid_t pid;
	(void)state;
	assert_true(mark_of(run) != mark_of("fedcba9876543210fedcba9876543210"));
	snprintf(text, sizeof(text), "%ld", (long)getpid());
	assert_false(mark_is_on(text, mark_of(run)));
	mark_ourselves(run);
	assert_true(mark_is_on(text, mark_of(run)));
	pid = start_sleep(none);
	snprintf(text, sizeof(text), "%ld", (long)pid);
	assert_true(mark_is_on(text, mark_of(run)));
	assert_false(mark_is_dead(text));
	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT);
	assert_true(mark_is_dead(text));
	waitpid(pid, NULL, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(one_holds_it_at_a_time),
	    T(a_program_that_we_start_does_not_hold_it),
	    T(forgetting_leaves_nothing),
	    T(ids_cannot_leave_the_directory),
	    T(no_place_is_said),
	    T(a_link_is_not_followed),
	    T(alive_is_who_holds_it),
	    T(alive_is_who_carries_its_id),
	    T(forgetting_never_lets_two_in),
	    T(a_lock_that_nobody_holds_is_that_of_a_lost_run),
	    T(a_lock_says_when_it_was_made),
	    T(who_is_about_to_be_signalled_does_not_go_on),
	    T(what_was_half_made_is_cleared),
	    T(who_clears_is_not_who_runs_it),
	    T(a_mark_is_inherited),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
