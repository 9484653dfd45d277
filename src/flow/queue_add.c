/* SPDX-License-Identifier: MIT */
/* queue_add.c -- runs put into the queue; and the files that they are there. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/path.h"
#include "base/urltext.h"
#include "flow/queue_name.h"
#include "flow/requestjson.h"

enum {
	CARD_BYTES = 4 << 10, /* of most cards */
	JOB_MAX = 64 << 20,   /* parameters and environment variables */
	FSYNCS_MOST = 64,     /* of more files one syncfs is cheaper */
};

/* ---- writing ---- */

/* The GPUs of a run that queues another, which may begin when that has ended. */
static bool is_of_outer_run(const char *variable)
{
	static const char *const names[] = {
	    "CUDA_VISIBLE_DEVICES=", "MLP_GPUS=", "MLP_GPUS_OF="};
	for (size_t i = 0; getenv("MLP_GPUS_OF") && i < 3; i++)
		if (strncmp(variable, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static void print_job(struct buf *out, const struct ctx *ctx, const struct queue_job *job)
{
	auto_json j = cJSON_CreateObject();
	mode_t mask = umask(0);
	cJSON *env;
	umask(mask);
	card_print(out, &job->card);
	json_put(j, "request", request_to_json(job->rq));
	json_put_int(j, "umask", mask);
	json_put_bool(j, "offline", ctx->offline);
	json_put_bytes(j, "cwd", ctx->cwd);
	env = json_put_array(j, "env");
	for (char **v = environ; v && *v; v++)
		if (!is_of_outer_run(*v))
			json_put_bytes(env, NULL, *v);
	json_print(out, j, false);
	buf_addc(out, '\n');
}

static const char *id_of(const struct run_request *rq)
{
	return rq->run_id && *rq->run_id ? rq->run_id : rq->new_id;
}

static void fill_card(const struct ctx *ctx, struct arena *a, struct queue_job *job)
{
	const struct run_request *rq = job->rq;
	job->card = (struct card){.run_id = id_of(rq),
	    .name = rq->run_name,
	    .entry_point = rq->plan.entry_point ? rq->plan.entry_point : "main",
	    .uri = rq->frozen ? rq->frozen->uri
		   : rq->uri  ? url_public(a, rq->uri)
			      : NULL,
	    .cwd = ctx->cwd,
	    .store_uri = job->store_uri,
	    .experiment = rq->experiment.name,
	    .state = CARD_QUEUED,
	    .background = true,
	    .exit_code = -1,
	    .queued = clock_now_ms(),
	    .started = -1,
	    .ended = -1,
	    .cpu_time_ms = -1,
	    .memory_bytes = -1};
}

static const char *new_file(const struct ctx *ctx, struct arena *a, const char *run_id)
{
	return arena_printf(a, "%s/queue/new.%s", ctx->state_dir, run_id);
}

static int write_job(
    const struct ctx *ctx, struct queue_job *job, int *fd, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_buf text = BUF_INIT;
	const char *path = new_file(ctx, &a, id_of(job->rq));
	*fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	fill_card(ctx, &a, job);
	print_job(&text, ctx, job);
	if (*fd < 0 || fd_write_all(*fd, text.s, text.len) < 0)
		return err_sys(err, errno, "cannot write '%s'", path);
	sync_file_range(*fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return 0;
}

/*
 * Never less than the clock, so that a number that a power cut has taken back is not given
 * again; never less than the last one, so that a clock that is set back changes no order.
 */
static int next_seq(const struct ctx *ctx, size_t n, int64_t *first, struct err *err)
{
	auto_arena a = ARENA_INIT;
	const char *path = queue_path(ctx, &a, "sequence");
	auto_fd fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	char text[32] = "";
	int64_t now = clock_now_ms(), last = 0;
	int len;
	if (fd >= 0 && pread(fd, text, sizeof(text) - 1, 0) > 0)
		last = strtoll(text, NULL, 10);
	*first = last >= now ? last + 1 : now;
	len = snprintf(text, sizeof(text), "%020lld\n", (long long)(*first + (int64_t)n));
	if (fd < 0 || pwrite(fd, text, (size_t)len, 0) != len)
		return err_sys(err, errno, "cannot write '%s'", path);
	return 0;
}

static bool is_queued(const struct ctx *ctx, const char *run_id)
{
	auto_arena a = ARENA_INIT;
	struct queue_entry e;
	return queue_find(ctx, &a, QUEUE_WAITING, run_id, &e) ||
	       queue_find(ctx, &a, QUEUE_CLAIMED, run_id, &e);
}

/* From the rename on it is in the queue. */
static int enter(
    const struct ctx *ctx, const struct queue_job *job, int64_t seq, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct queue_entry e = {
	    .priority = job->priority, .gpus = job->gpus, .held = job->held};
	const char *id = id_of(job->rq);
	queue_name(&e, seq, id);
	if (job->rq->run_id && is_queued(ctx, id))
		return err_set(err, ERR_EXISTS, "run %.8s is in the queue already", id);
	if (job->rq->frozen && frozen_hold(ctx, job->rq->frozen, id, err) < 0)
		return -1;
	FAULT("queue.held");
	if (rename(new_file(ctx, &a, id), queue_file(ctx, &a, QUEUE_WAITING, e.name)) ==
	    0) {
		FAULT("queue.entered");
		return 0;
	}
	err_sys(err, errno, "cannot make '%s'", e.name);
	if (job->rq->frozen)
		frozen_drop(ctx, job->rq->frozen->tree, id);
	return -1;
}

static int enter_all(const struct ctx *ctx, struct queue_job *jobs, size_t n,
    size_t *done, struct err *err)
{
	int64_t seq;
	auto_fd lock = queue_lock(ctx, err);
	if (lock < 0 || next_seq(ctx, n, &seq, err) < 0)
		return -1;
	for (*done = 0; *done < n; ++*done)
		if (enter(ctx, &jobs[*done], seq + (int64_t)*done, err) < 0)
			return -1;
	return 0;
}

/*
 * After the renames, so that one commit of the file system has all of it.  What a power
 * cut leaves of a file before that was never said to be queued.
 */
static int sync_all(const struct ctx *ctx, const int *fds, size_t n, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_fd dir = open(
	    queue_file(ctx, &a, QUEUE_WAITING, ""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = dir < 0 ? -1 : n > FSYNCS_MOST ? syncfs(dir) : 0;
	for (size_t i = 0; rc == 0 && i < n && n <= FSYNCS_MOST; i++)
		rc = fsync(fds[i]);
	if (rc == 0 && fsync(dir) == 0)
		return 0;
	return err_sys(err, errno, "the queue cannot be written to disk");
}

/* Fds are kept open where each is synced by itself. */
static int write_all(const struct ctx *ctx, struct queue_job *jobs, size_t n, int *fds,
    size_t *done, struct err *err)
{
	for (*done = 0; *done < n; ++*done) {
		int *fd = &fds[n <= FSYNCS_MOST ? *done : 0];
		int rc = write_job(ctx, &jobs[*done], fd, err);
		if (n > FSYNCS_MOST)
			fd_close(fd);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* Those that have not begun. */
static void take_back(
    const struct ctx *ctx, const struct queue_job *jobs, size_t n, size_t entered)
{
	auto_arena a = ARENA_INIT;
	for (size_t i = 0; i < n; i++) {
		const char *id = id_of(jobs[i].rq);
		struct queue_entry e;
		unlink(new_file(ctx, &a, id));
		if (i < entered && queue_find(ctx, &a, QUEUE_WAITING, id, &e))
			unlink(queue_file(ctx, &a, QUEUE_WAITING, e.name));
	}
}

int queue_add(const struct ctx *ctx, struct queue_job *jobs, size_t n, struct err *err)
{
	int fds[FSYNCS_MOST];
	size_t written = 0, entered = 0;
	int rc;
	for (size_t i = 0; i < FSYNCS_MOST; i++)
		fds[i] = -1;
	rc = write_all(ctx, jobs, n, fds, &written, err);
	if (rc == 0)
		rc = enter_all(ctx, jobs, n, &entered, err);
	if (rc == 0)
		rc = sync_all(ctx, fds, n, err);
	if (rc < 0)
		take_back(ctx, jobs, written < n ? written + 1 : n, entered);
	for (size_t i = 0; i < FSYNCS_MOST; i++)
		fd_close(&fds[i]);
	return rc;
}

/* ---- reading ---- */

static int open_job(const struct ctx *ctx, struct arena *a, enum queue_where where,
    const struct queue_entry *e, struct err *err)
{
	const char *path = queue_file(ctx, a, where, e->name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? err_sys(err, errno, "cannot read '%s'", path) : fd;
}

static int damaged(const struct queue_entry *e, struct err *err)
{
	return err_set(err, ERR_FAIL, "'%s' of the queue is damaged", e->name);
}

/* The first line, which is nearly always short. */
static int read_line(int fd, const char *name, struct buf *out, struct err *err)
{
	for (;;) {
		ssize_t n;
		buf_reserve(out, CARD_BYTES);
		n = read(fd, out->s + out->len, CARD_BYTES);
		if (n < 0)
			return err_sys(err, errno, "cannot read '%s'", name);
		out->len += (size_t)n;
		out->s[out->len] = '\0';
		if (n == 0 || out->len > JOB_MAX ||
		    memchr(out->s + out->len - n, '\n', (size_t)n))
			return 0;
	}
}

int queue_card(const struct ctx *ctx, struct arena *a, enum queue_where where,
    const struct queue_entry *e, struct card *out, struct err *err)
{
	auto_buf text = BUF_INIT;
	auto_fd fd = open_job(ctx, a, where, e, err);
	if (fd < 0 || read_line(fd, e->name, &text, err) < 0)
		return -1;
	*out = (struct card)CARD_INIT;
	if (!strchr(text.s, '\n') ||
	    card_parse(a, text.s, strcspn(text.s, "\n"), out) < 0 ||
	    strcmp(out->run_id, e->run_id) != 0)
		return damaged(e, err);
	out->state = CARD_QUEUED;
	return 0;
}

static int add_cards(const struct ctx *ctx, struct arena *a, enum queue_where where,
    struct card **out, size_t *n, struct err *err)
{
	struct queue_entry *v;
	size_t k;
	if (queue_list(ctx, a, where, &v, &k, err) < 0)
		return -1;
	for (size_t i = 0; i < k; i++) {
		struct err ignored = ERR_INIT;
		ARENA_GROW(a, *out, *n);
		*n += queue_card(ctx, a, where, &v[i], &(*out)[*n], &ignored) == 0;
	}
	return 0;
}

int queue_cards(
    const struct ctx *ctx, struct arena *a, struct card **out, size_t *n, struct err *err)
{
	*out = NULL;
	*n = 0;
	if (add_cards(ctx, a, QUEUE_CLAIMED, out, n, err) < 0)
		return -1;
	return add_cards(ctx, a, QUEUE_WAITING, out, n, err);
}

static char **take_env(struct arena *a, const cJSON *list)
{
	int n = cJSON_GetArraySize(list);
	char **v = arena_array(a, (size_t)n + 1, sizeof(*v));
	size_t k = 0;
	const cJSON *j;
	cJSON_ArrayForEach(j, list)
	{
		const char *text = json_bytes_of(j, a);
		if (text)
			v[k++] = arena_strdup(a, text);
	}
	return v;
}

void queue_work_release(struct queue_work *w)
{
	cJSON_Delete(w->json);
	w->json = NULL;
}

int queue_read(const struct ctx *ctx, struct arena *a, enum queue_where where,
    const struct queue_entry *e, struct queue_work *out, struct err *err)
{
	const char *path = queue_file(ctx, a, where, e->name);
	auto_buf text = BUF_INIT;
	char *line;
	memset(out, 0, sizeof(*out));
	if (queue_card(ctx, a, where, e, &out->card, err) < 0 ||
	    file_read(path, JOB_MAX, &text, err) < 0)
		return -1;
	line = strchr(text.s, '\n');
	if (!line)
		return damaged(e, err);
	out->json = json_parse(line + 1, strlen(line + 1), path, err);
	if (!out->json)
		return -1;
	if (request_from_json(json_get(out->json, "request"), a, &out->rq, err) < 0) {
		queue_work_release(out);
		return -1;
	}
	out->cwd = json_bytes(out->json, "cwd", a);
	out->env = take_env(a, json_get(out->json, "env"));
	out->umask = (int)json_int(out->json, "umask", 022);
	out->offline = json_bool(out->json, "offline", false);
	return 0;
}
