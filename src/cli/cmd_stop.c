/* SPDX-License-Identifier: MIT */
/* mlp stop: runs are asked to end, and have ended when it returns. */
#include <signal.h>

#include "base/clock.h"
#include "cli/meant.h"
#include "flow/queue.h"

enum { OPT_ALL = 1, OPT_GRACE };

static const struct opt stop_opts[] = {
    {OPT_ALL, 'a', "all", NULL, NULL, NULL, "All that live or are queued now"},
    {OPT_GRACE, 0, "grace", NULL, "TIME", NULL,
	"From TERM to KILL: 10s, 2m; 0: KILL at once (5s)"},
    {0},
};

struct stop_args {
	struct meant m;
	int64_t grace_ms;
};

static int take_grace(const char *text, int64_t *ms, struct err *err)
{
	*ms = 0;
	if (strcmp(text, "0") == 0 || clock_parse_duration(text, ms, err) == 0)
		return 0;
	return err_wrap(err, "--grace");
}

/* 1: it waited in the queue and does no more; 0: it does not wait; -1: *err. */
static int unqueue(struct cli *cli, struct control_run *r, struct err *err)
{
	struct queue_entry e;
	if (r->card.state != CARD_QUEUED || r->dir || r->card.recorded)
		return 0;
	if (queue_find(&cli->ctx, &cli->arena, QUEUE_WAITING, r->card.run_id, &e) &&
	    queue_remove(&cli->ctx, &e, "stopped while it was in the queue", err) == 0)
		return 1;
	if (err->code && err->code != ERR_NOTFOUND)
		return -1;
	err_clear(err);
	return control_refresh(&cli->ctx, &cli->arena, r, err); /* it has just begun */
}

/* 1: it was asked; 0: it has ended; -1: *err. */
static int ask(
    struct cli *cli, const struct stop_args *sa, struct control_run *r, struct err *err)
{
	int queued;
	while (control_next(&cli->ctx, &cli->arena, r)) /* it is the last that lives */
		;
	queued = unqueue(cli, r, err);
	if (queued != 0)
		return queued;
	if (card_has_ended(&r->card)) {
		ctx_say(&cli->ctx, SAY_INFO, "run %s has ended already: %s",
		    meant_name(cli, &r->card), card_state_word(r->card.state));
		return 0;
	}
	if (r->card.state == CARD_QUEUED && !r->held) {
		err_set(err, ERR_FAIL, "run %s is queued, there is nothing to stop yet",
		    meant_name(cli, &r->card));
		return err_hint(err, "take it out of the queue");
	}
	if (!r->dir) {
		err_set(err, ERR_FAIL, "run %s is %s, but nobody on this machine runs it",
		    meant_name(cli, &r->card), card_state_word(r->card.state));
		return err_hint(err, "stop it where it was started");
	}
	if (control_stop(&cli->ctx, r, SIGTERM, sa->grace_ms, err) == 0)
		return 1;
	if (err->code != ERR_NOTFOUND)
		return -1;
	err_clear(err);
	return 1;
}

static int stop_all(struct cli *cli, struct stop_args *sa)
{
	struct control_run **asked =
	    arena_array(&cli->arena, sa->m.n + 1, sizeof(struct control_run *));
	size_t n = 0;
	int code = CLI_OK;
	if (sa->m.n == 0)
		ctx_say(&cli->ctx, SAY_INFO, "no run lives, nothing to stop");
	for (size_t i = 0; i < sa->m.n; i++) {
		struct err err = ERR_INIT;
		int rc = ask(cli, sa, &sa->m.runs[i], &err);
		if (rc > 0)
			asked[n++] = &sa->m.runs[i];
		if (rc < 0) {
			cli_error(cli, &err);
			code = CLI_FAILED;
		}
	}
	for (size_t i = 0; i < n; i++) {
		struct err err = ERR_INIT;
		if (control_wait(&cli->ctx, &cli->arena, asked[i], &err) == 0) {
			meant_tell_end(cli, &asked[i]->card);
			continue;
		}
		if (err.code == ERR_INTERRUPTED)
			return 128 + err.sys;
		if (err.code == ERR_NOTFOUND) /* before it was recorded: that is all */
			continue;
		cli_error(cli, &err);
		code = CLI_FAILED;
	}
	return code;
}

static int run_stop(struct cli *cli, int argc, char *const *argv)
{
	struct stop_args sa = {.grace_ms = -1};
	struct cli_args args;
	struct err err = ERR_INIT;
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_stop, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0) {
		if (!args.it.opt) {
			meant_add(cli, &sa.m, args.it.value);
		} else if (args.it.opt->id == OPT_ALL) {
			sa.m.all = true;
		} else if (take_grace(args.it.value, &sa.grace_ms, &err) < 0) {
			cli_error(cli, &err);
			return CLI_USAGE;
		}
	}
	if (more < 0 || !meant_find(cli, &cmd_stop, &sa.m, CLI_FAILED, &code))
		return code;
	return stop_all(cli, &sa);
}

const struct cmd cmd_stop = {
    .name = "stop",
    .args = "[OPTIONS] RUN...",
    .summary = "Stop runs, and wait until they have ended",
    .text = "The command gets TERM, after the grace KILL; the run is recorded KILLED.  "
	    "To stop\n"
	    "a run that has ended is no failure.",
    .opts = {stop_opts, NULL},
    .run = run_stop,
};
