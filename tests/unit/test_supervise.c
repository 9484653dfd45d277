/* SPDX-License-Identifier: MIT */
/* What a command writes and how it ends. */
#include "supervise_rig.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>

static void an_exit_code_is_kept(void **state)
{
	struct result *res = rig_shell(*state, "exit 3");
	assert_int_equal(res->rc, 0);
	assert_int_equal(res->out.exit.kind, EXIT_EXITED);
	assert_int_equal(res->out.exit.code, 3);
	assert_int_equal(res->out.stop_signal, 0);
	assert_int_equal(res->out.leftovers, 0);
}

/* What the kernel says of the same death without us. */
static bool dumps_core_here(const char *script)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		execlp("bash", "bash", "-c", script, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) && WCOREDUMP(status);
}

static void a_signal_and_its_core_are_kept(void **state)
{
	struct rig *r = *state;
	const char *with = "ulimit -c unlimited; kill -ABRT $$";
	struct result *res = rig_shell(r, "ulimit -c 0; kill -SEGV $$");
	assert_int_equal(res->out.exit.kind, EXIT_SIGNALLED);
	assert_int_equal(res->out.exit.sig, SIGSEGV);
	assert_false(res->out.exit.core);
	assert_int_equal(chdir(r->dir), 0);
	res = rig_shell(r, with);
	assert_int_equal(res->out.exit.sig, SIGABRT);
	assert_int_equal(res->out.exit.core, dumps_core_here(with));
	assert_int_equal(chdir("/"), 0);
}

static int new_file(struct rig *r, const char *name)
{
	char *path = arena_printf(&r->arena, "%s/%s", r->dir, name);
	return open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static void output_is_kept_and_passed_on_unchanged(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;
	auto_buf log = BUF_INIT;
	auto_buf shown = BUF_INIT;
	struct result *res;
	r->fd[1] = new_file(r, "shown");
	r->fd[2] = new_file(r, "shown2");
	res = rig_shell(r, "printf 'a\\0b\\377\\r\\n no newline'; echo to stderr >&2");
	assert_int_equal(file_read(r->out, 100, &log, &err), 0);
	assert_int_equal(log.len, 17);
	assert_memory_equal(log.s, "a\0b\377\r\n no newline", 17);
	assert_int_equal(lseek(r->fd[1], 0, SEEK_SET), 0);
	assert_int_equal(fd_read_all(r->fd[1], "shown", 100, &shown, &err), 0);
	assert_int_equal(shown.len, log.len);
	assert_memory_equal(shown.s, log.s, log.len);
	assert_int_equal(res->out.stdout_bytes, 17);
	assert_int_equal(res->out.stderr_bytes, 10);
	assert_string_equal(rig_read(r, r->err), "to stderr\n");
	assert_string_equal(
	    rig_read(r, arena_printf(&r->arena, "%s/shown2", r->dir)), "to stderr\n");
	assert_string_equal(res->tail, "to stderr\n");
}

static void an_unfinished_line_is_noticed(void **state)
{
	struct rig *r = *state;
	assert_true(rig_shell(r, "echo one; printf two")->out.mid_line);
	assert_false(rig_shell(r, "printf one; echo two")->out.mid_line);
	r->launch.quiet = true;
	assert_false(rig_shell(r, "printf two")->out.mid_line);
}

static void logs_are_appended_to(void **state)
{
	struct rig *r = *state;
	rig_shell(r, "echo first");
	rig_shell(r, "echo second");
	assert_string_equal(rig_read(r, r->out), "first\nsecond\n");
}

static void quiet_passes_nothing_on(void **state)
{
	struct rig *r = *state;
	r->fd[1] = new_file(r, "shown");
	r->launch.quiet = true;
	rig_shell(r, "echo text");
	assert_string_equal(rig_read(r, r->out), "text\n");
	assert_int_equal(lseek(r->fd[1], 0, SEEK_END), 0);
}

static void stdin_is_inherited(void **state)
{
	struct rig *r = *state;
	r->fd[0] = new_file(r, "in");
	assert_int_equal(fd_write_all(r->fd[0], "one\ntwo\n", 8), 0);
	assert_int_equal(lseek(r->fd[0], 0, SEEK_SET), 0);
	rig_shell(r, "read x; echo \"<$x>\"");
	assert_string_equal(rig_read(r, r->out), "<one>\n");
}

static void it_gets_its_directory_and_environment(void **state)
{
	struct rig *r = *state;
	char *env[] = {(char *)"PATH=/usr/bin:/bin", (char *)"COLOUR=blue", NULL};
	r->launch.envp = env;
	rig_shell(r, "pwd; echo $COLOUR $HOME");
	assert_string_equal(
	    rig_read(r, r->out), arena_printf(&r->arena, "%s\nblue\n", r->dir));
}

static void spoil_signals(void *arg)
{
	sigset_t set;
	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_SETMASK, &set, NULL);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

static void it_starts_with_ordinary_signals(void **state)
{
	struct rig *r = *state;
	unsigned long long blocked, ignored;
	r->before = spoil_signals;
	rig_shell(r, "grep -E '^Sig(Blk|Ign)' /proc/$$/status");
	assert_int_equal(
	    sscanf(rig_read(r, r->out), "SigBlk: %llx SigIgn: %llx", &blocked, &ignored),
	    2);
	assert_int_equal(blocked, 0);
	/* 32 and 33 are glibc's own: make's posix_spawn leaves them ignored, for good */
	assert_int_equal(ignored & ~0x180000000ULL, 0);
}

static void a_gigabyte_needs_no_memory(void **state)
{
	struct rig *r = *state;
	char *argv[] = {
	    (char *)"head", (char *)"-c", (char *)"1G", (char *)"/dev/zero", NULL};
	struct result *res;
	r->launch.stdout_log = "/dev/null";
	rig_start(r, argv);
	res = rig_wait(r);
	assert_int_equal(res->out.stdout_bytes, 1 << 30);
	assert_int_equal(res->out.exit.code, 0);
	assert_true(res->grown_kb < 4096);
}

static void close_stdout(void *arg)
{
	(void)arg;
	close(1);
}

static void a_closed_stdout_harms_nothing(void **state)
{
	struct rig *r = *state;
	struct result *res;
	r->before = close_stdout;
	res = rig_shell(r, "seq 100000 && echo end >&2");
	assert_int_equal(res->out.exit.code, 0);
	assert_int_equal(rig_size(r->out), 588895);
	assert_string_equal(rig_read(r, r->err), "end\n");
}

static void a_reader_that_goes_away_harms_nothing(void **state)
{
	struct rig *r = *state;
	struct result *res;
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	r->fd[1] = ends[1];
	close(ends[0]);
	res = rig_shell(r, "seq 100000");
	assert_int_equal(res->out.exit.kind, EXIT_EXITED);
	assert_int_equal(res->out.exit.code, 0);
	assert_int_equal(rig_size(r->out), 588895);
}

/* Read all of it, a little at a time. */
static off_t read_slowly(int fd)
{
	char bytes[65536];
	off_t sum = 0;
	ssize_t n;
	usleep(200000);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		sum += n;
	return sum;
}

static void slow_reader(struct rig *r, int ours, int theirs)
{
	struct result *res;
	off_t got;
	r->fd[1] = theirs;
	rig_start_shell(r, "echo begin >&2; head -c 8M /dev/zero");
	fd_close(&r->fd[1]);
	rig_await(r, r->err, "begin");
	usleep(100000);
	/* two pipes and a buffer hold less than half of it: the command has to wait */
	assert_true(rig_size(r->out) < 4 << 20);
	got = read_slowly(ours);
	close(ours);
	res = rig_wait(r);
	assert_int_equal(got, 8 << 20);
	assert_int_equal(rig_size(r->out), 8 << 20);
	assert_int_equal(res->stdout_flags & O_NONBLOCK, 0);
	assert_true(res->grown_kb < 4096);
}

static void a_slow_pipe_gets_everything(void **state)
{
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	slow_reader(*state, ends[0], ends[1]);
}

static void a_slow_socket_gets_everything(void **state)
{
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	slow_reader(*state, ends[0], ends[1]);
}

static void a_full_log_is_said_once(void **state)
{
	struct rig *r = *state;
	struct result *res;
	r->fd[1] = new_file(r, "shown");
	r->launch.stdout_log = "/dev/full";
	res = rig_shell(r, "seq 100000; sleep 0.1; seq 100000");
	assert_int_equal(res->out.exit.code, 0);
	assert_int_equal(res->out.log_errno, ENOSPC);
	assert_int_equal(res->says, 1);
	assert_non_null(strstr(res->said, "'/dev/full'"));
	assert_int_equal(lseek(r->fd[1], 0, SEEK_END), 2 * 588895);
}

static void limit_file_size(void *arg)
{
	struct rlimit lim = {65536, 65536};
	(void)arg;
	setrlimit(RLIMIT_FSIZE, &lim);
}

static void a_log_at_its_limit_is_cut(void **state)
{
	struct rig *r = *state;
	struct result *res;
	r->before = limit_file_size;
	res = rig_shell(r, "seq 100000");
	assert_int_equal(res->out.exit.code, 0);
	assert_int_equal(res->out.log_errno, EFBIG);
	assert_int_equal(rig_size(r->out), 65536);
}

static void a_log_that_is_no_file_is_refused(void **state)
{
	struct rig *r = *state;
	struct result *res;
	assert_int_equal(symlink("/etc/passwd", r->out), 0);
	assert_int_equal(mkfifo(r->err, 0600), 0);
	res = rig_shell(r, "echo never > ran");
	assert_int_equal(res->rc, -1);
	assert_non_null(strstr(res->err.msg, r->out));
	unlink(r->out);
	assert_int_equal(rig_shell(r, "echo never > ran")->rc, -1);
	assert_int_equal(rig_size(arena_printf(&r->arena, "%s/ran", r->dir)), -1);
}

static void what_cannot_start_never_started(void **state)
{
	struct rig *r = *state;
	char *missing[] = {(char *)"no-such-command", NULL};
	char *file[] = {(char *)"/etc/passwd", NULL};
	struct result *res;
	rig_start(r, missing);
	res = rig_wait(r);
	assert_int_equal(res->rc, 0);
	assert_int_equal(res->out.exit.kind, EXIT_NEVER);
	assert_int_equal(res->out.exit.code, 127);
	assert_int_equal(res->err.code, ERR_NOTFOUND);
	assert_non_null(strstr(res->err.msg, "'no-such-command'"));
	rig_start(r, file);
	res = rig_wait(r);
	assert_int_equal(res->out.exit.kind, EXIT_NEVER);
	assert_int_equal(res->out.exit.code, 126);
	r->launch.cwd = "/no/such/directory";
	res = rig_shell(r, "exit 0");
	assert_int_equal(res->out.exit.kind, EXIT_NEVER);
	assert_non_null(strstr(res->err.msg, "/no/such/directory"));
}

static void limit_files(void *arg)
{
	struct rig *r = arg;
	struct rlimit lim = {(rlim_t)r->ctx.trace, 64};
	r->ctx.trace = -1;
	setrlimit(RLIMIT_NOFILE, &lim);
}

/* Wherever files run out it is an error, not a run that pretends. */
static void running_out_of_files_is_said(void **state)
{
	struct rig *r = *state;
	bool ran = false;
	r->before = limit_files;
	for (int most = 3; most < 40; most++) {
		struct result *res = r->result;
		memset(res, 0, sizeof(*res));
		unlink(r->out);
		r->ctx.trace = most; /* for limit_files */
		rig_shell(r, "echo text");
		ran = res->rc == 0 && res->out.exit.kind == EXIT_EXITED;
		if (ran &&
		    res->out.exit.code == 0) /* the command lives with the limit too */
			assert_string_equal(rig_read(r, r->out), "text\n");
		else if (ran)
			assert_true(most < 20);
		else
			assert_true(res->err.code != ERR_NONE && res->err.msg[0]);
	}
	assert_true(ran);
}

static int open_files(void)
{
	auto_dir d = opendir("/proc/self/fd");
	int n = 0;
	while (readdir(d))
		n++;
	return n;
}

static void nothing_of_it_remains(void **state)
{
	struct rig *r = *state;
	char *good[] = {(char *)"bash", (char *)"-c", (char *)"echo x; echo y >&2", NULL};
	char *bad[] = {(char *)"/no/such", NULL};
	int before = open_files(), subreaper = -1;
	sigset_t mask, after;
	struct sigaction pipe_before, pipe_after;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigaction(SIGPIPE, NULL, &pipe_before);
	r->launch.quiet = true;
	for (int i = 0; i < 50; i++) {
		struct outcome out;
		struct err err = ERR_INIT;
		r->launch.argv = i % 2 ? bad : good;
		assert_int_equal(supervise(&r->ctx, &r->launch, &out, &err), 0);
		free(out.stderr_tail);
	}
	assert_int_equal(open_files(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	sigprocmask(SIG_BLOCK, NULL, &after);
	for (int sig = 1; sig < NSIG; sig++)
		assert_int_equal(sigismember(&mask, sig), sigismember(&after, sig));
	sigaction(SIGPIPE, NULL, &pipe_after);
	assert_ptr_equal(pipe_before.sa_handler, pipe_after.sa_handler);
	prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0);
	assert_int_equal(subreaper, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(an_exit_code_is_kept),
	    T(a_signal_and_its_core_are_kept),
	    T(output_is_kept_and_passed_on_unchanged),
	    T(an_unfinished_line_is_noticed),
	    T(logs_are_appended_to),
	    T(quiet_passes_nothing_on),
	    T(stdin_is_inherited),
	    T(it_gets_its_directory_and_environment),
	    T(it_starts_with_ordinary_signals),
	    T(a_gigabyte_needs_no_memory),
	    T(a_closed_stdout_harms_nothing),
	    T(a_reader_that_goes_away_harms_nothing),
	    T(a_slow_pipe_gets_everything),
	    T(a_slow_socket_gets_everything),
	    T(a_full_log_is_said_once),
	    T(a_log_at_its_limit_is_cut),
	    T(a_log_that_is_no_file_is_refused),
	    T(what_cannot_start_never_started),
	    T(running_out_of_files_is_said),
	    T(nothing_of_it_remains),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
