/* SPDX-License-Identifier: MIT */
/*
 * host.c -- a program that uses libmlp, in the ways that library.bats wants to see:
 * host [-d] [-o] [-p] [-s] [-A HOST] [-i MS] [-t N] [-w] run URI [NAME=VALUE...] | rerun RUN [NAME=VALUE...]
 *   | get RUN | runs
 *   -d  the command records directly    -o  offline
 *   -A  two arguments for docker: hostname HOST, and init; runs in docker
 *   -p  pass the output on     -s  SIGCHLD is ignored
 *   -i  interrupt after MS, or when that file has something in it     -t  so many threads, a context each
 *   -w  another thread reaps every child, and a SIGCHLD handler counts them
 * It defines names that the library uses inside, too: they must not meet.
 */
#include <dirent.h>
#include <errno.h>
#include <mlp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Called by nobody here; in the library they are functions of another kind. */
#define TRAP(name)                                                                       \
	void name(void);                                                                 \
	void name(void)                                                                  \
	{                                                                                \
		abort();                                                                 \
	}
TRAP(buf_add)
TRAP(buf_addf)
TRAP(err_set)
TRAP(xmalloc)
TRAP(xcalloc)
TRAP(json_parse)
TRAP(arena_alloc)
TRAP(path_join)
TRAP(db_open)
TRAP(heal_runs)
TRAP(kvs_get)
TRAP(record_new)
TRAP(store_open)

static struct {
	int direct, offline, pass, threads, watch;
	const char *hostname, *interrupt;
	int argc;
	char **argv;
} args;

static int children_seen; /* atomic */

static void on_child(int sig)
{
	(void)sig;
	__atomic_store_n(&children_seen, 1, __ATOMIC_RELAXED);
}

static void *reap_all(void *arg)
{
	for (;;) {
		if (waitpid(-1, NULL, 0) < 0 && errno == ECHILD)
			usleep(500);
	}
	return arg;
}

static void *interrupt_later(void *m)
{
	struct stat st;
	if (args.interrupt[0] >= '0' && args.interrupt[0] <= '9')
		usleep((useconds_t)atoi(args.interrupt) * 1000);
	else
		while (stat(args.interrupt, &st) < 0 || st.st_size == 0)
			usleep(10000);
	mlp_interrupt(m);
	return NULL;
}

static void on_message(void *arg, int level, const char *text)
{
	static const char *const words[] = {"debug", "info", "warning", "mistake"};
	(void)arg;
	if (level > MLP_DEBUG)
		printf("%s: %s\n", words[level], text);
}

static void on_started(void *arg, const struct mlp_record *run)
{
	(void)arg;
	printf("started %s %s %zu\n", run->run_id, mlp_status_word(run->status),
	    run->nparams);
	fflush(stdout);
}

static int fail(const struct mlp_error *e)
{
	printf("error %d: %s\n", e->code, e->message);
	if (e->hint[0])
		printf("hint: %s\n", e->hint);
	return 1;
}

static void print(const struct mlp_record *r)
{
	printf("%s %s exit=%d/%d/%d reason=%s", r->run_name, mlp_status_word(r->status),
	    r->exit_kind, r->exit_code, r->exit_signal, r->reason ? r->reason : "-");
	for (size_t i = 0; i < r->nparams; i++)
		printf(" %s=%s", r->params[i].key, r->params[i].value);
	printf("\n");
}

static int run(struct mlp *m)
{
	struct mlp_error e = MLP_ERROR_INIT;
	struct mlp_run_options o = MLP_RUN_OPTIONS_INIT;
	struct mlp_pair params[16];
	const struct mlp_pair docker[] = {{"hostname", args.hostname}, {"init", NULL}};
	char *names[16] = {NULL};
	struct mlp_record *r;
	pthread_t t;
	int c;
	if (strcmp(args.argv[0], "run") == 0)
		o.uri = args.argv[1];
	else
		o.rerun_of = args.argv[1];
	o.output = args.pass ? MLP_OUTPUT_PASS : MLP_OUTPUT_KEEP;
	o.direct = args.direct;
	o.offline = args.offline;
	if (args.hostname) {
		o.env_manager = "docker";
		o.docker_args = docker;
		o.ndocker_args = 2;
	}
	o.params = params;
	o.started = on_started;
	for (int i = 2; i < args.argc && o.nparams < 16; i++) {
		const char *value = strchr(args.argv[i], '=') + 1;
		size_t n = (size_t)(value - 1 - args.argv[i]);
		params[o.nparams].key = names[o.nparams] = strndup(args.argv[i], n);
		params[o.nparams++].value = value;
	}
	if (args.interrupt && pthread_create(&t, NULL, interrupt_later, m) != 0)
		return 1;
	c = mlp_run(m, &o, &r, &e);
	for (size_t i = 0; i < o.nparams; i++)
		free(names[i]);
	if (args.interrupt)
		pthread_join(t, NULL);
	if (c < 0)
		return fail(&e);
	print(r);
	if (r->stderr_tail && r->stderr_tail[0])
		printf("stderr: %s", r->stderr_tail);
	mlp_record_free(r);
	return 0;
}

static int look(struct mlp *m)
{
	struct mlp_error e = MLP_ERROR_INIT;
	struct mlp_record *r;
	struct mlp_records *all;
	if (strcmp(args.argv[0], "get") == 0) {
		if (mlp_run_get(m, args.argv[1], &r, &e) < 0)
			return fail(&e);
		print(r);
		mlp_record_free(r);
		return 0;
	}
	if (mlp_runs(m, NULL, &all, &e) < 0)
		return fail(&e);
	for (size_t i = 0; i < all->n; i++)
		print(all->v[i]);
	mlp_records_free(all);
	return 0;
}

/* What must be the same before and after a call: descriptors, signals, directory. */
static void snapshot(char *to, size_t size)
{
	char line[256], cwd[1024];
	size_t n = 0;
	FILE *f = fopen("/proc/thread-self/status", "r");
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "SigBlk", 6) == 0 || strncmp(line, "SigIgn", 6) == 0 ||
		    strncmp(line, "SigCgt", 6) == 0)
			n += (size_t)snprintf(to + n, size - n, "%s", line);
	while (d && (e = readdir(d)))
		n += (size_t)snprintf(to + n, size - n, "%s ", e->d_name);
	snprintf(to + n, size - n, "%s", getcwd(cwd, sizeof(cwd)) ? cwd : "");
	if (f)
		fclose(f);
	if (d)
		closedir(d);
}

static void *session(void *arg)
{
	struct mlp_options o = MLP_OPTIONS_INIT;
	struct mlp_error e = MLP_ERROR_INIT;
	struct mlp *m;
	char before[4096], after[4096];
	long rc;
	(void)arg;
	o.message = on_message;
	snapshot(before, sizeof(before));
	if (mlp_open(&o, &m, &e) < 0)
		return (void *)(long)fail(&e);
	rc = strstr(args.argv[0], "run") && strcmp(args.argv[0], "runs") ? run(m)
									 : look(m);
	mlp_close(m);
	snapshot(after, sizeof(after));
	if (args.threads == 1 && strcmp(before, after) != 0)
		printf("not left alone:\n%s\n%s\n", before, after);
	return (void *)rc;
}

static int sessions(void)
{
	pthread_t t[16];
	void *rc;
	int bad = 0;
	for (int i = 0; i < args.threads; i++)
		if (pthread_create(&t[i], NULL, session, NULL) != 0)
			return 1;
	for (int i = 0; i < args.threads; i++) {
		pthread_join(t[i], &rc);
		bad |= rc != NULL;
	}
	return bad;
}

int main(int argc, char **argv)
{
	pthread_t t;
	int c;
	args.threads = 1;
	while ((c = getopt(argc, argv, "dopsA:i:t:w")) != -1) {
		switch (c) {
		case 'd':
			args.direct = 1;
			break;
		case 'o':
			args.offline = 1;
			break;
		case 'p':
			args.pass = 1;
			break;
		case 's':
			signal(SIGCHLD, SIG_IGN);
			break;
		case 'A':
			args.hostname = optarg;
			break;
		case 'i':
			args.interrupt = optarg;
			break;
		case 't':
			args.threads = atoi(optarg);
			break;
		case 'w':
			args.watch = 1;
			break;
		default:
			return 2;
		}
	}
	args.argc = argc - optind;
	args.argv = argv + optind;
	if (args.argc < 1 || args.threads > 16)
		return 2;
	if (args.watch)
		signal(SIGCHLD, on_child);
	if (args.watch && pthread_create(&t, NULL, reap_all, NULL) != 0)
		return 1;
	c = sessions();
	if (args.watch && !__atomic_load_n(&children_seen, __ATOMIC_RELAXED))
		printf("the handler of SIGCHLD saw nothing\n");
	return c;
}
