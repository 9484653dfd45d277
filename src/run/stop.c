/* SPDX-License-Identifier: MIT */
#include "run/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "base/buf.h"
#include "base/cleanup.h"

static const int interrupt_steps[] = {SIGINT, SIGTERM, SIGKILL, 0};
static const int quit_steps[] = {SIGQUIT, SIGKILL, 0};
static const int terminate_steps[] = {SIGTERM, SIGKILL, 0};

int64_t stop_grace(void)
{
	const char *text = secure_getenv("MLP_STOP_GRACE");
	char *end;
	long ms;
	if (!text || *text == '\0')
		return STOP_GRACE_MS;
	ms = strtol(text, &end, 10);
	return *end == '\0' && ms >= 0 && ms < STOP_GRACE_MS ? ms : STOP_GRACE_MS;
}

void stop_begin(struct stop *st, enum stop_kind kind, int64_t now_ms)
{
	static const int *const steps[] = {
	    [STOP_INTERRUPT] = interrupt_steps,
	    [STOP_QUIT] = quit_steps,
	    [STOP_TERMINATE] = terminate_steps,
	};
	st->next = steps[kind];
	st->due_ms = now_ms;
	st->grace_ms = stop_grace();
}

void stop_set_grace(struct stop *st, int64_t grace_ms, int64_t now_ms)
{
	st->grace_ms = grace_ms;
	if (st->due_ms > now_ms + grace_ms)
		st->due_ms = now_ms + grace_ms;
}

int64_t stop_asked_grace(const char *state_dir)
{
	auto_buf path = BUF_INIT;
	auto_fd fd = -1;
	char text[32] = "", *end;
	long long ms;
	if (!state_dir)
		return -1;
	buf_addf(&path, "%s/grace", state_dir);
	fd = open(path.s, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return -1;
	ms = strtoll(text, &end, 10);
	return end == text || ms < 0 || ms > STOP_GRACE_MAX_MS ? -1 : ms;
}

/* Renamed into place, so that nobody reads half a number. */
int stop_ask_grace(const char *state_dir, int64_t ms, struct err *err)
{
	auto_buf path = BUF_INIT;
	auto_buf temp = BUF_INIT;
	auto_fd fd = -1;
	buf_addf(&path, "%s/grace", state_dir);
	buf_addf(&temp, "%s/grace.%ld", state_dir, (long)gettid());
	fd = open(temp.s, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || dprintf(fd, "%lld\n", (long long)ms) < 0 ||
	    rename(temp.s, path.s) < 0)
		return err_sys(err, errno, "cannot write '%s'", path.s);
	return 0;
}

void stop_hasten(struct stop *st, int sig, int64_t now_ms)
{
	const int *p = st->next;
	while (p && *p && *p != sig)
		p++;
	if (!p || *p == 0)
		return;
	st->next = p;
	st->due_ms = now_ms;
}

bool stop_pending(const struct stop *st)
{
	return st->next && *st->next;
}

int stop_due(struct stop *st, int64_t now_ms)
{
	if (!stop_pending(st) || now_ms < st->due_ms)
		return 0;
	st->due_ms = now_ms + st->grace_ms;
	return *st->next++;
}
