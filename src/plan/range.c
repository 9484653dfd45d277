/* SPDX-License-Identifier: MIT */
#include "plan/range.h"

#include <math.h>

#include "base/buf.h"
#include "base/pyrepr.h"

/* Where we are in the text. */
struct scan {
	struct arena *a;
	const char *text, *p;
	struct err *err;
};

static int wrong(struct scan *s, const char *at, const char *what)
{
	return err_set(s->err, ERR_USAGE, "%.200s: %s (at character %td)", s->text, what,
	    at - s->text + 1);
}

static int add_value(struct scan *s, struct range *out, const char *value)
{
	if (out->n == RANGE_MAX)
		return wrong(s, s->p, "more than 1000000 values");
	ARENA_GROW(s->a, out->v, out->n);
	out->v[out->n++] = value;
	return 0;
}

/* How a number was written: its value, and its digits behind the point. */
struct number {
	double v;
	int decimals; /* -1: with an exponent */
};

static int read_number(struct scan *s, struct number *out)
{
	const char *start, *point;
	char *end;
	while (*s->p == ' ')
		s->p++;
	start = s->p;
	if (!strchr("+-.0123456789", *start) || !*start)
		return wrong(s, start, "a number is expected");
	out->v = strtod(start, &end);
	if (end == start || !isfinite(out->v))
		return wrong(s, start, "a number is expected");
	point = memchr(start, '.', (size_t)(end - start));
	out->decimals = point ? (int)(end - point - 1) : 0;
	for (const char *c = start; c < end; c++)
		if (*c == 'e' || *c == 'E')
			out->decimals = -1;
		else if (*c == 'x' || *c == 'X' || *c == 'p' || *c == 'P')
			return wrong(s, start, "a decimal number is expected");
	s->p = end;
	while (*s->p == ' ')
		s->p++;
	return 0;
}

/* The numbers of a call, behind its parenthesis; at least `least`, at most 3. */
static int read_numbers(struct scan *s, struct number v[3], size_t least, size_t most)
{
	size_t n = 0;
	for (;;) {
		if (n == most)
			return wrong(s, s->p, "there is one number too many");
		if (read_number(s, &v[n++]) < 0)
			return -1;
		if (*s->p == ')')
			break;
		if (*s->p != ',')
			return wrong(s, s->p, "')' is missing");
		s->p++;
	}
	if (n < least)
		return wrong(s, s->p, "two numbers are expected: the start and the end");
	s->p++;
	return (int)n;
}

/* As people would write it: 0.3, not 0.30000000000000004. */
static const char *number_text(struct scan *s, double v, int decimals)
{
	auto_buf b = BUF_INIT;
	if (decimals >= 0 && decimals <= 17)
		buf_addf(&b, "%.*f", decimals, v == 0 ? 0.0 : v);
	else
		pyrepr_double(&b, v);
	return arena_strdup(s->a, b.s);
}

static int read_range(struct scan *s, const char *at, struct range *out)
{
	struct number v[3] = {{0, 0}, {0, 0}, {1, 0}};
	int n = read_numbers(s, v, 1, 3), decimals = 0;
	double count;
	if (n < 0)
		return -1;
	if (n == 1) { /* range(5): from 0 */
		v[1] = v[0];
		v[0].v = 0;
	}
	if (v[2].v == 0)
		return wrong(s, at, "the step is 0");
	/* a hair less, so that range(0,1,0.1) does not reach its end by rounding */
	count = ceil((v[1].v - v[0].v) / v[2].v - 1e-9);
	if (count < 1)
		return wrong(s, at, "there is nothing between the start and the end");
	if (count > RANGE_MAX)
		return wrong(s, at, "more than 1000000 values");
	for (int i = 0; i < n; i += 2)
		decimals = v[i].decimals < 0 || decimals < 0 ? -1
			   : v[i].decimals > decimals	     ? v[i].decimals
							     : decimals;
	for (size_t i = 0; i < (size_t)count; i++)
		if (add_value(s, out,
			number_text(s, v[0].v + (double)i * v[2].v, decimals)) < 0)
			return -1;
	return 0;
}

static int read_spread(
    struct scan *s, const char *at, enum range_kind kind, struct range *out)
{
	struct number v[3];
	if (out->n > 0)
		return wrong(s, at, "a random number cannot be in a list");
	if (read_numbers(s, v, 2, 2) < 0)
		return -1;
	if (v[0].v >= v[1].v)
		return wrong(s, at, "the first number is not below the second");
	if (kind == RANGE_LOGUNIFORM && v[0].v <= 0)
		return wrong(s, at, "both numbers must be above 0");
	if (*s->p)
		return wrong(s, s->p, "a random number cannot be in a list");
	out->kind = kind;
	out->low = v[0].v;
	out->high = v[1].v;
	return 0;
}

/* One value of a list: up to the next comma, quotes and backslashes taken away. */
static int read_value(struct scan *s, struct range *out)
{
	auto_buf b = BUF_INIT;
	const char *start = s->p;
	char quote = 0;
	for (; *s->p && (quote || *s->p != ','); s->p++) {
		if (quote && *s->p == quote)
			quote = 0;
		else if (!quote && (*s->p == '\'' || *s->p == '"') && s->p == start)
			quote = *s->p;
		else if (*s->p == '\\' && s->p[1] && strchr(",\\'\"", s->p[1]))
			buf_addc(&b, *++s->p);
		else
			buf_addc(&b, *s->p);
	}
	if (quote)
		return wrong(s, start, "the quote is not closed");
	return add_value(s, out, arena_strdup(s->a, b.s));
}

static bool take_word(struct scan *s, const char *word)
{
	size_t n = strlen(word);
	if (strncmp(s->p, word, n) != 0)
		return false;
	s->p += n;
	return true;
}

static int read_item(struct scan *s, struct range *out)
{
	const char *at = s->p;
	int rc;
	if (take_word(s, "range("))
		rc = read_range(s, at, out);
	else if (take_word(s, "uniform("))
		rc = read_spread(s, at, RANGE_UNIFORM, out);
	else if (take_word(s, "loguniform("))
		rc = read_spread(s, at, RANGE_LOGUNIFORM, out);
	else
		rc = read_value(s, out);
	if (rc == 0 && *s->p && *s->p != ',')
		return wrong(s, s->p, "a comma is expected");
	return rc;
}

static int read_column(struct scan *s, struct range *out)
{
	const char *colon = strrchr(s->text, ':');
	out->kind = RANGE_COLUMN;
	out->file = colon
			? arena_strndup(s->a, s->text + 1, (size_t)(colon - s->text) - 1)
			: arena_strdup(s->a, s->text + 1);
	out->column = colon ? arena_strdup(s->a, colon + 1) : NULL;
	if (!*out->file)
		return wrong(s, s->text + 1, "the name of a CSV file is expected");
	if (out->column && !*out->column)
		return wrong(s, colon + 1, "the name of a column is expected");
	return 0;
}

int range_parse(struct arena *a, const char *text, struct range *out, struct err *err)
{
	struct scan s = {a, text, text, err};
	memset(out, 0, sizeof(*out));
	if (*text == '@')
		return read_column(&s, out);
	for (;;) {
		if (read_item(&s, out) < 0)
			return -1;
		if (!*s.p)
			return 0;
		s.p++;
	}
}

/* xorshift64*: the same sequence everywhere. */
static uint64_t next(uint64_t *state)
{
	uint64_t x = *state;
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545F4914F6CDD1DULL;
}

/* In [0, 1). */
static double draw(uint64_t *state)
{
	return (double)(next(state) >> 11) / 9007199254740992.0;
}

size_t range_draw_index(size_t n, uint64_t *state)
{
	return (size_t)(draw(state) * (double)n);
}

const char *range_draw(struct arena *a, const struct range *r, uint64_t *state)
{
	auto_buf b = BUF_INIT;
	double u;
	if (r->kind == RANGE_VALUES)
		return r->v[range_draw_index(r->n, state)];
	u = draw(state);
	if (r->kind == RANGE_LOGUNIFORM)
		pyrepr_double(&b, exp(log(r->low) + u * (log(r->high) - log(r->low))));
	else
		pyrepr_double(&b, r->low + u * (r->high - r->low));
	return arena_strdup(a, b.s);
}
