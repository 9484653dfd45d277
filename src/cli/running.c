/* SPDX-License-Identifier: MIT */
#include "cli/running.h"

#include <signal.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/quote.h"
#include "flow/detach.h"

enum { TAIL_LINES = 8 };

static void tell_start(void *arg, const struct run_result *r, const struct prepared *p)
{
	struct cli *cli = arg;
	cli_diags(cli, &p->diags);
	ctx_say(&cli->ctx, SAY_INFO, "run %s (%s)%s%.10s", r->name, r->run_id,
	    p->source.commit ? " at commit " : "",
	    p->source.commit ? p->source.commit : "");
}

/* The last lines of what the command wrote to stderr. */
static void put_tail(struct buf *b, const char *tail)
{
	const char *start = tail + strlen(tail), *end;
	int lines = 0;
	while (start > tail && (start[-1] != '\n' || !start[0] || ++lines < TAIL_LINES))
		start--;
	if (!*start)
		return;
	buf_adds(b, "mlp: its last lines on stderr:\n");
	for (; *start; start = *end ? end + 1 : end) {
		end = start + strcspn(start, "\n");
		buf_adds(b, "  | ");
		quote_display(b, start, (size_t)(end - start));
		buf_addc(b, '\n');
	}
}

static void tell_end(struct cli *cli, const struct run_result *r)
{
	const struct ending *e = &r->ending;
	bool ok = e->status == RUN_FINISHED;
	auto_buf took = BUF_INIT;
	auto_buf tail = BUF_INIT;
	auto_buf line = BUF_INIT;
	if (r->mid_line && isatty(STDERR_FILENO))
		fd_write_all(STDERR_FILENO, "\n", 1);
	clock_format_duration(&took, r->end_time - r->start_time);
	if (e->status == RUN_FAILED && r->stderr_tail) {
		put_tail(&tail, r->stderr_tail);
		fd_write_all(STDERR_FILENO, tail.s, tail.len);
	}
	buf_addf(&line, "run %s %s %s %s%s%s; artifacts: %s", r->name,
	    run_status_word(e->status), ok ? "in" : "after", took.s,
	    e->reason[0] ? ": " : "", e->reason, r->artifact_uri);
	if (ok)
		ctx_say(&cli->ctx, SAY_INFO, "%s", line.s);
	else
		cli_failed(cli, line.s);
	if (r->advice)
		ctx_say(&cli->ctx, SAY_INFO, "%s", r->advice);
	if (r->left_in)
		ctx_say(&cli->ctx, SAY_INFO, "%s %s",
		    r->left_files ? "files left in" : "the checkout is kept in",
		    r->left_in);
}

static int tell_failure(struct cli *cli, const struct prepared *p, const struct err *err)
{
	cli_diags(cli, &p->diags);
	cli_error(cli, err);
	return err->code == ERR_USAGE	      ? CLI_USAGE
	       : err->code == ERR_INTERRUPTED ? 128 + err->sys
					      : CLI_OURS;
}

int run_and_tell(struct cli *cli, const struct run_request *rq)
{
	struct run_result result;
	struct prepared p;
	struct err err = ERR_INIT;
	int code;
	if (run_launch(&cli->ctx, &cli->arena, rq, tell_start, cli, &p, &result, &err) ==
	    0) {
		tell_end(cli, &result);
		code = result.ending.exit_code;
	} else {
		code = tell_failure(cli, &p, &err);
	}
	prepared_done(&p);
	return code;
}

/* The supervisor's part; its exit code is heard only where nothing was recorded. */
static int supervise_detached(struct cli *cli, struct run_request *rq, int to)
{
	struct run_result result;
	struct prepared p;
	struct err err = ERR_INIT;
	int code = CLI_OK;
	/* a script that ignores them has none of its own in mind for us */
	cli_hear_signals();
	signal(SIGHUP, SIG_IGN); /* of a terminal that is none of ours any more */
	if (detach_run(
		&cli->ctx, &cli->arena, rq, &to, tell_start, cli, &p, &result, &err) < 0)
		code = tell_failure(cli, &p, &err);
	prepared_done(&p);
	return code;
}

int run_detached(struct cli *cli, struct run_request *rq)
{
	struct detached d;
	struct err err = ERR_INIT;
	char id[65];
	int to = -1, code, rc = detach_fork(&d, &to, &err);
	if (rc < 0) {
		cli_error(cli, &err);
		return CLI_OURS;
	}
	if (rc > 0)
		return supervise_detached(cli, rq, to);
	if (detach_wait(&cli->ctx, &d, id, &code) != 0)
		return code;
	return cli_print(arena_printf(&cli->arena, "%s\n", id), strlen(id) + 1);
}

static int run_queued(struct cli *cli, struct run_request *rq, const struct enqueue *how)
{
	static const struct prepared nothing;
	const struct prepared *p = NULL;
	struct enqueuer e;
	struct err err = ERR_INIT;
	const char *id;
	int code;
	if (enqueue_open(&e, &cli->ctx, &cli->arena, how, &err) < 0 ||
	    enqueue_take(&e, rq, &p, &err) < 0 || enqueue_commit(&e, &err) < 0) {
		code = tell_failure(cli, p ? p : &nothing, &err);
		enqueue_release(&e);
		return code;
	}
	cli_diags(cli, &p->diags);
	enqueue_release(&e);
	id = rq->run_id && *rq->run_id ? rq->run_id : rq->new_id;
	ctx_say(&cli->ctx, SAY_INFO, "run %s (%s) is in the queue%s",
	    rq->run_name ? rq->run_name : "again", id, how->held ? ", held" : "");
	return cli_print(arena_printf(&cli->arena, "%s\n", id), strlen(id) + 1);
}

int run_in_background(struct cli *cli, struct runopts *ro)
{
	return ro->queued ? run_queued(cli, &ro->rq, &ro->queue)
			  : run_detached(cli, &ro->rq);
}
