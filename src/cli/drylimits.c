/* SPDX-License-Identifier: MIT */
#include "cli/drylimits.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/quote.h"
#include "flow/attempts.h"

static void put_positive(cJSON *j, const char *name, int64_t v)
{
	if (v > 0)
		json_put_int(j, name, v);
	else
		json_put_null(j, name);
}

static void put_retries(cJSON *j, const struct retry_rule *r)
{
	cJSON *o;
	if (r->most == 0) {
		json_put_null(j, "retries");
		return;
	}
	o = json_put_object(j, "retries");
	json_put_int(o, "most", r->most);
	json_put_int(o, "delay_ms", retry_delay(r, 2));
	json_put_str(o, "on", r->on ? r->on : "any");
}

void drylimits_json(cJSON *j, const struct plan *plan, const struct run_request *rq)
{
	const struct resources *r = &plan->environment.resources;
	put_positive(j, "timeout_ms", plan->timeout_ms);
	put_positive(j, "memory_bytes", r->memory_bytes);
	if (r->cpus > 0)
		json_put_double(j, "cpus", r->cpus);
	else
		json_put_null(j, "cpus");
	if (r->gpus == GPUS_ALL)
		json_put_str(j, "gpus", "all");
	else
		put_positive(j, "gpus", r->gpus);
	put_positive(j, "log_limit_bytes", rq->log_limit);
	put_retries(j, &plan->retries);
	json_put_str(j, "on_end", rq->on_end);
}

static void label(struct buf *b, const char *text)
{
	buf_addf(b, "%-12s ", text);
}

static void print_bytes(struct buf *b, const char *name, int64_t bytes)
{
	if (bytes <= 0)
		return;
	label(b, name);
	bytes_put(b, bytes);
	buf_addc(b, '\n');
}

static void print_retries(struct buf *b, const struct retry_rule *r)
{
	if (r->most == 0)
		return;
	label(b, "retries");
	buf_addf(b, "%d, the first after ", r->most);
	clock_format_duration(b, retry_delay(r, 2));
	if (r->on)
		buf_addf(b, ", only on %s", r->on);
	buf_addc(b, '\n');
}

void drylimits_print(struct buf *b, const struct plan *plan, const struct run_request *rq)
{
	const struct resources *r = &plan->environment.resources;
	if (plan->timeout_ms) {
		label(b, "time limit");
		clock_format_duration(b, plan->timeout_ms);
		buf_addc(b, '\n');
	}
	print_bytes(b, "memory", r->memory_bytes);
	if (r->cpus > 0)
		buf_addf(b, "cpus         %g\n", r->cpus);
	if (r->gpus == GPUS_ALL)
		buf_adds(b, "gpus         all\n");
	else if (r->gpus > 0)
		buf_addf(b, "gpus         %d\n", r->gpus);
	print_bytes(b, "log limit", rq->log_limit);
	print_retries(b, &plan->retries);
	if (rq->on_end) {
		label(b, "on end");
		quote_display_str(b, rq->on_end);
		buf_addc(b, '\n');
	}
}
