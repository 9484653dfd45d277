/* SPDX-License-Identifier: MIT */
#include "manifest/pytime.h"

struct pytime {
	int year, month, day, hour, minute, second, micros;
	int offset; /* seconds east of UTC */
	bool has_time, has_offset;
	bool strict; /* every part of the date has all its digits */
};

/* Read between min and max digits at *s. */
static bool take_number(const char **s, int min, int max, int *v)
{
	int n = 0;
	*v = 0;
	for (; n < max && **s >= '0' && **s <= '9'; n++)
		*v = *v * 10 + *(*s)++ - '0';
	return n >= min;
}

static bool take_char(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

static void skip_blanks(const char **s)
{
	*s += strspn(*s, " \t");
}

static void take_fraction(const char **s, int *micros)
{
	int n = 0;
	for (; **s >= '0' && **s <= '9'; (*s)++)
		if (n++ < 6)
			*micros = *micros * 10 + **s - '0';
	for (; n < 6; n++)
		*micros *= 10;
}

static bool take_offset(const char **s, struct pytime *t)
{
	int sign = **s == '-' ? -1 : 1, hours, minutes = 0;
	t->has_offset = true;
	if (take_char(s, 'Z'))
		return true;
	if (!take_char(s, '+') && !take_char(s, '-'))
		return false;
	if (!take_number(s, 1, 2, &hours))
		return false;
	if (take_char(s, ':') && !take_number(s, 2, 2, &minutes))
		return false;
	t->offset = sign * (hours * 3600 + minutes * 60);
	return true;
}

static bool take_time(const char **s, struct pytime *t)
{
	t->has_time = true;
	if (!take_number(s, 1, 2, &t->hour) || !take_char(s, ':') ||
	    !take_number(s, 2, 2, &t->minute) || !take_char(s, ':') ||
	    !take_number(s, 2, 2, &t->second))
		return false;
	if (take_char(s, '.'))
		take_fraction(s, &t->micros);
	if (**s == '\0')
		return true;
	skip_blanks(s);
	return take_offset(s, t) && **s == '\0';
}

static bool parse(const char *s, struct pytime *t)
{
	const char *start = s;
	*t = (struct pytime){.year = 0};
	if (!take_number(&s, 4, 4, &t->year) || !take_char(&s, '-') ||
	    !take_number(&s, 1, 2, &t->month) || !take_char(&s, '-') ||
	    !take_number(&s, 1, 2, &t->day))
		return false;
	t->strict = s - start == 10;
	if (*s == '\0')
		return true;
	if (*s == 'T' || *s == 't')
		s++;
	else if (*s == ' ' || *s == '\t')
		skip_blanks(&s);
	else
		return false;
	return take_time(&s, t);
}

bool pytime_matches(const char *text)
{
	struct pytime t;
	return parse(text, &t) && (t.has_time || t.strict);
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

static bool exists(const struct pytime *t)
{
	return t->year >= 1 && t->month >= 1 && t->month <= 12 && t->day >= 1 &&
	       t->day <= days_in(t->year, t->month) && t->hour < 24 && t->minute < 60 &&
	       t->second < 60 && abs(t->offset) < 86400;
}

static void add_str(struct buf *out, const struct pytime *t)
{
	int offset = abs(t->offset);
	buf_addf(out, "%04d-%02d-%02d", t->year, t->month, t->day);
	if (!t->has_time)
		return;
	buf_addf(out, " %02d:%02d:%02d", t->hour, t->minute, t->second);
	if (t->micros)
		buf_addf(out, ".%06d", t->micros);
	if (t->has_offset)
		buf_addf(out, "%c%02d:%02d", t->offset < 0 ? '-' : '+', offset / 3600,
		    offset / 60 % 60);
}

static void add_repr(struct buf *out, const struct pytime *t)
{
	int seconds = (t->offset + 86400) % 86400;
	buf_addf(out, "datetime.date%s(%d, %d, %d", t->has_time ? "time" : "", t->year,
	    t->month, t->day);
	if (t->has_time)
		buf_addf(out, ", %d, %d", t->hour, t->minute);
	if (t->second || t->micros)
		buf_addf(out, ", %d", t->second);
	if (t->micros)
		buf_addf(out, ", %d", t->micros);
	if (t->has_offset && t->offset == 0)
		buf_adds(out, ", tzinfo=datetime.timezone.utc");
	else if (t->has_offset)
		buf_addf(out,
		    ", tzinfo=datetime.timezone(datetime.timedelta(%sseconds=%d))",
		    t->offset < 0 ? "days=-1, " : "", seconds);
	buf_addc(out, ')');
}

int pytime_text(struct buf *out, const char *text, bool repr, struct err *err)
{
	struct pytime t;
	if (!parse(text, &t))
		return err_set(err, ERR_USAGE, "'%.40s' is not a date", text);
	if (!exists(&t))
		return err_set(err, ERR_USAGE,
		    "'%.40s' is a date or time that does not exist", text);
	if (repr)
		add_repr(out, &t);
	else
		add_str(out, &t);
	return 0;
}
