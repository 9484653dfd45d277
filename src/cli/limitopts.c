/* SPDX-License-Identifier: MIT */
#include "cli/limitopts.h"

#include <math.h>

#include "base/bytes.h"
#include "base/clock.h"

enum {
	OPT_MEMORY = 200, /* beside those of runopts.c */
	OPT_CPUS,
	OPT_LOG_LIMIT,
	OPT_RETRIES,
	OPT_RETRY_DELAY,
	OPT_RETRY_ON,
	OPT_ON_END,
};

static const double cpus_least = 0.01, cpus_most = 100000;
static const int64_t memory_least = 6 << 20; /* an engine takes no less */

const struct opt limit_opts[] = {
    {OPT_MEMORY, 0, "memory", NULL, "SIZE", NULL,
	"Memory that the command may have: 512m, 4g"},
    {OPT_CPUS, 0, "cpus", NULL, "N", NULL,
	"Processors that it may use, also a part: 0.5"},
    {OPT_LOG_LIMIT, 0, "log-limit", NULL, "SIZE", NULL,
	"Keep only so much of each of its two streams"},
    {OPT_RETRIES, 0, "retries", NULL, "N", NULL,
	"When it fails, start it again, N times at most"},
    {OPT_RETRY_DELAY, 0, "retry-delay", NULL, "TIME", NULL,
	"Wait so long before, then twice as long each time (5s)"},
    {OPT_RETRY_ON, 0, "retry-on", NULL, "LIST", NULL,
	"Only after these ends: exit codes, signal, timeout, oom,\nnever, any (any)"},
    {OPT_ON_END, 0, "on-end", NULL, "CMD", NULL,
	"Give the run as JSON to this shell command when it has\nended"},
    {0},
};

static int take_cpus(struct run_request *rq, const char *text, struct err *err)
{
	size_t n = strspn(text, "0123456789.");
	char *end = (char *)text;
	double v = n ? strtod(text, &end) : -1;
	if (end == text + n && !*end && v >= cpus_least && v <= cpus_most) {
		rq->plan.cpus = v;
		return 0;
	}
	return err_set(err, ERR_USAGE,
	    "--cpus: '%s' is not a number of processors (examples: 2, 0.5)", text);
}

static int take_memory(struct run_request *rq, const char *text, struct err *err)
{
	int64_t v;
	if (bytes_parse(text, &v, err) < 0)
		return err_wrap(err, "--memory");
	if (v < memory_least)
		return err_set(err, ERR_USAGE,
		    "--memory: '%s' is less than a command can have (6m is the least)",
		    text);
	rq->plan.memory_bytes = v;
	return 0;
}

static int take_retries(struct run_request *rq, const char *text, struct err *err)
{
	if (retry_most_parse(text, &rq->plan.retries.most, err) < 0)
		return err_wrap(err, "--retries");
	rq->plan.retries.given = true;
	return 0;
}

int limitopts_take(
    struct run_request *rq, const struct opt *opt, const char *value, struct err *err)
{
	struct retry_rule *r = &rq->plan.retries;
	switch (opt->id) {
	case OPT_MEMORY:
		return take_memory(rq, value, err);
	case OPT_CPUS:
		return take_cpus(rq, value, err);
	case OPT_LOG_LIMIT:
		return bytes_parse(value, &rq->log_limit, err) < 0
			   ? err_wrap(err, "--log-limit")
			   : 0;
	case OPT_RETRIES:
		return take_retries(rq, value, err);
	case OPT_RETRY_DELAY:
		return clock_parse_duration(value, &r->delay_ms, err) < 0
			   ? err_wrap(err, "--retry-delay")
			   : 0;
	case OPT_RETRY_ON:
		r->on = value;
		return retry_on_check(value, err) < 0 ? err_wrap(err, "--retry-on") : 0;
	case OPT_ON_END:
		rq->on_end = value;
		return 0;
	default:
		return 1;
	}
}
