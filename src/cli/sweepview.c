/* SPDX-License-Identifier: MIT */
#include "cli/sweepview.h"

#include "base/clock.h"
#include "base/pyrepr.h"
#include "base/quote.h"
#include "cli/table.h"
#include "flow/csvfile.h"

enum { METRIC_DIGITS = 6 };

/* "FINISHED", ...; "ERROR" where nothing was recorded; "" where nothing was run. */
static const char *status_of(const struct point_state *p)
{
	const char *status = p->result ? json_str(p->result, "status") : NULL;
	return status ? status : p->result ? "ERROR" : "";
}

static const char *why_of(const struct point_state *p)
{
	const char *why = json_str(p->result, "reason");
	return why ? why : json_str(p->result, "error");
}

static int64_t took(const struct point_state *p)
{
	int64_t start = json_int(p->result, "start_time", -1);
	int64_t end = json_int(p->result, "end_time", -1);
	return start < 0 || end < start ? -1 : end - start;
}

void sweepview_put_metric(const struct sweep *s, size_t point, struct buf *out)
{
	double v;
	if (sweep_metric(s, point, &v))
		buf_addf(out, "  %s=%.*g", s->metric, METRIC_DIGITS, v);
}

void sweepview_told(void *arg, const struct sweep *s, size_t point)
{
	struct sweepview *v = arg;
	const struct point_state *p = &s->state[point];
	bool ok = point_is_finished(p);
	const char *why = ok ? NULL : why_of(p);
	auto_buf b = BUF_INIT;
	buf_addf(&b, "point %zu/%zu ", point + 1, s->points.n);
	sweep_describe(s, point, &b);
	buf_addf(&b, " %s", status_of(p));
	if (took(p) >= 0) {
		buf_adds(&b, ok ? " in " : " after ");
		clock_format_duration(&b, took(p));
	}
	sweepview_put_metric(s, point, &b);
	if (why)
		buf_addf(&b, ": %s", why);
	if (ok)
		ctx_say(&v->cli->ctx, SAY_INFO, "%s", b.s);
	else
		cli_failed(v->cli, b.s);
}

void sweepview_diags(void *arg, const struct diags *ds)
{
	struct sweepview *v = arg;
	cli_diags(v->cli, ds);
}

/* The names of all metrics that runs of it have, or NULL. */
static const char *metrics_there_are(const struct sweep *s, struct arena *a)
{
	const cJSON *m;
	auto_buf b = BUF_INIT;
	for (size_t i = 0; i < s->points.n && b.len == 0; i++) {
		cJSON_ArrayForEach(m, json_get(s->state[i].result, "metrics"))
		{
			buf_addf(&b, "%s%s", b.len ? ", " : "", m->string);
		}
	}
	return b.len ? arena_strdup(a, b.s) : NULL;
}

static void tell_missing_metric(struct sweepview *v)
{
	const struct sweep *s = v->sweep;
	const char *there;
	double value;
	if (!s->metric || sweep_count(s).finished == 0)
		return;
	for (size_t i = 0; i < s->points.n; i++)
		if (sweep_metric(s, i, &value))
			return;
	there = metrics_there_are(s, &v->cli->arena);
	ctx_say(&v->cli->ctx, SAY_WARNING, "no run has logged the metric '%s'%s%s",
	    s->metric, there ? "; there are: " : ", nor any other", there ? there : "");
}

void sweepview_end(struct sweepview *v)
{
	const struct sweep *s = v->sweep;
	struct sweep_count c = sweep_count(s);
	auto_buf b = BUF_INIT;
	buf_addf(&b, "sweep %s %s: %zu of %zu points FINISHED", s->name,
	    run_status_word(s->outcome), c.finished, s->points.n);
	if (s->outcome == RUN_FINISHED || v->only_shown)
		ctx_say(&v->cli->ctx, SAY_INFO, "%s", b.s);
	else
		cli_failed(v->cli, b.s);
	buf_clear(&b);
	sweepview_put_best(s, &b);
	if (b.len)
		ctx_say(&v->cli->ctx, SAY_INFO, "%s", b.s);
	if (s->outcome != RUN_FINISHED && s->outcome != RUN_RUNNING)
		ctx_say(&v->cli->ctx, SAY_INFO, "go on with: mlp sweep resume %.8s",
		    s->run_id);
	tell_missing_metric(v);
	buf_release(&v->line);
}

static void add_head(const struct sweep *s, struct table *t)
{
	static const char *const fixed[] = {"POINT", "RUN", "STATUS", "TOOK"};
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		table_add(t, fixed[i]);
	for (size_t i = 0; i < s->points.nparams; i++)
		if (s->varies[i])
			table_add(t, s->points.names[i]);
	if (s->metric)
		table_add(t, s->metric);
}

static void add_row(struct sweepview *v, struct table *t, size_t point, bool best)
{
	const struct sweep *s = v->sweep;
	const struct point_state *p = &s->state[point];
	struct arena *a = &v->cli->arena;
	const char *id = json_str(p->result, "run_id");
	auto_buf time = BUF_INIT;
	double value;
	table_add(t, arena_printf(a, "%zu%s", point + 1, best ? " *" : ""));
	table_add(t, id ? arena_printf(a, "%.8s", id) : "");
	table_add(t, *status_of(p) ? status_of(p) : "-");
	if (took(p) >= 0)
		clock_format_duration(&time, took(p));
	table_add(t, time.s);
	for (size_t i = 0; i < s->points.nparams; i++)
		if (s->varies[i])
			table_add(t, sweep_shown(s, a, point, i));
	if (s->metric)
		table_add(t, sweep_metric(s, point, &value)
				 ? arena_printf(a, "%.*g", METRIC_DIGITS, value)
				 : "");
}

int sweepview_table(struct sweepview *v)
{
	const struct sweep *s = v->sweep;
	struct table t = TABLE_INIT;
	long best = sweep_best(s);
	auto_buf b = BUF_INIT;
	t.columns = 4 + (s->metric != NULL);
	for (size_t i = 0; i < s->points.nparams; i++)
		t.columns += s->varies[i];
	add_head(s, &t);
	for (size_t i = 0; i < s->points.n; i++)
		add_row(v, &t, i, (long)i == best);
	table_print(&b, &t, v->cli->colour_out);
	table_release(&t);
	return cli_print(b.s, b.len);
}

static cJSON *point_to_json(const struct sweep *s, size_t point)
{
	static const char *const members[] = {"run_id", "run_name", "status", "exit_code",
	    "reason", "error", "start_time", "end_time", "metrics"};
	const struct point_state *p = &s->state[point];
	auto_arena a = ARENA_INIT;
	cJSON *j = cJSON_CreateObject(), *params;
	json_put_int(j, "point", (int64_t)point + 1);
	params = json_put_object(j, "params");
	for (size_t i = 0; i < s->points.nparams; i++)
		json_put_str(params, s->points.names[i], sweep_shown(s, &a, point, i));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const cJSON *m = json_get(p->result, members[i]);
		if (m)
			json_put(j, members[i], cJSON_Duplicate(m, true));
		else
			json_put_null(j, members[i]);
	}
	return j;
}

int sweepview_json(struct sweepview *v)
{
	const struct sweep *s = v->sweep;
	long best = sweep_best(s);
	auto_json j = cJSON_CreateObject();
	cJSON *list;
	json_put_str(j, "run_id", s->run_id);
	json_put_str(j, "run_name", s->name);
	json_put_str(j, "status", run_status_word(s->outcome));
	json_put_str(j, "reason", s->reason && *s->reason ? s->reason : NULL);
	json_put_str(j, "metric", s->metric);
	json_put_str(j, "goal", s->metric ? (s->maximize ? "max" : "min") : NULL);
	if (best >= 0)
		json_put_int(j, "best", best + 1);
	else
		json_put_null(j, "best");
	list = json_put_array(j, "points");
	for (size_t i = 0; i < s->points.n; i++)
		json_put(list, NULL, point_to_json(s, i));
	return cli_print_json(j);
}

/* All metrics that any run has, sorted as they come. */
static void collect_metrics(const struct sweep *s, struct strvec *names)
{
	const cJSON *m;
	for (size_t i = 0; i < s->points.n; i++) {
		cJSON_ArrayForEach(m, json_get(s->state[i].result, "metrics"))
		{
			size_t k = 0;
			while (k < names->n && strcmp(names->v[k], m->string) != 0)
				k++;
			if (k == names->n)
				strvec_push(names, m->string);
		}
	}
}

static void put_value(struct buf *out, const cJSON *m)
{
	buf_addc(out, ',');
	if (cJSON_IsNumber(m))
		pyrepr_double(out, m->valuedouble);
	else if (cJSON_IsString(m))
		buf_adds(out, m->valuestring);
}

static void put_csv_row(
    const struct sweep *s, size_t point, const struct strvec *metrics, struct buf *out)
{
	const struct point_state *p = &s->state[point];
	const char *id = json_str(p->result, "run_id");
	const cJSON *values = json_get(p->result, "metrics");
	auto_arena a = ARENA_INIT;
	buf_addf(out, "%zu,%s,%s,", point + 1, id ? id : "", status_of(p));
	if (took(p) >= 0)
		buf_addf(out, "%lld", (long long)took(p));
	for (size_t i = 0; i < s->points.nparams; i++) {
		buf_addc(out, ',');
		csv_put(out, sweep_shown(s, &a, point, i));
	}
	for (size_t i = 0; i < metrics->n; i++)
		put_value(out, json_get(values, metrics->v[i]));
	buf_addc(out, '\n');
}

int sweepview_csv(struct sweepview *v)
{
	const struct sweep *s = v->sweep;
	auto_strvec metrics = STRVEC_INIT;
	auto_buf b = BUF_INIT;
	collect_metrics(s, &metrics);
	buf_adds(&b, "point,run_id,status,took_ms");
	for (size_t i = 0; i < s->points.nparams; i++) {
		buf_adds(&b, ",params.");
		csv_put(&b, s->points.names[i]);
	}
	for (size_t i = 0; i < metrics.n; i++) {
		buf_adds(&b, ",metrics.");
		csv_put(&b, metrics.v[i]);
	}
	buf_addc(&b, '\n');
	for (size_t i = 0; i < s->points.n; i++)
		put_csv_row(s, i, &metrics, &b);
	return cli_print(b.s, b.len);
}
