/* SPDX-License-Identifier: MIT */
#include "cache/gc.h"

#include "base/clock.h"
#include "cache/sweep.h"

int gc_run(const struct ctx *ctx, struct arena *a, const struct gc_request *rq,
    struct gc_result *out, struct err *err)
{
	struct sweep s = {
	    .ctx = ctx, .a = a, .rq = rq, .out = out, .now = clock_now_ms()};
	*out = (struct gc_result){.removed = NULL};
	if (!ctx->cache_dir && !ctx->state_dir) {
		err_set(err, ERR_FAIL, "there is no cache: HOME is not set");
		return err_hint(err, "set HOME, or XDG_CACHE_HOME and XDG_STATE_HOME");
	}
	sweep_environments(&s);
	if (ctx->cache_dir && !rq->environments) {
		sweep_checkouts(&s);
		sweep_mirrors(&s);
		sweep_downloads(&s);
		sweep_notes(&s);
	}
	if (ctx->state_dir && !rq->environments)
		sweep_states(&s);
	strvec_release(&s.queued);
	usage_release(&s.usage);
	return 0;
}
