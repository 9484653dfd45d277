/* SPDX-License-Identifier: MIT */
#include "flow/attempts.h"

#include "base/clock.h"
#include "base/sigpoll.h"
#include "flow/onend.h"

enum { HOUR_MS = 3600 * 1000 };

int64_t retry_delay(const struct retry_rule *rule, int number)
{
	int64_t first = rule->delay_ms ? rule->delay_ms : RETRY_DELAY_MS, ms = first;
	int64_t most = first > RETRY_DELAY_MAX_MS ? first : RETRY_DELAY_MAX_MS;
	for (int i = 2; i < number && ms < most; i++)
		ms *= 2;
	return ms < most ? ms : most;
}

bool retry_wanted(
    const struct retry_rule *rule, const struct outcome *o, const struct ending *e)
{
	const char *on = rule->on ? rule->on : "any";
	char code[16];
	if (e->status != RUN_FAILED)
		return false;
	switch (o->exit.kind) {
	case EXIT_EXITED:
		snprintf(code, sizeof(code), "%d", o->exit.code);
		return retry_on_has(on, code);
	case EXIT_SIGNALLED:
		return retry_on_has(on, "signal");
	case EXIT_TIMEOUT:
		return retry_on_has(on, "timeout");
	case EXIT_OOM:
		return retry_on_has(on, "oom");
	case EXIT_NEVER:
		return retry_on_has(on, "never");
	default:
		return false;
	}
}

void attempt_prepare_next(struct attempt *at, const struct ctx *ctx, struct arena *a,
    const struct retry_rule *rule, const struct outcome *o, const struct ending *e,
    struct card *card)
{
	struct err err = ERR_INIT;
	struct card next = CARD_INIT;
	char id[33];
	if (at->number > rule->most || !retry_wanted(rule, o, e))
		return;
	run_id_new(id);
	if (run_lock_take(ctx, id, &at->lock, &err) < 0) {
		ctx_say(ctx, SAY_WARNING, "it is not tried again: %s", err.msg);
		return;
	}
	at->next = arena_strdup(a, id);
	at->delay_ms = retry_delay(rule, at->number + 1);
	card->next_id = at->next;
	next.run_id = at->next;
	next.entry_point = card->entry_point;
	next.uri = card->uri;
	next.cwd = card->cwd;
	next.store_uri = card->store_uri;
	next.state = CARD_PREPARING;
	next.background = card->background;
	next.pid = getpid();
	next.started = clock_now_ms();
	(void)card_write(at->lock.dir, &next, &err);
}

/* Between two attempts.  False: we were asked to stop. */
static bool wait_for_next(const struct ctx *ctx, const struct attempt *at)
{
	int64_t end = clock_mono_ms() + at->delay_ms, now;
	while (!(ctx->interrupted && *ctx->interrupted) && (now = clock_mono_ms()) < end)
		(void)sigpoll(
		    ctx, NULL, 0, end - now < HOUR_MS ? (int)(end - now) : HOUR_MS);
	return !(ctx->interrupted && *ctx->interrupted);
}

static void tell(const struct ctx *ctx, const struct run_result *r,
    const struct attempt *at, const struct retry_rule *rule)
{
	auto_buf delay = BUF_INIT;
	clock_format_duration(&delay, at->delay_ms);
	ctx_say(ctx, SAY_WARNING, "run %s %s: %s; attempt %d of %d in %s", r->name,
	    run_status_word(r->ending.status), r->ending.reason, at->number + 1,
	    rule->most + 1, delay.s);
}

/* The same commit, its own id and name; everything else as it was asked for. */
static void ask_again(struct arena *a, const struct prepared *p, struct attempt *at,
    const char *name, struct run_request *rq)
{
	if (p->source.kind == SOURCE_GIT && p->source.commit)
		rq->version = p->source.commit;
	rq->run_name = arena_printf(a, "%s-attempt%d", name, at->number + 1);
	rq->new_id = at->next;
	rq->held = &at->lock;
	rq->queued = 0;
	at->number++;
	at->next = NULL;
}

/* Nothing more comes of it: the last one's end is what is left. */
static void end_early(const struct ctx *ctx, struct attempt *at, struct run_result *out,
    const struct err *why)
{
	run_lock_drop(&at->lock, true);
	if (why->code == ERR_INTERRUPTED)
		out->ending.exit_code = 128 + why->sys;
	else
		ctx_say(ctx, SAY_WARNING, "attempt %d could not be made: %s", at->number,
		    why->msg);
}

static int try_again(const struct ctx *ctx, struct arena *a, struct run_request *rq,
    struct attempt *at, run_started *started, void *arg, struct prepared *p,
    struct run_result *out, const char *name)
{
	struct run_result next;
	struct err why = ERR_INIT;
	tell(ctx, out, at, &p->plan.retries);
	ask_again(a, p, at, name, rq);
	if (!wait_for_next(ctx, at)) {
		why.code = ERR_INTERRUPTED;
		why.sys = *ctx->interrupted;
		end_early(ctx, at, out, &why);
		return -1;
	}
	prepared_done(p);
	if (launch_once(ctx, a, rq, at, started, arg, p, &next, &why) < 0) {
		end_early(ctx, at, out, &why);
		return -1;
	}
	*out = next;
	return 0;
}

int run_launch(const struct ctx *ctx, struct arena *a, const struct run_request *rq,
    run_started *started, void *arg, struct prepared *p, struct run_result *out,
    struct err *err)
{
	struct attempt at = {.number = 1, .lock = RUN_LOCK_INIT};
	struct run_request again = *rq;
	if (launch_once(ctx, a, rq, &at, started, arg, p, out, err) < 0)
		return -1;
	at.first = out->run_id;
	for (const char *name = out->name; at.next;)
		if (try_again(ctx, a, &again, &at, started, arg, p, out, name) < 0)
			break;
	if (rq->on_end)
		on_end(ctx, a, rq, out);
	return 0;
}
