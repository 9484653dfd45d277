/* SPDX-License-Identifier: MIT */
#include "env/step.h"

#include <strings.h>
#include <unistd.h>

#include "base/ask.h"
#include "base/path.h"
#include "base/quote.h"

/* The line that begins at s, without the blanks at its ends. */
static const char *trimmed(const char *s, size_t *n)
{
	*n = strcspn(s, "\n");
	while (*n && strchr(" \t\r", s[*n - 1]))
		(*n)--;
	while (*n && (*s == ' ' || *s == '\t'))
		s++, (*n)--;
	return s;
}

static bool line_begins(const char *s, const char *word)
{
	size_t n;
	s = trimmed(s, &n);
	return strncasecmp(s, word, strlen(word)) == 0;
}

static const char *next_line(const char *s)
{
	s += strcspn(s, "\n");
	return *s ? s + 1 : s;
}

/* Its last "error: ..." with the cause below it, else the last line that says something. */
static void put_why(struct buf *out, const char *said)
{
	const char *last = NULL, *error = NULL, *line, *below;
	size_t n;
	for (line = said; *line; line = next_line(line)) {
		trimmed(line, &n);
		if (n)
			last = line;
		if (line_begins(line, "error:"))
			error = line;
	}
	if (!last)
		return;
	line = trimmed(error ? error : last, &n);
	buf_adds(out, ": ");
	quote_display(out, line, n);
	below = next_line(line);
	if (!error || !line_begins(below, "cause:"))
		return;
	line = trimmed(strchr(below, ':') + 1, &n);
	buf_adds(out, ": ");
	quote_display(out, line, n);
}

/* Why it did not end well; what it said last is shown with the run's end. */
static int say_failure(
    struct env *e, const struct env_step *step, const struct outcome *o, struct err *err)
{
	auto_buf how = BUF_INIT, last = BUF_INIT;
	exit_describe(&how, &o->exit);
	e->said = arena_strdup(e->want.a, o->stderr_tail ? o->stderr_tail : "");
	put_why(&last, e->said);
	return err_set(err, ERR_FAIL, "%s failed: %s: %s%s", step->what,
	    path_base(step->argv[0]), how.s, last.s);
}

int env_step(
    struct env *e, const struct env_step *step, struct exit_status *exit, struct err *err)
{
	const char *log = path_join(e->want.a, e->want.log_dir, "environment.log");
	struct launch l = {.argv = step->argv,
	    .envp = step->envp,
	    .cwd = step->cwd ? step->cwd : e->want.plan->cwd,
	    .stdout_log = log,
	    .stderr_log = log,
	    .quiet = isatty(2) != 1,
	    .is_step = true,
	    .input = step->input};
	struct outcome o;
	int rc = -1;
	ctx_say(e->want.ctx, SAY_DEBUG, "%s: %s ...", step->what, step->argv[0]);
	if (supervise(e->want.ctx, &l, &o, err) < 0)
		return -1;
	if (exit)
		*exit = o.exit;
	if (o.stop_signal) {
		err_clear(err);
		err_set(err, ERR_INTERRUPTED, "stopped while %s", step->what);
		err->sys = o.stop_signal;
	} else if (o.exit.kind == EXIT_NEVER) {
		err_wrap(err, "%s", step->what);
	} else if (o.exit.kind != EXIT_EXITED || o.exit.code != 0) {
		say_failure(e, step, &o, err);
	} else {
		rc = 0;
	}
	free(o.stderr_tail);
	return rc;
}

int env_ask(const struct ctx *ctx, char *const *argv, char *const *envp, int64_t ms,
    struct buf *out, struct err *err)
{
	return ask_tool(ctx->trace, argv, envp, ms, out, err);
}
