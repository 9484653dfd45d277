/* SPDX-License-Identifier: MIT */
/* setup.c -- the context, from the environment. */
#include <limits.h>
#include <signal.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/libexec.h"
#include "base/path.h"
#include "base/trace.h"
#include "cli/api.h"
#include "cli/runjson.h"

/* Set by the handlers below; the context's `interrupted` points to the first. */
static volatile int interrupted;

static struct mlp *volatile interruptible;

static void on_signal(int sig)
{
	struct mlp *m = interruptible;
	interrupted = sig;
	if (m)
		mlp_interrupt(m);
}

void cli_interrupts(struct mlp *m)
{
	interruptible = m;
	if (m && interrupted)
		mlp_interrupt(m);
}

int cli_take_interrupt(void)
{
	int sig = interrupted;
	interrupted = 0;
	return sig;
}

/* No SA_RESTART: a long wait must notice. */
static void catch_signals(bool ignored_ones)
{
	static const int sigs[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++) {
		struct sigaction old, sa = {.sa_handler = on_signal};
		sigemptyset(&sa.sa_mask);
		sigaction(sigs[i], NULL, &old);
		if (old.sa_handler != SIG_IGN || ignored_ones)
			sigaction(sigs[i], &sa, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
}

void cli_hear_signals(void)
{
	catch_signals(true);
}

static bool wants_colour(int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	return !(no && *no) && !(term && strcmp(term, "dumb") == 0) && isatty(fd);
}

void cli_setup(struct cli *cli)
{
	char cwd[PATH_MAX];
	memset(cli, 0, sizeof(*cli));
	alloc_set_oom_hook(alloc_say_oom);
	catch_signals(false); /* nohup stays in force */
	cli->least = SAY_INFO;
	cli->colour_out = wants_colour(STDOUT_FILENO);
	cli->colour_err = wants_colour(STDERR_FILENO);
	cli->ctx.say = cli_say;
	cli->ctx.progress = cli_progress;
	cli->ctx.arg = cli;
	cli->ctx.run_json = record_to_json;
	cli->ctx.interrupted = &interrupted;
	cli->ctx.cwd = getcwd(cwd, sizeof(cwd)) ? arena_strdup(&cli->arena, cwd) : NULL;
	cli->ctx.cache_dir = path_xdg(&cli->arena, XDG_CACHE);
	cli->ctx.state_dir = path_xdg(&cli->arena, XDG_STATE);
	cli->ctx.libexec = libexec_find(&cli->arena, libexec_own_program(&cli->arena));
	cli->ctx.offline = ctx_wants_offline();
	cli->ctx.trace = trace_open(&cli->ctx);
}

void cli_release(struct cli *cli)
{
	cli_progress_end(cli);
	fd_close(&cli->ctx.trace);
	arena_release(&cli->arena);
}
