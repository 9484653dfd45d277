/* SPDX-License-Identifier: MIT */
#include "flow/cardof.h"

#include "flow/artifacts.h"
#include "flow/ending.h"

static const enum card_state states[] = {[RUN_RUNNING] = CARD_RUNNING,
    [RUN_SCHEDULED] = CARD_QUEUED,
    [RUN_FINISHED] = CARD_FINISHED,
    [RUN_FAILED] = CARD_FAILED,
    [RUN_KILLED] = CARD_KILLED};

void card_take_end(
    struct card *c, enum run_status status, const struct kvs *tags, int64_t end_time)
{
	c->state = states[status];
	c->exit = kvs_get(tags, "mlp.exit");
	c->reason = kvs_get(tags, "mlp.reason");
	c->ended = end_time;
	if (card_has_ended(c))
		c->exit_code = ending_exit_code(status, c->exit, c->reason);
}

void card_of_record(const struct ctx *ctx, struct arena *a, const char *store_uri,
    const struct run_record *run, struct card *out)
{
	*out = (struct card)CARD_INIT;
	out->run_id = run->run_id;
	out->name = run->name;
	out->entry_point = kvs_get(&run->tags, "mlflow.project.entryPoint");
	out->uri = kvs_get(&run->tags, "mlflow.source.name");
	out->store_uri = store_uri;
	out->experiment = run->experiment_name;
	out->log_dir = artifacts_log_dir(ctx, a, run->run_id, run->artifact_uri);
	out->parent_id = kvs_get(&run->tags, "mlflow.parentRunId");
	out->recorded = true;
	out->started = run->start_time;
	card_take_end(out, run->status, &run->tags, run->end_time);
}
