/* SPDX-License-Identifier: MIT */
#include "flow/watch.h"

#include "base/clock.h"
#include "base/quote.h"
#include "base/utf8.h"

static void say_nothing(void *arg, enum say_level level, const char *text)
{
	(void)arg;
	(void)level;
	(void)text;
}

void watch_init(struct watch *w, const struct ctx *ctx, const struct tracking *t,
    const struct run_record *run)
{
	static const volatile int at_once = 1;
	*w = (struct watch){.ctx = *ctx,
	    .tracking = t,
	    .run_id = run->run_id,
	    .start_time = run->start_time,
	    .line = BUF_INIT};
	w->ctx.say = say_nothing;
	/* who is interrupted already does not wait for another process's lock */
	w->ctx.interrupted = &at_once;
}

/* The machine's own figures are many, and not what training is about. */
static bool is_systems(const struct metric *m)
{
	return strncmp(m->key, "system/", 7) == 0;
}

/* The metric whole, or nothing when it does not fit. */
static bool add(struct buf *b, const struct metric *m, size_t width)
{
	auto_buf one = BUF_INIT;
	buf_adds(&one, "  ");
	quote_display_str(&one, m->key);
	buf_addf(&one, " %.5g", m->value);
	if (utf8_length(b->s) + utf8_length(one.s) > width)
		return false;
	buf_add(b, one.s, one.len);
	return true;
}

static void format(struct watch *w, const struct run_record *run, size_t width)
{
	int64_t step = INT64_MIN;
	auto_buf end = BUF_INIT;
	buf_clear(&w->line);
	clock_format_duration(&w->line, clock_now_ms() - w->start_time);
	for (size_t i = 0; i < run->nmetrics; i++)
		if (!is_systems(&run->metrics[i]) && run->metrics[i].step > step)
			step = run->metrics[i].step;
	buf_addf(&end, "  step %lld", (long long)step);
	if (step > 0 && end.len < width)
		width -= end.len;
	else
		buf_clear(&end);
	for (size_t i = 0; i < run->nmetrics; i++)
		if (!is_systems(&run->metrics[i]) &&
		    !add(&w->line, &run->metrics[i], width))
			break;
	buf_add(&w->line, end.s, end.len);
}

const char *watch_text(void *arg, const struct statusline_room *room)
{
	struct watch *w = arg;
	auto_arena a = ARENA_INIT;
	struct run_record run;
	struct err err = ERR_INIT;
	if (!w->store &&
	    store_open(&w->ctx, w->tracking, STORE_READ, &w->store, &err) < 0)
		return NULL;
	if (w->store->ops->run_get(w->store, &a, w->run_id, &run, &err) == 0 &&
	    run.nmetrics > 0)
		format(w, &run, room->width);
	return w->line.len ? w->line.s : NULL;
}

void watch_release(struct watch *w)
{
	if (w->store)
		w->store->ops->close(w->store);
	w->store = NULL;
	buf_release(&w->line);
}
