/* SPDX-License-Identifier: MIT */
/*
 * drive.c -- a program that uses libmlp's handles, one step for each of its arguments:
 *
 *   start URI [NAME=VALUE...]   as handle 0, 1, ...; "0 ID"
 *   set WHAT N                  for the starts that follow: detach, at_once, pass, told,
 *                               timeout (ms), retries
 *   wait I MS | poll I          "I ended ..." or "I lives", or the error
 *   all                         wait for every handle, by their descriptors
 *   fd I MS                     "I readable" or "I silent" after so long
 *   stop I GRACE | release I | id I | get RUN
 *   thread STEP...              the step in a thread of its own, which is waited for
 *   beside STEP...              which is not
 *   interrupt MS                the context, so much later
 *   close                       the context
 *   open                        another one
 *   reaper | sigign             another thread reaps every child | SIGCHLD is ignored
 *   forks N                     so many threads that fork and wait, all the time
 *   child MS                    a child that keeps our descriptors and sleeps, until we end
 *   closefds                    all but the standard ones
 *   others N                    open so many other files
 *   files                       how many descriptors there are
 *   sleep MS | until FILE       that has something in it
 *   join                        those that are beside
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mlp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HANDLES = 512, WORDS = 32 };

static struct mlp *m;
static struct mlp_handle *handles[HANDLES];
static int nhandles;
static struct {
	int detach, at_once, pass, told;
	int retries;
	long timeout;
} with;
static pthread_t beside[16];
static int nbeside;
static pid_t kid;

static void do_step(const char *text);

static void on_message(void *arg, int level, const char *text)
{
	static const char *const words[] = {"debug", "info", "warning", "mistake"};
	(void)arg;
	if (level > MLP_DEBUG)
		printf("%s: %s\n", words[level], text);
}

static void on_started(void *arg, const struct mlp_record *run)
{
	printf("%s started %s %s\n", (const char *)arg, run->run_id,
	    mlp_status_word(run->status));
}

static void nap(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};
	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

static void fail(const char *what, const struct mlp_error *e)
{
	printf("%s error %d: %s\n", what, e->code, e->message);
	if (e->hint[0])
		printf("hint: %s\n", e->hint);
}

static void print(const char *what, const struct mlp_record *r)
{
	printf("%s ended %s %s exit=%d/%d/%d reason=%s", what, r->run_id,
	    mlp_status_word(r->status), r->exit_kind, r->exit_code, r->exit_signal,
	    r->reason ? r->reason : "-");
	for (size_t i = 0; i < r->nparams; i++)
		printf(" %s=%s", r->params[i].key, r->params[i].value);
	printf("\n");
}

static void start(char *const *w, int n)
{
	static char arg[] = "told";
	struct mlp_error e = MLP_ERROR_INIT;
	struct mlp_run_options o = MLP_RUN_OPTIONS_INIT;
	struct mlp_pair params[WORDS];
	const char *id;
	o.uri = w[1];
	o.params = params;
	o.detach = with.detach;
	o.at_once = with.at_once;
	o.output = with.pass ? MLP_OUTPUT_PASS : MLP_OUTPUT_KEEP;
	o.started = with.told ? on_started : NULL;
	o.arg = arg;
	o.timeout_ms = with.timeout;
	o.retries = with.retries;
	o.retry_delay_ms = 1;
	for (int i = 2; i < n; i++) {
		char *value = strchr(w[i], '=');
		*value = '\0';
		params[o.nparams++] = (struct mlp_pair){w[i], value + 1};
	}
	if (mlp_run_start(m, &o, &handles[nhandles], &e) < 0) {
		fail("start", &e);
		return;
	}
	id = mlp_run_id(handles[nhandles]);
	printf("%d %s\n", nhandles++, id ? id : "-");
}

static void set(const char *what, long n)
{
	if (strcmp(what, "detach") == 0)
		with.detach = n != 0;
	else if (strcmp(what, "at_once") == 0)
		with.at_once = n != 0;
	else if (strcmp(what, "pass") == 0)
		with.pass = n != 0;
	else if (strcmp(what, "told") == 0)
		with.told = n != 0;
	else if (strcmp(what, "retries") == 0)
		with.retries = (int)n;
	else
		with.timeout = n;
}

/* Has it ended? */
static int look(int i, long ms)
{
	struct mlp_error e = MLP_ERROR_INIT;
	struct mlp_record *r = NULL;
	char what[16];
	int rc = ms == 0 ? mlp_run_poll(handles[i], &r, &e)
			 : mlp_run_wait(handles[i], ms, &r, &e);
	snprintf(what, sizeof(what), "%d", i);
	if (rc < 0)
		fail(what, &e);
	if (rc > 0 && ms != 0)
		printf("%d lives\n", i);
	if (rc == 0)
		print(what, r);
	mlp_record_free(r);
	return rc <= 0;
}

static void wait_for_all(void)
{
	struct pollfd p[HANDLES];
	struct mlp_error e = MLP_ERROR_INIT;
	int left = 0;
	for (int i = 0; i < nhandles; i++) {
		p[i] = (struct pollfd){.fd = -1, .events = POLLIN};
		if (handles[i])
			p[i].fd = mlp_run_fd(handles[i], &e);
		left += p[i].fd >= 0;
	}
	while (left > 0) {
		if (poll(p, (nfds_t)nhandles, 20000) == 0) {
			printf("nothing happens\n");
			return;
		}
		for (int i = 0; i < nhandles; i++)
			if (p[i].revents && look(i, 0)) {
				p[i].fd = -1;
				left--;
			}
	}
}

static void watch(int i, int ms)
{
	struct mlp_error e = MLP_ERROR_INIT;
	struct pollfd p = {.fd = mlp_run_fd(handles[i], &e), .events = POLLIN};
	if (p.fd < 0)
		fail("fd", &e);
	else
		printf("%d %s\n", i, poll(&p, 1, ms) > 0 ? "readable" : "silent");
}

static void stop(int i, long grace)
{
	struct mlp_error e = MLP_ERROR_INIT;
	if (mlp_run_stop(handles[i], grace, &e) < 0)
		fail("stop", &e);
}

static void get(const char *text)
{
	struct mlp_error e = MLP_ERROR_INIT;
	struct mlp_record *r;
	if (mlp_run_get(m, text, &r, &e) < 0)
		fail("get", &e);
	else
		print("get", r);
}

static void open_context(void)
{
	struct mlp_options o = MLP_OPTIONS_INIT;
	struct mlp_error e = MLP_ERROR_INIT;
	o.message = on_message;
	if (mlp_open(&o, &m, &e) < 0)
		fail("open", &e);
}

static void *in_thread(void *text)
{
	do_step(text);
	free(text);
	return NULL;
}

static void *reap_all(void *arg)
{
	for (;;)
		if (waitpid(-1, NULL, 0) < 0)
			nap(1);
	return arg;
}

static void *fork_always(void *arg)
{
	for (;;) {
		pid_t pid = fork();
		if (pid == 0) {
			nap(2);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	return arg;
}

static void *interrupt_later(void *ms)
{
	nap((long)ms);
	mlp_interrupt(m);
	return NULL;
}

static void aside(void *(*what)(void *), void *arg)
{
	if (nbeside == 16 || pthread_create(&beside[nbeside++], NULL, what, arg) != 0)
		abort();
}

static void child(long ms)
{
	kid = fork();
	if (kid != 0)
		return;
	nap(ms);
	_exit(0);
}

static void until(const char *file)
{
	struct stat st;
	while (stat(file, &st) < 0 || st.st_size == 0)
		nap(10);
}

static void join(void)
{
	while (nbeside > 0)
		pthread_join(beside[--nbeside], NULL);
}

static int files(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = -3; /* ., .. and that one */
	while (d && readdir(d))
		n++;
	closedir(d);
	return n;
}

/* What concerns the process, not a handle. */
static int do_thing(const char *what, long n)
{
	if (strcmp(what, "close") == 0)
		mlp_close(m);
	else if (strcmp(what, "open") == 0)
		open_context();
	else if (strcmp(what, "reaper") == 0)
		aside(reap_all, NULL);
	else if (strcmp(what, "sigign") == 0)
		signal(SIGCHLD, SIG_IGN);
	else if (strcmp(what, "interrupt") == 0)
		aside(interrupt_later, (void *)n);
	else if (strcmp(what, "child") == 0)
		child(n);
	else if (strcmp(what, "closefds") == 0)
		closefrom(3);
	else if (strcmp(what, "others") == 0)
		for (; n > 0; n--)
			(void)!open("/dev/null", O_RDONLY);
	else if (strcmp(what, "files") == 0)
		printf("%d files\n", files());
	else if (strcmp(what, "sleep") == 0)
		nap(n);
	else if (strcmp(what, "join") == 0)
		join();
	else if (strcmp(what, "forks") == 0)
		for (; n > 0; n--)
			aside(fork_always, NULL);
	else
		return 0;
	return 1;
}

static void do_words(char *const *w, int n)
{
	int i = n > 1 ? atoi(w[1]) : 0;
	long ms = n > 2 ? atol(w[2]) : 0;
	if (do_thing(w[0], i))
		return;
	if (strcmp(w[0], "start") == 0)
		start(w, n);
	else if (strcmp(w[0], "set") == 0)
		set(w[1], ms);
	else if (strcmp(w[0], "wait") == 0)
		look(i, ms);
	else if (strcmp(w[0], "poll") == 0)
		printf(look(i, 0) ? "" : "%d lives\n", i);
	else if (strcmp(w[0], "all") == 0)
		wait_for_all();
	else if (strcmp(w[0], "fd") == 0)
		watch(i, (int)ms);
	else if (strcmp(w[0], "stop") == 0)
		stop(i, ms);
	else if (strcmp(w[0], "release") == 0)
		mlp_run_release(handles[i]);
	else if (strcmp(w[0], "id") == 0)
		printf("%d %s\n", i, mlp_run_id(handles[i]));
	else if (strcmp(w[0], "get") == 0)
		get(w[1]);
	else if (strcmp(w[0], "until") == 0)
		until(w[1]);
	else
		printf("what is %s?\n", w[0]);
	if (strcmp(w[0], "release") == 0)
		handles[i] = NULL;
}

static void do_step(const char *text)
{
	char *copy = strdup(text), *w[WORDS], *save = NULL, *word;
	int n = 0;
	pthread_t t;
	if (strncmp(text, "thread ", 7) == 0) {
		if (pthread_create(&t, NULL, in_thread, strdup(text + 7)) == 0)
			pthread_join(t, NULL);
	} else if (strncmp(text, "beside ", 7) == 0) {
		aside(in_thread, strdup(text + 7));
	} else {
		for (word = copy; n < WORDS && (w[n] = strtok_r(word, " ", &save)); n++)
			word = NULL;
		do_words(w, n);
	}
	fflush(stdout);
	free(copy);
}

int main(int argc, char **argv)
{
	open_context();
	for (int i = 1; i < argc; i++)
		do_step(argv[i]);
	if (kid > 0)
		kill(kid, SIGKILL);
	return 0;
}
