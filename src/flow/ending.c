/* SPDX-License-Identifier: MIT */
#include "flow/ending.h"

#include <signal.h>

#include "base/clock.h"

enum { EXIT_TIMED_OUT = 124, EXIT_OURS = 125, EXIT_OF_SIGNAL = 128 };

static enum run_status decide(const struct outcome *o)
{
	if (o->stop_signal)
		return RUN_KILLED;
	if (o->exit.kind == EXIT_EXITED && o->exit.code == 0)
		return RUN_FINISHED;
	return RUN_FAILED;
}

static int exit_code_of(
    enum run_status status, const struct exit_status *st, int stop_signal)
{
	if (status == RUN_FINISHED)
		return 0;
	if (stop_signal)
		return EXIT_OF_SIGNAL + stop_signal;
	switch (st->kind) {
	case EXIT_EXITED:
	case EXIT_NEVER:
		return st->code ? st->code : EXIT_OURS;
	case EXIT_SIGNALLED:
		return EXIT_OF_SIGNAL + st->sig;
	case EXIT_TIMEOUT:
		return EXIT_TIMED_OUT;
	case EXIT_OOM:
		return st->code ? st->code : EXIT_OF_SIGNAL + SIGKILL;
	default:
		return EXIT_OURS;
	}
}

static void describe(
    const struct outcome *o, int64_t timeout_ms, const char *why, struct buf *out)
{
	if (o->stop_signal) {
		buf_adds(out, "stopped by ");
		signal_name(out, o->stop_signal);
		if (o->stop_signal == SIGINT)
			buf_adds(out, " (Ctrl-C)");
	} else if (o->exit.kind == EXIT_TIMEOUT) {
		buf_adds(out, "timed out after ");
		clock_format_duration(out, timeout_ms);
	} else if (o->exit.kind == EXIT_NEVER && why) {
		buf_addf(out, "never started: %s", why);
	} else if (o->exit.kind != EXIT_EXITED || o->exit.code != 0) {
		exit_describe(out, &o->exit);
		if (o->detail)
			buf_addf(out, ": %s", o->detail);
	}
}

/* The command's own word counts only where it differs from the truth; then it is kept. */
static void add_contrary_word(
    enum run_status said, enum run_status status, struct buf *out)
{
	if (said == RUN_RUNNING || said == RUN_SCHEDULED || said == status)
		return;
	buf_addf(out, "%sthe command itself had recorded %s", out->len ? "; " : "",
	    run_status_word(said));
}

void ending_of(const struct outcome *o, int64_t timeout_ms, enum run_status said,
    const char *why, struct ending *e)
{
	const struct exit_status *st = &o->exit;
	auto_buf reason = BUF_INIT;
	e->status = decide(o);
	e->exit_code = exit_code_of(e->status, st, o->stop_signal);
	snprintf(e->exit, sizeof(e->exit), "%s:%d", exit_kind_word(st->kind),
	    st->kind == EXIT_SIGNALLED ? st->sig
	    : st->kind == EXIT_TIMEOUT ? (int)((timeout_ms + 999) / 1000)
				       : st->code);
	describe(o, timeout_ms, why, &reason);
	if (o->oom_kills && st->kind != EXIT_OOM)
		buf_addf(&reason, "%s%d of its processes %s killed, out of memory",
		    reason.len ? "; " : "", o->oom_kills,
		    o->oom_kills == 1 ? "was" : "were");
	if (o->log_errno)
		buf_addf(&reason, "%spart of its output could not be kept (%s)",
		    reason.len ? "; " : "", strerror(o->log_errno));
	add_contrary_word(said, e->status, &reason);
	snprintf(e->reason, sizeof(e->reason), "%s", reason.s);
}

struct exit_status ending_parse_exit(const char *tag)
{
	struct exit_status st = {.kind = EXIT_UNKNOWN};
	const char *colon = tag ? strchr(tag, ':') : NULL;
	char word[16];
	if (!colon || (size_t)(colon - tag) >= sizeof(word))
		return st;
	memcpy(word, tag, (size_t)(colon - tag));
	word[colon - tag] = '\0';
	st.kind = exit_kind_from_word(word);
	if (st.kind == EXIT_SIGNALLED)
		st.sig = atoi(colon + 1);
	else
		st.code = atoi(colon + 1);
	return st;
}

/* The signal that stopped it is in the reason alone. */
static int stop_signal_of(const char *reason)
{
	static const int stops[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	for (size_t i = 0; reason && i < sizeof(stops) / sizeof(stops[0]); i++) {
		auto_buf words = BUF_INIT;
		buf_adds(&words, "stopped by ");
		signal_name(&words, stops[i]);
		if (strncmp(reason, words.s, words.len) == 0)
			return stops[i];
	}
	return SIGTERM;
}

int ending_exit_code(enum run_status status, const char *exit, const char *reason)
{
	struct exit_status st = ending_parse_exit(exit);
	return exit_code_of(
	    status, &st, status == RUN_KILLED ? stop_signal_of(reason) : 0);
}
