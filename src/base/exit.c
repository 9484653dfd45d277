/* SPDX-License-Identifier: MIT */
/* exit.c -- how a process ended, as data and in words (declared in proc.h). */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/proc.h"

struct exit_status exit_from_wait(int ws)
{
	struct exit_status st = {.kind = EXIT_UNKNOWN};
	if (WIFEXITED(ws)) {
		st.kind = EXIT_EXITED;
		st.code = WEXITSTATUS(ws);
	} else if (WIFSIGNALED(ws)) {
		st.kind = EXIT_SIGNALLED;
		st.sig = WTERMSIG(ws);
		st.core = WCOREDUMP(ws);
	}
	return st;
}

struct exit_status proc_wait(pid_t pid)
{
	int ws;
	pid_t got;
	do
		got = waitpid(pid, &ws, 0);
	while (got < 0 && errno == EINTR);
	return got == pid ? exit_from_wait(ws)
			  : (struct exit_status){.kind = EXIT_UNKNOWN};
}

static const char *const kind_words[] = {
    [EXIT_UNKNOWN] = "unknown",
    [EXIT_EXITED] = "exited",
    [EXIT_SIGNALLED] = "signalled",
    [EXIT_TIMEOUT] = "timeout",
    [EXIT_OOM] = "oom",
    [EXIT_NEVER] = "never",
};

const char *exit_kind_word(enum exit_kind kind)
{
	return kind_words[kind];
}

enum exit_kind exit_kind_from_word(const char *word)
{
	for (size_t i = 0; i < sizeof(kind_words) / sizeof(kind_words[0]); i++)
		if (strcmp(word, kind_words[i]) == 0)
			return (enum exit_kind)i;
	return EXIT_UNKNOWN;
}

void signal_name(struct buf *out, int sig)
{
	const char *abbrev = sigabbrev_np(sig);
	if (abbrev)
		buf_addf(out, "SIG%s", abbrev);
	else
		buf_addf(out, "signal %d", sig);
}

static void describe_code(struct buf *out, int code)
{
	buf_addf(out, "exit %d", code);
	if (code == 126)
		buf_adds(out, " (usually: a command was found but is not executable)");
	else if (code == 127)
		buf_adds(out, " (usually: a command was not found)");
	else if (code > 128 && code <= 128 + 31) {
		buf_adds(out, " (usually: killed by ");
		signal_name(out, code - 128);
		buf_addc(out, ')');
	}
}

void exit_describe(struct buf *out, const struct exit_status *st)
{
	switch (st->kind) {
	case EXIT_EXITED:
		describe_code(out, st->code);
		break;
	case EXIT_SIGNALLED:
		buf_adds(out, "killed by ");
		signal_name(out, st->sig);
		if (st->core)
			buf_adds(out, " (core dumped)");
		break;
	case EXIT_TIMEOUT:
		buf_adds(out, "timed out");
		break;
	case EXIT_OOM:
		buf_adds(out, "out of memory");
		break;
	case EXIT_NEVER:
		buf_adds(out, "never started");
		break;
	case EXIT_UNKNOWN:
		buf_adds(out, "end unknown");
		break;
	}
}
