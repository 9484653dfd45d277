/* SPDX-License-Identifier: MIT */
/*
 * mlp-serve -- MLflow's REST API over HTTP, from one SQLite database.  Of a run, it is the
 * endpoint that the run's command records through, started by its supervisor; for a team,
 * `mlp server` replaces itself by it.  Alone links libmicrohttpd and libcrypt.
 *
 *   main        request -> server -> until it is told to stop
 *   options     what is asked
 *   server      what all requests share
 *     listener    sockets
 *     guard       key or prefix, Host, Origin
 *     auth        passwords
 *     peers       addresses of the container that a run's command is in
 *     dbpool      open databases; logmover moves their write-ahead log
 *     once        a repeated POST is not done twice
 *     logs, stats
 *   http        libmicrohttpd: connections, headers, bodies
 *     workers     threads that wait for the database and the disk
 *     response    headers of replies
 *     exchange    one request and its reply
 *       admit       may it be asked?
 *       artifacts   the artifact proxy
 *         artifact, upload, beneath   files below a directory
 *       notice      what the supervisor wants to know
 *
 * The threads of the connections read, write, and answer what waits for nobody; workers
 * answer the rest.  There is nothing to lose in the process: it can be killed, and started again at the same socket, at any time.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>

#include "base/alloc.h"
#include "base/event.h"
#include "server/http.h"

enum {
	DRAIN_MS = 10 * 1000,
	TIDY_S = 2,
	ARENAS = 2,
	MMAP_FROM = 256 << 10, /* large bodies go back to the system at once */
};

static void set_up(sigset_t *waited)
{
	alloc_set_oom_hook(alloc_say_oom);
	mallopt(M_ARENA_MAX, ARENAS);
	mallopt(M_MMAP_THRESHOLD, MMAP_FROM);
	mallopt(M_TRIM_THRESHOLD, MMAP_FROM);
	db_own_process();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit is an error, as a full disk is */
	sigemptyset(waited);
	sigaddset(waited, SIGTERM);
	sigaddset(waited, SIGINT);
	sigaddset(waited, SIGHUP);
	sigprocmask(SIG_BLOCK, waited, NULL);
}

static int live_with_parent(const struct serve_options *o, struct err *err)
{
	if (!o->endpoint || o->parent == 0)
		return 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* gone before we asked to be told of it; 0: it is in another namespace */
	if (getppid() != o->parent && getppid() != 0)
		return err_set(err, ERR_INTERRUPTED, "the supervisor is gone");
	return 0;
}

static int read_request(struct arena *a, struct serve_options *o, struct err *err)
{
	auto_buf line = BUF_INIT;
	auto_json j = NULL;
	if (event_request(&line, err) < 0)
		return -1;
	j = json_parse(line.s, strcspn(line.s, "\n"), "the request", err);
	if (!j || serve_options_read(a, j, o, err) < 0)
		return -1;
	explicit_bzero(line.s, line.len);
	return live_with_parent(o, err);
}

static void say_ready(const struct server *sv)
{
	const struct serve_options *o = sv->options;
	if (o->endpoint) {
		(void)event_send(STDOUT_FILENO, "ready", cJSON_CreateObject());
		return;
	}
	for (size_t i = 0; i < sv->listeners.n; i++)
		logs_say("listening on %s%s%s, store %s",
		    sv->listeners.v[i].port == 0 ? ""
		    : o->tls_cert		 ? "https://"
						 : "http://",
		    sv->listeners.v[i].at, o->prefix, o->store);
}

/* Until TERM or INT. */
static void serve(struct server *sv, struct http *http, const sigset_t *waited)
{
	const struct timespec tick = {.tv_sec = TIDY_S};
	for (;;) {
		int sig = sigtimedwait(waited, NULL, &tick);
		if (sig == SIGHUP)
			server_reopen(sv);
		else if (sig > 0)
			return;
		else if (errno == EAGAIN)
			http_tidy(http);
	}
}

static int run(struct server *sv, const struct serve_options *o, struct arena *a,
    const sigset_t *waited, struct err *err)
{
	struct http *http = NULL;
	int rc = server_open(sv, o, a, err);
	if (rc == 0)
		rc = http_start(sv, &http, err);
	if (rc == 0) {
		say_ready(sv);
		serve(sv, http, waited);
	}
	if (http_stop(http, DRAIN_MS) < 0) {
		logs_say("requests under way were not finished");
		_exit(0); /* their threads still use everything */
	}
	server_close(sv);
	return rc;
}

int main(int argc, char **argv)
{
	struct serve_options o = {.endpoint = false};
	struct server sv = {.logs = {.access = -1}};
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	sigset_t waited;
	int rc;
	(void)argv;
	if (argc > 1) {
		fputs("mlp-serve is started by mlp: see 'mlp server --help'\n", stderr);
		return 2;
	}
	set_up(&waited);
	rc = read_request(&a, &o, &err);
	if (o.endpoint)
		event_hello();
	if (rc == 0)
		rc = run(&sv, &o, &a, &waited, &err);
	if (rc < 0 && o.endpoint)
		event_error(&err);
	else if (rc < 0)
		logs_error(&err);
	arena_release(&a);
	return rc < 0;
}
