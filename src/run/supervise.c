/* SPDX-License-Identifier: MIT */
#include "run/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fault.h"
#include "run/keyboard.h"
#include "run/leftovers.h"
#include "run/sigwatch.h"
#include "run/stop.h"
#include "run/streams.h"
#include "run/terminal.h"

/*
 * RUNNING -> [STOPPING ->] DRAINING -> [SWEEPING ->] FLUSHING -> ENDED, never back.
 * The main process lives in the first two.
 */
enum state {
	RUNNING,
	STOPPING, /* the steps of `stop` go to its group */
	DRAINING, /* it has ended; what else writes may do so until `due` */
	SWEEPING, /* the steps of `stop` go to what outlived it */
	FLUSHING, /* nothing lives; the rest of the output is read and passed on */
	ENDED,
};

enum {
	PIPE_END_MS = 200,  /* for input that ends although somebody strange holds it */
	LOOK_AGAIN_MS = 50, /* where the kernel does not tell */
	HURRY_MS = 100, /* what was killed with the command needs a moment to be gone */
	FOREGROUND_MS = 300, /* how soon we notice that a shell's `fg` gave us the keys */
	REQUESTS_MS = 10 * 1000, /* for what was asked of the endpoint before the end */
};

struct supervisor {
	const struct ctx *ctx;
	const struct launch *l;
	struct outcome *out;
	enum state state;
	int64_t due;	/* monotonic: the end of DRAINING, of waiting in FLUSHING */
	int64_t limit;	/* monotonic: the time limit; 0: none */
	int64_t began;	/* monotonic: when the command was started */
	int64_t forced; /* monotonic: when argv itself is killed; 0: it is not */
	bool timed_out, hurry;
	struct proc proc;
	pid_t pid; /* the main process and its group */
	struct stop stop;
	struct sigwatch signals;
	struct terminal term;
	struct keyboard keys;
	struct streams streams;
	struct statusline status;
	struct leftovers left;
};

/* As far as it is elsewhere; true: argv need not know of it. */
static bool signal_inside(struct supervisor *s, int sig)
{
	if (!s->l->signal || !s->l->signal(s->l->signal_arg, sig))
		return false;
	if (sig == SIGKILL)
		s->forced = clock_mono_ms() + STOP_GRACE_MS;
	return true;
}

static void signal_group(struct supervisor *s, int sig)
{
	if (signal_inside(s, sig))
		return;
	kill(-s->pid, sig); /* its zombie keeps the number until the very end */
	if (sig != SIGKILL && sig != SIGSTOP && sig != SIGCONT)
		kill(-s->pid, SIGCONT);
}

static void tell_state(const struct supervisor *s, enum launch_state state)
{
	if (s->l->on_state)
		s->l->on_state(s->l->on_state_arg, state, s->pid);
}

static void begin_sweep(struct supervisor *s, int64_t now)
{
	s->out->leftovers = (int)leftovers_count(&s->left);
	s->due = now + 3 * STOP_GRACE_MS;
	stop_begin(&s->stop, STOP_TERMINATE, now);
	if (s->hurry)
		stop_hasten(&s->stop, SIGKILL, now);
}

static void set_state(struct supervisor *s, enum state to)
{
	int64_t now = clock_mono_ms();
	s->state = to;
	statusline_clear(&s->status);
	switch (to) {
	case DRAINING:
		terminal_restore(&s->term); /* Ctrl-C is a signal to us from now on */
		s->term.keys = false;
		s->due = now + (s->hurry ? HURRY_MS : STOP_DRAIN_MS);
		break;
	case SWEEPING:
		begin_sweep(s, now);
		break;
	case FLUSHING:
		s->due = now + PIPE_END_MS;
		streams_mark(&s->streams);
		break;
	case STOPPING:
		tell_state(s, LAUNCH_STOPPING);
		break;
	case RUNNING:
	case ENDED:
		break;
	}
}

/* `mlp stop` may have said how long the command may take. */
static void heed_grace(struct supervisor *s, int64_t now)
{
	int64_t ms = stop_asked_grace(s->l->state_dir);
	if (ms >= 0)
		stop_set_grace(&s->stop, ms, now);
}

/* Somebody wants the end, by a signal to us or by a key. */
static void on_ask(struct supervisor *s, int sig, bool typed)
{
	int64_t now = clock_mono_ms();
	switch (s->state) {
	case RUNNING:
		s->out->stop_signal = sig;
		stop_begin(&s->stop,
		    sig == SIGINT    ? STOP_INTERRUPT
		    : sig == SIGQUIT ? STOP_QUIT
				     : STOP_TERMINATE,
		    now);
		heed_grace(s, now);
		if (typed) {
			if (!signal_inside(s, sig))
				keyboard_signal(&s->keys, &s->term, sig);
			s->streams.mid_line = true; /* its echo */
			stop_due(&s->stop, now);
		}
		set_state(s, STOPPING);
		break;
	case STOPPING:
		s->hurry = s->hurry || sig == SIGINT || sig == SIGQUIT;
		stop_hasten(&s->stop, s->hurry ? SIGKILL : SIGTERM, now);
		heed_grace(s, now);
		break;
	case DRAINING:
		s->hurry = true;
		s->due = now;
		break;
	case SWEEPING:
		s->hurry = true;
		stop_hasten(&s->stop, SIGKILL, now);
		break;
	case FLUSHING:
	case ENDED:
		s->hurry = true;
		break;
	}
}

static void look_at_main(struct supervisor *s)
{
	siginfo_t si = {.si_pid = 0};
	struct exit_status *st = &s->out->exit;
	leftovers_reap(&s->left);
	if (s->state >= DRAINING ||
	    waitid(P_PID, (id_t)s->pid, &si, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	    si.si_pid != s->pid)
		return;
	if (si.si_code == CLD_EXITED)
		*st = (struct exit_status){.kind = EXIT_EXITED, .code = si.si_status};
	else
		*st = (struct exit_status){.kind = EXIT_SIGNALLED,
		    .sig = si.si_status,
		    .core = si.si_code == CLD_DUMPED};
	if (s->timed_out)
		st->kind = EXIT_TIMEOUT;
	s->out->usage.wall_time_ms = clock_mono_ms() - s->began;
	set_state(s, DRAINING);
}

/* The command stops, then we do, as any job of the user's shell. */
static void suspend(struct supervisor *s, bool typed)
{
	int64_t began = clock_mono_ms(), slept;
	statusline_clear(&s->status);
	if (s->state >= DRAINING) {
		sigwatch_suspend();
		return;
	}
	signal_group(s, SIGSTOP);
	terminal_restore(&s->term);
	if (typed)
		kill(0, SIGTSTP); /* the terminal would stop the whole job, not only us */
	sigwatch_suspend();
	terminal_take(&s->term);
	terminal_resize(&s->term);
	signal_group(s, SIGCONT);
	slept = clock_mono_ms() - began; /* does not count */
	s->limit += s->limit ? slept : 0;
	s->stop.due_ms += slept;
}

static void on_signal(struct supervisor *s, int sig)
{
	switch (sig) {
	case SIGCHLD:
		look_at_main(s);
		break;
	case SIGWINCH:
		terminal_resize(&s->term);
		if (s->term.tty >= 0 && !s->term.keys && s->state < DRAINING)
			kill(-s->pid, SIGWINCH); /* no terminal of its own tells it */
		break;
	case SIGTSTP:
		suspend(s, false);
		break;
	case SIGCONT: /* somebody had stopped us in a way we cannot see */
		terminal_take(&s->term);
		terminal_resize(&s->term);
		if (s->state < DRAINING)
			signal_group(s, SIGCONT);
		break;
	default:
		on_ask(s, sig, false);
	}
}

static void on_keys(struct supervisor *s)
{
	int sig;
	if (!terminal_is_ours(&s->term)) { /* taken from us; a read would fail */
		s->term.raw = false;
		return;
	}
	keyboard_read(&s->keys, &s->term);
	while ((sig = keyboard_next(&s->keys, &s->term))) {
		if (sig == SIGTSTP)
			suspend(s, true);
		else
			on_ask(s, sig, true);
	}
	keyboard_send(&s->keys, &s->term);
}

static void warn_of_logs(struct supervisor *s)
{
	const char *path[] = {s->l->stdout_log, s->l->stderr_log};
	for (int i = STREAM_OUT; i <= STREAM_ERR && !s->out->log_errno; i++) {
		int why = s->streams.relay[i].log_errno;
		if (!why)
			continue;
		s->out->log_errno = why;
		ctx_say(s->ctx, SAY_WARNING,
		    "cannot keep the output in '%s' any more: %s; the command goes on",
		    path[i], strerror(why));
	}
}

static void send_due(struct supervisor *s, int64_t now)
{
	int sig;
	while ((sig = stop_due(&s->stop, now))) {
		if (s->state == STOPPING)
			signal_group(s, sig);
		else
			leftovers_signal(&s->left, sig);
	}
}

static void say_leftovers(struct supervisor *s, size_t alive)
{
	const char *process = s->out->leftovers == 1 ? "process" : "processes";
	if (s->out->leftovers == 0)
		return;
	if (alive)
		ctx_say(s->ctx, SAY_WARNING,
		    "%d %s outlived the command and %zu could not be stopped",
		    s->out->leftovers, process, alive);
	else
		ctx_say(s->ctx, SAY_WARNING, "%d %s outlived the command and %s stopped",
		    s->out->leftovers, process, s->out->leftovers == 1 ? "was" : "were");
}

static void sweep(struct supervisor *s, int64_t now)
{
	size_t alive = leftovers_count(&s->left);
	if (alive > 0) {
		send_due(s, now);
		if (!stop_pending(&s->stop)) /* what was born since then, too */
			leftovers_signal(&s->left, SIGKILL);
		if (now < s->due)
			return;
	}
	say_leftovers(s, alive);
	set_state(s, FLUSHING);
}

static void flush(struct supervisor *s, int64_t now)
{
	bool stopped = s->out->stop_signal || s->timed_out;
	if (s->hurry || (stopped && now >= s->due + STOP_DRAIN_MS))
		streams_abandon(&s->streams);
	streams_give_up(&s->streams, now >= s->due);
	if (streams_are_done(&s->streams))
		set_state(s, ENDED);
}

/* What time and the streams' ends bring. */
static void advance(struct supervisor *s)
{
	int64_t now = clock_mono_ms();
	streams_tell_order(&s->streams, now);
	if (s->state == RUNNING && s->limit && now >= s->limit) {
		s->timed_out = true;
		stop_begin(&s->stop, STOP_TERMINATE, now);
		set_state(s, STOPPING);
	}
	if (s->state == RUNNING && !s->streams.mid_line)
		statusline_draw(&s->status, now);
	if (s->state == STOPPING) {
		send_due(s, now);
		if (s->forced && now >= s->forced)
			kill(-s->pid, SIGKILL);
	}
	if (s->state == DRAINING) {
		if (streams_are_read(&s->streams) && leftovers_count(&s->left) == 0)
			set_state(s, FLUSHING);
		else if (now >= s->due)
			set_state(s, SWEEPING);
	}
	if (s->state == SWEEPING)
		sweep(s, now);
	if (s->state == FLUSHING)
		flush(s, now);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When something is to be done although nothing happens; ms from now, -1: never. */
static int next_wake(const struct supervisor *s)
{
	int64_t now = clock_mono_ms(), at = INT64_MAX;
	bool stopped = s->out->stop_signal || s->timed_out;
	if (s->state == RUNNING && s->limit)
		at = s->limit;
	if (s->state == DRAINING)
		at = s->due;
	if (s->state == STOPPING && stop_pending(&s->stop))
		at = s->stop.due_ms;
	if (s->state == STOPPING && s->forced)
		at = earlier(at, s->forced);
	if (s->state == SWEEPING)
		at = stop_pending(&s->stop) ? s->stop.due_ms : now + LOOK_AGAIN_MS;
	if (s->state == FLUSHING && !streams_are_read(&s->streams) && now < s->due)
		at = s->due;
	else if (s->state == FLUSHING && stopped)
		at = s->due + STOP_DRAIN_MS;
	if (keyboard_is_waiting(&s->keys))
		at = earlier(at, now + LOOK_AGAIN_MS);
	if (s->term.keys && !s->term.raw)
		at = earlier(at, now + FOREGROUND_MS);
	at = earlier(at, streams_due(&s->streams));
	if (s->l->endpoint)
		at = earlier(at, endpoint_due(s->l->endpoint));
	if (s->state == RUNNING)
		at = earlier(at, statusline_due(&s->status));
	if (at == INT64_MAX)
		return -1;
	return at <= now ? 0 : (int)earlier(at - now, 3600 * 1000);
}

/* The command's output goes where the status line is. */
static void make_room(struct supervisor *s, const struct pollfd *p)
{
	for (int i = 0; i < 2 * STREAMS; i++)
		if (p[i].revents)
			statusline_clear(&s->status);
}

static void serve(struct supervisor *s, const struct pollfd *p)
{
	pid_t started = s->l->endpoint ? endpoint_go_on(s->l->endpoint, p) : 0;
	if (started)
		leftovers_except(&s->left, started);
}

/* One turn: wait, then do everything that can be done without waiting. */
static void turn(struct supervisor *s)
{
	enum {
		SIGNALS,
		ENDPOINT,
		KEYS,
		OUTPUT = KEYS + 2,
		ENTRIES = OUTPUT + 2 * STREAMS
	};
	struct pollfd p[ENTRIES] = {{.fd = s->signals.fd, .events = POLLIN}, {.fd = -1}};
	int sig;
	if (s->l->endpoint)
		endpoint_poll(s->l->endpoint, p + ENDPOINT);
	keyboard_poll(&s->keys, &s->term, p + KEYS);
	streams_poll(&s->streams, p + OUTPUT);
	if (poll(p, ENTRIES, next_wake(s)) < 0)
		return; /* EINTR: only a debugger does that here */
	while (p[SIGNALS].revents && (sig = sigwatch_next(&s->signals)))
		on_signal(s, sig);
	if (s->term.keys && !s->term.raw && terminal_is_ours(&s->term)) {
		terminal_take(&s->term);
		terminal_resize(&s->term);
	}
	if (p[KEYS].revents && s->term.keys)
		on_keys(s);
	if (p[KEYS + 1].revents || keyboard_is_waiting(&s->keys))
		keyboard_send(&s->keys, &s->term);
	terminal_follow_modes(&s->term);
	make_room(s, p + OUTPUT);
	streams_go_on(&s->streams, p + OUTPUT);
	serve(s, p + ENDPOINT);
	warn_of_logs(s);
	advance(s);
}

static int prepare(struct supervisor *s, int ends[2], struct err *err)
{
	struct err why = ERR_INIT;
	if (!s->l->quiet)
		streams_pass_on(&s->streams);
	statusline_open(&s->status, s->l->status, s->l->status_arg);
	if (sigwatch_open(&s->signals, err) < 0)
		return -1;
	if (s->ctx->interrupted && *s->ctx->interrupted) {
		err_set(err, ERR_INTERRUPTED, "interrupted");
		err->sys = *s->ctx->interrupted;
		return -1;
	}
	if (!s->l->quiet && !s->l->is_step && terminal_open(&s->term, &why) < 0)
		ctx_say(s->ctx, SAY_DEBUG, "no terminal for the command: %s", why.msg);
	return streams_open(&s->streams, s->l, &s->term, ends, err);
}

/* A job in the background must not take keys from the user's shell. */
static bool stdin_is_not_ours(void)
{
	pid_t group = tcgetpgrp(0);
	return group > 0 && group != getpgrp();
}

static int start(struct supervisor *s, const int ends[2], struct err *err)
{
	struct proc *p = &s->proc;
	auto_fd null = -1;
	*p = (struct proc){.argv = s->l->argv,
	    .envp = s->l->envp,
	    .cwd = s->l->cwd,
	    .fd = {-1, ends[0], ends[1]},
	    .ctty = -1,
	    .socket = s->l->file > 0 ? s->l->file : -1,
	    .secret = s->l->endpoint ? s->l->endpoint->key : NULL,
	    .flags = PROC_SESSION | PROC_DIE_WITH_US,
	    .enter = s->l->enter,
	    .enter_arg = s->l->enter_arg,
	    .pid = -1,
	    .leader = -1};
	if (s->l->is_step)
		p->fd[1] = ends[1];
	if (s->l->is_step && s->l->input)
		p->fd[0] = s->l->input;
	else if (s->l->is_step || stdin_is_not_ours())
		p->fd[0] = null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	terminal_give(&s->term, p);
	terminal_take(&s->term);
	leftovers_open(&s->left);
	if (proc_start(p, s->ctx->trace, err) < 0) {
		s->out->exit = (struct exit_status){
		    .kind = EXIT_NEVER, .code = err->sys == ENOENT ? 127 : 126};
		return -1;
	}
	FAULT("supervise.started");
	s->pid = p->pid;
	leftovers_except(&s->left, p->pid);
	leftovers_except(&s->left, p->leader);
	s->began = clock_mono_ms();
	s->limit = s->l->timeout_ms > 0 ? s->began + s->l->timeout_ms : 0;
	terminal_given(&s->term);
	tell_state(s, LAUNCH_STARTED);
	return 0;
}

static void take_usage(struct supervisor *s)
{
	struct usage *u = &s->out->usage;
	u->cpu_time_us = s->left.usage.cpu_time_us;
	u->peak_memory_bytes = s->left.usage.peak_memory_bytes;
}

static void finish(struct supervisor *s)
{
	FAULT("supervise.ended");
	if (s->pid > 0)
		usage_reap(&s->left.usage, s->pid, NULL, 0);
	if (s->l->endpoint)
		endpoint_close(s->l->endpoint, s->hurry ? HURRY_MS : REQUESTS_MS);
	if (s->left.open)
		leftovers_close(&s->left);
	if (s->pid > 0)
		take_usage(s);
	proc_end_leader(&s->proc);
	terminal_close(&s->term);
	keyboard_release(&s->keys);
	s->out->stdout_bytes = s->streams.relay[STREAM_OUT].bytes;
	s->out->stderr_bytes = s->streams.relay[STREAM_ERR].bytes;
	s->out->mid_line = s->streams.mid_line;
	streams_close(&s->streams);
	for (int i = STREAM_OUT; i <= STREAM_ERR; i++)
		s->out->dropped_bytes += s->streams.relay[i].dropped;
	sigwatch_close(&s->signals);
}

int supervise(
    const struct ctx *ctx, const struct launch *l, struct outcome *out, struct err *err)
{
	struct supervisor s = {.ctx = ctx,
	    .l = l,
	    .out = out,
	    .pid = -1,
	    .proc = PROC_INIT,
	    .signals = SIGWATCH_INIT,
	    .term = TERMINAL_INIT,
	    .status = STATUSLINE_INIT,
	    .keys = {.queue = BUF_INIT, .blind = l->blind_keys}};
	int ends[2] = {-1, -1}, rc;
	*out = (struct outcome){.usage = USAGE_UNKNOWN};
	streams_init(&s.streams);
	rc = prepare(&s, ends, err);
	if (rc == 0 && start(&s, ends, err) == 0)
		s.state = RUNNING;
	else
		s.state = ENDED;
	fd_close(&ends[0]);
	fd_close(&ends[1]);
	while (s.state != ENDED)
		turn(&s);
	if (rc == 0)
		out->stderr_tail = tail_text(&s.streams.tail);
	finish(&s);
	return rc;
}
