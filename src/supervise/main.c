/* SPDX-License-Identifier: MIT */
/*
 * mlp-supervise -- runs one project for a program that uses libmlp, in a process of its
 * own: threads, signals and children of the host stay the host's.  The same code as
 * `mlp run` (flow/launch.c).
 *
 *   main      descriptor 3: request in, events out (base/event.h, and "message",
 *             "mistake", "started")
 *   request   what is asked
 *
 * TERM, or the death of the host, stops the command; the run is then recorded KILLED.
 * --detach: in a session of its own, as nobody's child, and the host may die.
 */
#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/event.h"
#include "base/file.h"
#include "base/libexec.h"
#include "base/path.h"
#include "base/shrink.h"
#include "base/trace.h"
#include "base/utf8.h"
#include "flow/artifacts.h"
#include "supervise/request.h"

/* Longer texts are cut: an event is one line of at most HELPER_LINE bytes. */
enum { HOST = 3, TEXT_CHARS = 2000 };
/* A host that does not listen must not stop a run: so much may wait for it, and the end. */
enum { WAITING_MAX = 64 << 10 };

/* Set by the handlers; the context's `interrupted` points here. */
static volatile int interrupted;

static void on_signal(int sig)
{
	interrupted = sig;
}

/* No SA_RESTART: a long wait must notice. */
static void catch_signals(void)
{
	static const int sigs[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction old, sa = {.sa_handler = on_signal};
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++) {
		sigaction(sigs[i], NULL, &old);
		if (old.sa_handler != SIG_IGN) /* nohup stays in force */
			sigaction(sigs[i], &sa, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
}

/* The host; 0: it is in another namespace. */
static volatile pid_t parent;

/*
 * The thread of the host that started us has ended; its other threads are our parent now,
 * unless that was the last.
 */
static void on_parent_death(int sig)
{
	(void)sig;
	if (getppid() != parent)
		kill(getpid(), SIGTERM);
}

/* False: it was gone before we asked to be told of it. */
static bool die_with_host(pid_t host)
{
	struct sigaction sa = {.sa_handler = on_parent_death, .sa_flags = SA_RESTART};
	parent = getppid();
	sigemptyset(&sa.sa_mask);
	sigaction(SIGUSR2, &sa, NULL);
	prctl(PR_SET_PDEATHSIG, SIGUSR2);
	return getppid() == parent && (parent == host || parent == 0);
}

/* A host that is gone is no failure: the record is what counts. */
static void tell(const char *kind, cJSON *ev)
{
	(void)event_send(HOST, kind, ev);
}

/* What may be left out. */
static void tell_aside(const char *kind, cJSON *ev)
{
	int waiting = 0;
	if (ioctl(HOST, SIOCOUTQ, &waiting) == 0 && waiting > WAITING_MAX)
		cJSON_Delete(ev);
	else
		tell(kind, ev);
}

static void tell_text(const char *kind, const char *text, bool debug)
{
	cJSON *ev = cJSON_CreateObject();
	auto_buf b = BUF_INIT;
	buf_add(&b, text, utf8_prefix(text, TEXT_CHARS));
	json_put_str(ev, "message", b.s);
	if (debug)
		json_put_bool(ev, "debug", true);
	tell_aside(kind, ev);
}

static void on_say(void *arg, enum say_level level, const char *text)
{
	(void)arg;
	tell_text(level == SAY_WARNING ? "warning" : "message", text, level == SAY_DEBUG);
}

static void on_progress(void *arg, const struct progress *p)
{
	cJSON *ev = cJSON_CreateObject();
	(void)arg;
	json_put_str(ev, "what", p->what);
	json_put_int(ev, "done", p->done);
	json_put_int(ev, "total", p->total);
	json_put_int(ev, "bytes", p->bytes);
	json_put_bool(ev, "finished", p->finished);
	tell_aside("progress", ev);
}

static void tell_diags(const struct diags *ds)
{
	for (size_t i = 0; i < ds->n; i++) {
		const struct diag *d = &ds->v[i];
		auto_buf b = BUF_INIT;
		diag_text(&b, d);
		tell_text(d->level == DIAG_ERROR ? "mistake" : "warning", b.s, false);
	}
}

static cJSON *event_of_run(const struct ctx *ctx, struct arena *a,
    const struct run_result *r, enum run_status status)
{
	cJSON *ev = cJSON_CreateObject();
	json_put_str(ev, "run_id", r->run_id);
	json_put_str(ev, "run_name", r->name);
	json_put_str(ev, "artifact_uri", r->artifact_uri);
	json_put_str(
	    ev, "log_dir", artifacts_log_dir(ctx, a, r->run_id, r->artifact_uri));
	json_put_str(ev, "status", run_status_word(status));
	json_put_int(ev, "start_time", r->start_time);
	return ev;
}

struct job {
	struct ctx ctx;
	struct arena arena;
	struct request_in in;
	struct prepared p;
	struct run_result result;
	bool detached;
};

static void on_started(void *arg, const struct run_result *r, const struct prepared *p)
{
	struct job *job = arg;
	tell_diags(&p->diags);
	tell("started", event_of_run(&job->ctx, &job->arena, r, RUN_RUNNING));
	memory_shrink();
}

static void tell_end(struct job *job)
{
	const struct run_result *r = &job->result;
	const struct ending *e = &r->ending;
	cJSON *ev = event_of_run(&job->ctx, &job->arena, r, e->status);
	json_put_int(ev, "end_time", r->end_time);
	json_put_str(ev, "exit", e->exit);
	json_put_str(ev, "reason", e->reason[0] ? e->reason : NULL);
	json_put_str(ev, "stderr_tail", r->stderr_tail);
	tell("done", ev);
}

static int run(struct job *job, struct err *err)
{
	int rc;
	if (request_read(HOST, &job->arena, &job->in, err) < 0 ||
	    request_apply(&job->in, &job->arena, &job->ctx, err) < 0)
		return -1;
	if (!job->detached && !die_with_host(job->in.parent))
		return err_set(err, ERR_INTERRUPTED, "the host is gone");
	rc = run_launch(&job->ctx, &job->arena, &job->in.rq, on_started, job, &job->p,
	    &job->result, err);
	if (rc < 0)
		tell_diags(&job->p.diags);
	prepared_done(&job->p);
	return rc;
}

static bool is_socket(int fd)
{
	int type;
	socklen_t n = sizeof(type);
	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0;
}

static void set_up(struct job *job)
{
	const char *self = libexec_own_program(&job->arena);
	alloc_set_oom_hook(alloc_say_oom);
	catch_signals();
	close_range(HOST + 1, ~0U, 0); /* what the host lets its children have */
	fcntl(HOST, F_SETFD, FD_CLOEXEC);
	job->ctx.say = on_say;
	job->ctx.progress = on_progress;
	job->ctx.interrupted = &interrupted;
	job->ctx.libexec =
	    self ? path_dir(&job->arena, self) : libexec_find(&job->arena, NULL);
	job->ctx.offline = ctx_wants_offline();
	job->ctx.trace = trace_open(&job->ctx);
}

/* The host reaps who leaves; -1 is told to nobody, it is learnt from the socket's end. */
static void detach(void)
{
	pid_t pid = fork();
	if (pid != 0)
		_exit(pid < 0);
	setsid();
}

static cJSON *hello(void)
{
	cJSON *ev = event_of_hello();
	json_put_int(ev, "pid", getpid());
	return ev;
}

int main(int argc, char **argv)
{
	struct job job = {.ctx = {.trace = -1}};
	struct err err = ERR_INIT;
	int rc;
	job.detached = argc == 2 && strcmp(argv[1], "--detach") == 0;
	if (argc > 1 + job.detached || !is_socket(HOST)) {
		fputs("mlp-supervise is started by libmlp; it has no use of its own\n",
		    stderr);
		return 2;
	}
	if (job.detached)
		detach();
	set_up(&job);
	tell("hello", hello());
	rc = run(&job, &err);
	if (rc < 0)
		tell("error", event_of_error(&err));
	else
		tell_end(&job);
	request_release(&job.in);
	arena_release(&job.arena);
	fd_close(&job.ctx.trace);
	return rc < 0;
}
