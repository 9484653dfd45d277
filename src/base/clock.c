/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <errno.h>
#include <math.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;
	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_now_ms(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void clock_format(struct buf *out, int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	char text[32];
	if (!localtime_r(&t, &tm))
		return;
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	buf_adds(out, text);
}

void clock_format_duration(struct buf *out, int64_t ms)
{
	long long v = ms < 0 ? 0 : ms, s = v / 1000;
	if (v < 1000)
		buf_addf(out, "%lld ms", v);
	else if (s < 60 && v % 1000 / 100)
		buf_addf(out, "%lld.%lld s", s, v % 1000 / 100);
	else if (s < 60)
		buf_addf(out, "%lld s", s);
	else if (s < 3600 && s % 60 == 0)
		buf_addf(out, "%lld min", s / 60);
	else if (s < 3600)
		buf_addf(out, "%lld min %lld s", s / 60, s % 60);
	else if (s % 3600 / 60 == 0)
		buf_addf(out, "%lld h", s / 3600);
	else
		buf_addf(out, "%lld h %lld min", s / 3600, s % 3600 / 60);
}

static double unit_ms(const char *unit)
{
	static const struct {
		const char *name;
		double ms;
	} units[] = {{"", 1e3}, {"s", 1e3}, {"ms", 1}, {"m", 6e4}, {"min", 6e4},
	    {"h", 3.6e6}, {"d", 8.64e7}};
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(unit, units[i].name) == 0)
			return units[i].ms;
	return 0;
}

int clock_parse_duration(const char *text, int64_t *ms, struct err *err)
{
	char *end;
	double v, scale;
	size_t num;
	if (!(text[0] >= '0' && text[0] <= '9') && text[0] != '.')
		goto bad;
	errno = 0;
	v = strtod(text, &end);
	num = (size_t)(end - text); /* not 0x10, not 1e3 */
	while (*end == ' ')
		end++;
	scale = unit_ms(end);
	if (errno || strspn(text, "0123456789.") < num || scale == 0 || !isfinite(v) ||
	    v * scale < 1 || v * scale > 9e15)
		goto bad;
	*ms = (int64_t)(v * scale);
	return 0;
bad:
	return err_set(err, ERR_USAGE,
	    "'%s' is not a duration (examples: 30, 90s, 500ms, 5m, 2h, 7d)", text);
}
