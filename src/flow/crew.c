/* SPDX-License-Identifier: MIT */
#include "flow/crew.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "flow/ending.h"
#include "flow/heal.h"
#include "flow/runtags.h"

/* One that dies with it held does not stop the others.  Without it they manage, too. */
static pthread_mutex_t *share_mutex(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t *m = mmap(
	    NULL, sizeof(*m), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int rc;
	if (m == MAP_FAILED)
		return NULL;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	rc = pthread_mutex_init(m, &attr);
	pthread_mutexattr_destroy(&attr);
	if (rc == 0)
		return m;
	munmap(m, sizeof(*m));
	return NULL;
}

/*
 * To close a record is to wait for the disk, mostly: meanwhile another worker has the
 * next command.  With one job at a time each begins when the one before it is recorded.
 */
static size_t workers_for(size_t jobs)
{
	return jobs > 1 ? 2 * jobs : 1;
}

int crew_open(struct crew *c, const struct ctx *ctx, size_t jobs, struct err *err)
{
	*c = (struct crew){
	    .ctx = ctx, .jobs = jobs, .n = workers_for(jobs), .signals = SIGWATCH_INIT};
	if (sigwatch_open(&c->signals, err) < 0)
		return -1;
	c->writer = share_mutex();
	c->v = xcalloc(c->n, sizeof(*c->v));
	for (size_t i = 0; i < c->n; i++)
		c->v[i] = (struct crew_worker){
		    .pid = -1, .fd = -1, .in = BUF_MAX(CREW_LINE_MAX)};
	if (ctx->interrupted && *ctx->interrupted)
		c->stop_signal = *ctx->interrupted;
	c->stopping = c->stop_signal != 0;
	return 0;
}

size_t crew_busy(const struct crew *c)
{
	size_t n = 0;
	for (size_t i = 0; i < c->n; i++)
		n += c->v[i].busy;
	return n;
}

size_t crew_idle(const struct crew *c)
{
	size_t free = c->n - crew_busy(c), running = 0;
	for (size_t i = 0; i < c->n; i++)
		running += c->v[i].busy && !c->v[i].closing;
	return c->stopping ? 0 : c->jobs - running < free ? c->jobs - running : free;
}

/* What others of the crew, or who opened it, have open is not the worker's. */
static void close_others(int ours, int trace)
{
	auto_dir d = opendir("/proc/self/fd");
	struct dirent *e;
	while (d && (e = readdir(d))) {
		int fd = (int)strtol(e->d_name, NULL, 10);
		if (fd > STDERR_FILENO && fd != ours && fd != trace && fd != dirfd(d))
			close(fd);
	}
}

static void turn_streams(void)
{
	auto_fd null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	/* where results go, if what is run at a run's end has something to say */
	dup2(STDERR_FILENO, STDOUT_FILENO);
}

/*
 * The command is suspended first, by who supervises it; one that were suspended while it
 * writes into the store would keep the others from it.
 */
static void hold_suspension(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/*
 * A group of its own: what is typed at the terminal is for who opened the crew, and comes
 * from there.  The same session, so that it can be suspended, too.
 */
_Noreturn static void become_worker(struct crew *c, int fd, pid_t opener)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != opener)
		_exit(0);
	sigwatch_close(&c->signals);
	hold_suspension();
	close_others(fd, c->ctx->trace);
	turn_streams();
	crew_work(c->ctx, c->writer, fd);
}

static int start(struct crew *c, struct crew_worker *w, struct err *err)
{
	int ends[2];
	pid_t opener = getpid();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(err, errno, "cannot start a worker");
	w->pid = fork();
	if (w->pid == 0)
		become_worker(c, ends[1], opener);
	close(ends[1]);
	if (w->pid < 0) {
		err_sys(err, errno, "cannot start a worker");
		close(ends[0]);
		return -1;
	}
	setpgid(w->pid, w->pid);
	w->fd = ends[0];
	buf_clear(&w->in);
	return 0;
}

static cJSON *job_text(const struct crew *c, const struct crew_job *job)
{
	cJSON *j = cJSON_CreateObject();
	const char *uri = json_str(job->request, "uri");
	const struct pin *pin =
	    uri ? kept_pin(&c->pins, uri, json_str(job->request, "version")) : NULL;
	json_put_str(j, "run_id", job->run_id);
	json_put_str(j, "cwd", job->cwd);
	if (pin)
		json_put(j, "pin", pin_to_json(pin));
	json_put(j, "request", cJSON_Duplicate(job->request, true));
	return j;
}

static struct crew_worker *find_free(struct crew *c)
{
	struct crew_worker *none = NULL;
	for (size_t i = 0; i < c->n; i++) {
		if (c->v[i].busy)
			continue;
		if (c->v[i].pid > 0)
			return &c->v[i];
		none = none ? none : &c->v[i];
	}
	return none;
}

/* How it ended, as waitpid says; -1: there was none. */
static int forget(struct crew_worker *w)
{
	int status = -1;
	fd_close(&w->fd);
	if (w->pid > 0 && waitpid(w->pid, &status, 0) != w->pid)
		status = -1;
	w->pid = -1;
	w->busy = false;
	return status;
}

static int send_job(struct crew *c, struct crew_worker *w, struct err *err)
{
	/* one that has died since it was last heard of is found out now */
	for (int tries = 0; tries < 2; tries++) {
		if (w->pid < 0 && start(c, w, err) < 0)
			return -1;
		w->closing = false;
		w->busy = fd_write_all(w->fd, w->line, strlen(w->line)) == 0;
		if (w->busy)
			return 0;
		forget(w);
	}
	return err_set(err, ERR_FAIL, "the workers die as they are started");
}

int crew_give(struct crew *c, const struct crew_job *job, struct err *err)
{
	auto_json j = job_text(c, job);
	auto_buf line = BUF_INIT;
	const char *uri = json_str(job->request, "tracking_uri");
	struct crew_worker *w = find_free(c);
	json_print(&line, j, false);
	buf_addc(&line, '\n');
	w->number = job->number;
	snprintf(w->run_id, sizeof(w->run_id), "%s", job->run_id);
	free(w->tracking_uri);
	w->tracking_uri = uri ? xstrdup(uri) : NULL;
	free(w->line);
	w->line = buf_detach(&line);
	return send_job(c, w, err);
}

nfds_t crew_poll(const struct crew *c, struct pollfd *p)
{
	p[0] = (struct pollfd){.fd = c->signals.fd, .events = POLLIN};
	for (size_t i = 0; i < c->n; i++)
		p[1 + i] = (struct pollfd){.fd = c->v[i].fd, .events = POLLIN};
	return 1 + c->n;
}

/* Its end is known although it may not be on record yet: a locked store, others at it. */
static void call_lost(struct arena *a, struct run_record *r)
{
	if (r->status != RUN_RUNNING)
		return;
	r->status = RUN_FAILED;
	kvs_put(a, &r->tags, "mlp.exit", ENDING_LOST_EXIT);
	kvs_put(a, &r->tags, "mlp.reason", ENDING_LOST);
}

/* What the record says of the run of a worker that died at it. */
static cJSON *look_up(struct crew *c, const struct crew_worker *w, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct tracking t;
	struct run_record r;
	struct store *store;
	cJSON *j = NULL;
	if (tracking_resolve(c->ctx, &a, w->tracking_uri, &t, err) < 0 ||
	    store_open(c->ctx, &t, STORE_READ, &store, err) < 0)
		return NULL;
	heal_runs(c->ctx);
	if (store->ops->run_get(store, &a, w->run_id, &r, err) == 0) {
		call_lost(&a, &r);
		j = crew_result_of(&r);
	}
	store->ops->close(store);
	return j;
}

static void lost(struct crew *c, struct crew_worker *w, crew_ended *ended, void *arg)
{
	struct err err = ERR_INIT;
	auto_json j = NULL;
	bool busy = w->busy;
	int status = forget(w);
	if (!busy)
		return;
	/* it left of its own accord, before it had read the job: `mlp stop` came late */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !c->stopping &&
	    send_job(c, w, &err) == 0)
		return;
	j = look_up(c, w, &err);
	if (!j) {
		struct err why = ERR_INIT;
		err_set(&why, ERR_FAIL,
		    "the supervisor was killed before the run was "
		    "recorded");
		j = crew_failure(&why);
	}
	ended(arg, w->number, j);
}

static void heard(struct crew *c, struct crew_worker *w, const char *line, size_t n,
    crew_ended *ended, void *arg)
{
	struct err err = ERR_INIT;
	struct pin pin;
	auto_json j = json_parse(line, n, "a worker's word", &err);
	const char *warning = j ? json_str(j, "warning") : NULL;
	if (j && pin_from_json(json_get(j, "pin"), &pin) == 0)
		kept_add_pin(&c->pins, &pin);
	if (warning)
		ctx_say(c->ctx, SAY_WARNING, "%s", warning);
	w->closing |= j && json_bool(j, "closing", false);
	if (!j || !json_get(j, "result") || !w->busy)
		return;
	w->busy = false;
	ended(arg, w->number, json_get(j, "result"));
}

static void read_words(
    struct crew *c, struct crew_worker *w, crew_ended *ended, void *arg)
{
	char *line, *end;
	ssize_t n;
	buf_reserve(&w->in, 65536);
	n = recv(w->fd, w->in.s + w->in.len, 65536, MSG_DONTWAIT);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		lost(c, w, ended, arg);
		return;
	}
	w->in.len += (size_t)n;
	w->in.s[w->in.len] = '\0';
	for (line = w->in.s; (end = strchr(line, '\n')); line = end + 1)
		heard(c, w, line, (size_t)(end - line), ended, arg);
	n = (ssize_t)(w->in.len - (size_t)(line - w->in.s));
	memmove(w->in.s, line, (size_t)n + 1);
	w->in.len = (size_t)n;
}

static void tell_all(const struct crew *c, int sig)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].pid > 0)
			kill(c->v[i].pid, sig);
}

void crew_stop(struct crew *c, int sig)
{
	c->stopping = true;
	tell_all(c, sig);
	tell_all(c, SIGCONT);
}

static void on_signal(struct crew *c, int sig)
{
	switch (sig) {
	case SIGINT:
	case SIGTERM:
	case SIGHUP:
	case SIGQUIT:
		c->stop_signal = c->stop_signal ? c->stop_signal : sig;
		crew_stop(c, sig);
		break;
	case SIGTSTP:
		tell_all(c, SIGTSTP);
		sigwatch_suspend();
		tell_all(c, SIGCONT);
		break;
	case SIGCONT:
		tell_all(c, SIGCONT);
		break;
	default:
		break;
	}
}

void crew_go_on(struct crew *c, const struct pollfd *p, crew_ended *ended, void *arg)
{
	int sig;
	while (p[0].revents && (sig = sigwatch_next(&c->signals)))
		on_signal(c, sig);
	for (size_t i = 0; i < c->n; i++)
		if (p[1 + i].revents && p[1 + i].fd == c->v[i].fd && c->v[i].fd >= 0)
			read_words(c, &c->v[i], ended, arg);
}

void crew_close(struct crew *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->v[i].pid > 0 && c->v[i].busy)
			kill(c->v[i].pid, SIGTERM);
		fd_close(&c->v[i].fd); /* no more work: it ends */
	}
	for (size_t i = 0; i < c->n; i++) {
		forget(&c->v[i]);
		buf_release(&c->v[i].in);
		free(c->v[i].tracking_uri);
		free(c->v[i].line);
	}
	free(c->v);
	kept_release(&c->pins);
	if (c->writer)
		munmap(c->writer, sizeof(*c->writer));
	sigwatch_close(&c->signals);
}
