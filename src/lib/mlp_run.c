/* SPDX-License-Identifier: MIT */
/* Running projects, each in a process of its own: the calls. */
#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "lib/handle.h"
#include "lib/record.h"
#include "run/lock.h"
#include "run/stop.h"

/* What is in the middle of a message must not be left there (pthread_cancel). */
static int not_cancelled(void)
{
	int was;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &was);
	return was;
}

static struct mlp_handle *start(
    struct mlp *m, const struct mlp_run_options *o, struct err *err)
{
	struct mlp_handle *h = handle_start(m, o, err);
	struct err later = ERR_INIT;
	if (!h || o->at_once)
		return h;
	if (handle_await(h, m, HANDLE_RECORDED, -1, err) < 0) {
		handle_free(h);
		return NULL;
	}
	/* what came along with that would not make the descriptor readable again */
	(void)handle_await(h, m, HANDLE_ENDED, 0, &later);
	return h;
}

int mlp_run_start(struct mlp *m, const struct mlp_run_options *options,
    struct mlp_handle **out, struct mlp_error *error)
{
	struct mlp_run_options o;
	struct err err = ERR_INIT;
	int state;
	*out = NULL;
	if (options_take(&o, sizeof(o), options, "mlp_run_options", error) < 0 ||
	    context_enter(m, error) < 0)
		return -1;
	state = not_cancelled();
	*out = start(m, &o, &err);
	pthread_setcancelstate(state, NULL);
	context_leave(m);
	return *out ? 0 : error_give(error, &err);
}

const char *mlp_run_id(const struct mlp_handle *h)
{
	return h ? __atomic_load_n(&h->first_id, __ATOMIC_ACQUIRE) : NULL;
}

static int64_t deadline(int64_t timeout_ms)
{
	int64_t now = clock_mono_ms();
	return timeout_ms < 0 || timeout_ms > INT64_MAX - now ? -1 : now + timeout_ms;
}

int mlp_run_wait(struct mlp_handle *h, int64_t timeout_ms, struct mlp_record **out,
    struct mlp_error *error)
{
	struct err err = ERR_INIT;
	int rc, state;
	if (out)
		*out = NULL;
	if (!h)
		return error_say(error, ERR_USAGE, "there is no run to wait for");
	if (__atomic_exchange_n(&h->busy, 1, __ATOMIC_ACQUIRE))
		return error_say(error, ERR_BUSY, "another call waits for this run");
	state = not_cancelled();
	rc = handle_await(h, NULL, HANDLE_ENDED, deadline(timeout_ms), &err);
	if (rc == 0 && out)
		*out = handle_record(h);
	pthread_setcancelstate(state, NULL);
	__atomic_store_n(&h->busy, 0, __ATOMIC_RELEASE);
	return rc < 0 ? error_give(error, &err) : rc;
}

int mlp_run_poll(struct mlp_handle *h, struct mlp_record **out, struct mlp_error *error)
{
	return mlp_run_wait(h, 0, out, error);
}

static int watch(struct mlp_handle *h)
{
	struct epoll_event in = {.events = EPOLLIN};
	auto_fd fd = epoll_create1(EPOLL_CLOEXEC);
	if (fd < 0 || epoll_ctl(fd, EPOLL_CTL_ADD, h->s.h.from, &in) < 0 ||
	    (h->s.pidfd >= 0 && epoll_ctl(fd, EPOLL_CTL_ADD, h->s.pidfd, &in) < 0))
		return -1;
	h->watched = steal_fd(&fd);
	return 0;
}

int mlp_run_fd(struct mlp_handle *h, struct mlp_error *error)
{
	struct err err = ERR_INIT;
	if (!h)
		return error_say(error, ERR_USAGE, "there is no run to wait for");
	if (h->watched >= 0 || watch(h) == 0)
		return h->watched;
	err_sys(&err, errno, "cannot make a descriptor for run %s",
	    h->run_id ? h->run_id : "");
	return error_give(error, &err);
}

static void leave_grace(const struct mlp_handle *h, int64_t ms)
{
	auto_arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	const char *id = __atomic_load_n(&h->run_id, __ATOMIC_ACQUIRE);
	const char *dir = id ? run_state_dir(&h->ctx, &a, id) : NULL;
	if (dir && stop_ask_grace(dir, ms, &err) < 0 && err.sys != ENOENT)
		ctx_say(&h->ctx, SAY_WARNING, "grace_ms has no effect: %s", err.msg);
}

int mlp_run_stop(struct mlp_handle *h, int64_t grace_ms, struct mlp_error *error)
{
	struct err err = ERR_INIT;
	if (!h)
		return error_say(error, ERR_USAGE, "there is no run to stop");
	if (grace_ms > STOP_GRACE_MAX_MS)
		return error_say(error, ERR_USAGE, "grace_ms is %lld; the longest is %d",
		    (long long)grace_ms, STOP_GRACE_MAX_MS);
	if (__atomic_load_n(&h->state, __ATOMIC_ACQUIRE) >= HANDLE_ENDED)
		return 0;
	if (grace_ms >= 0)
		leave_grace(h, grace_ms);
	if (handle_ask_end(h) < 0 && errno != ESRCH) {
		err_sys(&err, errno, "cannot stop run %s", h->run_id ? h->run_id : "");
		return error_give(error, &err);
	}
	return 0;
}

void mlp_run_release(struct mlp_handle *h)
{
	handle_free(h);
}

/* Where it is over, whoever was waited for. */
static int run(struct mlp *m, const struct mlp_run_options *o, struct mlp_record **out,
    struct err *err)
{
	struct mlp_handle *h = handle_start(m, o, err);
	int rc;
	if (!h)
		return -1;
	rc = handle_await(h, m, HANDLE_ENDED, -1, err);
	if (rc == 0 && out)
		*out = handle_record(h);
	handle_free(h);
	return rc;
}

int mlp_run(struct mlp *m, const struct mlp_run_options *options, struct mlp_record **out,
    struct mlp_error *error)
{
	struct mlp_run_options o;
	struct err err = ERR_INIT;
	int rc, state;
	if (out)
		*out = NULL;
	if (options_take(&o, sizeof(o), options, "mlp_run_options", error) < 0 ||
	    context_enter(m, error) < 0)
		return -1;
	state = not_cancelled();
	rc = run(m, &o, out, &err);
	pthread_setcancelstate(state, NULL);
	context_leave(m);
	return rc < 0 ? error_give(error, &err) : 0;
}
