/* SPDX-License-Identifier: MIT */
/*
 * sweeplive.c -- a sweep on a terminal while it runs: the points that run as a table, and
 * below it how far it is, when it may end, and which point is the best so far.
 */
#include "base/clock.h"
#include "base/utf8.h"
#include "cli/sweepview.h"
#include "cli/table.h"

/* How far it is, the best, the head; a line each, and two that others can be seen in. */
enum { OTHER_LINES = 5 };

void sweepview_put_best(const struct sweep *s, struct buf *out)
{
	long best = sweep_best(s);
	if (best < 0)
		return;
	buf_addf(out, "best: point %ld", best + 1);
	sweepview_put_metric(s, (size_t)best, out);
	buf_adds(out, " (");
	sweep_describe(s, (size_t)best, out);
	buf_adds(out, ")");
}

static void add_head(const struct sweep *s, struct table *t)
{
	static const char *const fixed[] = {"POINT", "RUN", "STATUS", "TIME"};
	t->columns = sizeof(fixed) / sizeof(fixed[0]);
	for (size_t i = 0; i < t->columns; i++)
		table_add(t, fixed[i]);
	for (size_t i = 0; i < s->points.nparams; i++)
		if (s->varies[i]) {
			table_add(t, s->points.names[i]);
			t->columns++;
		}
}

static void add_row(const struct sweep *s, size_t point, int64_t now, struct table *t)
{
	const struct point_state *p = &s->state[point];
	auto_arena a = ARENA_INIT;
	auto_buf b = BUF_INIT;
	buf_addf(&b, "%zu", point + 1);
	table_add(t, b.s);
	buf_clear(&b);
	buf_addf(&b, "%.8s", p->run_id);
	table_add(t, b.s);
	table_add(t, "RUNNING");
	buf_clear(&b);
	clock_format_duration(&b, now - p->begun);
	table_add(t, b.s);
	for (size_t i = 0; i < s->points.nparams; i++)
		if (s->varies[i])
			table_add(t, sweep_shown(s, &a, point, i));
}

/* At most so many of those that run. */
static void put_running(const struct sweep *s, size_t most, int64_t now, struct buf *out)
{
	struct table t = TABLE_INIT;
	size_t shown = 0, running = 0;
	add_head(s, &t);
	for (size_t i = 0; i < s->points.n; i++) {
		if (s->state[i].phase != POINT_RUNNING)
			continue;
		if (running++ < most) {
			add_row(s, i, now, &t);
			shown++;
		}
	}
	if (shown > 0)
		table_print(out, &t, false);
	if (shown > 0 && running > shown)
		buf_addf(out, "and %zu more\n", running - shown);
	table_release(&t);
}

/* As long as those took that have ended; -1: none has. */
static int64_t time_left(const struct sweep *s, int64_t now)
{
	int64_t each, left = 0, jobs = 0;
	if (s->ended_here == 0)
		return -1;
	each = s->ended_ms / (int64_t)s->ended_here;
	for (size_t i = 0; i < s->points.n; i++) {
		const struct point_state *p = &s->state[i];
		int64_t took = p->phase == POINT_RUNNING ? now - p->begun : 0;
		if (p->phase == POINT_ENDED)
			continue;
		left += took < each ? each - took : 0;
		jobs++;
	}
	jobs = jobs < (int64_t)s->jobs ? jobs : (int64_t)s->jobs;
	return jobs ? left / jobs : -1;
}

static void put_sum(const struct sweep *s, int64_t now, struct buf *out)
{
	struct sweep_count c = sweep_count(s);
	int64_t left = time_left(s, now);
	buf_addf(out, "%zu/%zu done, %zu running", c.finished, s->points.n, c.running);
	if (c.failed)
		buf_addf(out, ", %zu failed", c.failed);
	if (left >= 0) {
		buf_adds(out, "; about ");
		clock_format_duration(out, left);
		buf_adds(out, " to go");
	}
}

static void put_cut(const char *text, size_t width, struct buf *out)
{
	for (const char *end = text; *end; text = end + (*end == '\n')) {
		auto_buf one = BUF_INIT;
		end = text + strcspn(text, "\n");
		buf_add(&one, text, (size_t)(end - text));
		buf_cut(&one, utf8_prefix(one.s, width));
		while (utf8_columns(one.s) > width) /* some are two wide */
			buf_cut(&one, utf8_prefix(one.s, utf8_length(one.s) - 1));
		buf_addf(out, "%s%s", out->len ? "\n" : "", one.s);
	}
}

const char *sweepview_status(void *arg, const struct statusline_room *room)
{
	struct sweepview *v = arg;
	const struct sweep *s = v->sweep;
	int64_t now = clock_mono_ms();
	auto_buf b = BUF_INIT;
	if (room->height > OTHER_LINES)
		put_running(s, room->height - OTHER_LINES, now, &b);
	put_sum(s, now, &b);
	if (sweep_best(s) >= 0)
		buf_addc(&b, '\n');
	sweepview_put_best(s, &b);
	buf_clear(&v->line);
	put_cut(b.s, room->width, &v->line);
	return v->line.s;
}
