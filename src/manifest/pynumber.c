/* SPDX-License-Identifier: MIT */
#include "manifest/pynumber.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>

enum { LIMB = 1000000000, LIMB_DIGITS = 9, LIMBS = PYINT_MAX_DIGITS / LIMB_DIGITS + 2 };

/* A natural number, least limb first; `over` once it had too many digits. */
struct big {
	uint32_t limb[LIMBS];
	size_t n;
	bool over;
};

static void big_muladd(struct big *b, uint32_t factor, uint32_t addend)
{
	uint64_t carry = addend;
	for (size_t i = 0; i < b->n; i++) {
		carry += (uint64_t)b->limb[i] * factor;
		b->limb[i] = (uint32_t)(carry % LIMB);
		carry /= LIMB;
	}
	if (carry && b->n == LIMBS)
		b->over = true;
	else if (carry)
		b->limb[b->n++] = (uint32_t)carry;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

static int bad_int(struct err *err, const char *text)
{
	return err_set(err, ERR_USAGE, "'%.40s' is not an integer", text);
}

static int too_long(struct err *err)
{
	return err_set(
	    err, ERR_USAGE, "an integer of more than %d digits", PYINT_MAX_DIGITS);
}

/* Digits of one radix up to `end`; underscores are nothing. */
static int big_read(struct big *b, const char *s, char end, unsigned radix)
{
	size_t n = 0;
	for (; *s && *s != end && !b->over; s++) {
		if (*s == '_')
			continue;
		if (digit_value(*s) >= (int)radix)
			return -1;
		big_muladd(b, radix, (uint32_t)digit_value(*s));
		n++;
	}
	return n > 0 ? 0 : -1;
}

static int big_read_any(struct big *b, const char *s)
{
	const char *colon;
	if (s[0] == '0' && s[1] == 'b')
		return big_read(b, s + 2, '\0', 2);
	if (s[0] == '0' && s[1] == 'x')
		return big_read(b, s + 2, '\0', 16);
	if (s[0] == '0')
		return big_read(b, s, '\0', 8);
	if (big_read(b, s, ':', 10) < 0)
		return -1;
	for (colon = strchr(s, ':'); colon && !b->over; colon = strchr(colon + 1, ':')) {
		struct big part = {.n = 0};
		if (big_read(&part, colon + 1, ':', 10) < 0 || part.n > 1)
			return -1;
		big_muladd(b, 60, part.n ? part.limb[0] : 0);
	}
	return 0;
}

int pyint_text(struct buf *out, const char *text, struct err *err)
{
	auto_buf number = BUF_INIT;
	struct big b = {.n = 0};
	const char *s = text + (*text == '+' || *text == '-');
	if (big_read_any(&b, s) < 0)
		return bad_int(err, text);
	if (b.over)
		return too_long(err);
	if (b.n == 0)
		buf_addc(&number, '0');
	for (size_t i = b.n; i-- > 0;)
		buf_addf(&number, i == b.n - 1 ? "%u" : "%09u", b.limb[i]);
	if (number.len > PYINT_MAX_DIGITS)
		return too_long(err);
	if (*text == '-' && b.n > 0)
		buf_addc(out, '-');
	buf_add(out, number.s, number.len);
	return 0;
}

/* The fewest significant digits that read back as v: "d.ddd" without its point, and e. */
static int shortest_digits(double v, char digits[24])
{
	char text[40];
	size_t n = 0;
	for (int precision = 0; precision <= 16; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, v);
		if (strtod(text, NULL) == v)
			break;
	}
	/* The point may be another character in the caller's locale. */
	for (char *p = text; *p != 'e'; p++)
		if (*p >= '0' && *p <= '9' && n < 23)
			digits[n++] = *p;
	digits[n] = '\0';
	return atoi(strchr(text, 'e') + 1);
}

static void add_fixed(struct buf *out, const char *digits, int exponent)
{
	int n = (int)strlen(digits);
	if (exponent < 0) {
		buf_addf(out, "0.%.*s%s", -exponent - 1, "0000", digits);
		return;
	}
	for (int i = 0; i <= exponent; i++)
		buf_addc(out, i < n ? digits[i] : '0');
	buf_addf(out, ".%s", n > exponent + 1 ? digits + exponent + 1 : "0");
}

void pyfloat_repr(struct buf *out, double v)
{
	char digits[24];
	int exponent;
	if (isnan(v)) {
		buf_adds(out, "nan");
		return;
	}
	if (signbit(v))
		buf_addc(out, '-');
	v = fabs(v);
	if (isinf(v) || v == 0) {
		buf_adds(out, v == 0 ? "0.0" : "inf");
		return;
	}
	exponent = shortest_digits(v, digits);
	if (exponent >= -4 && exponent < 16) {
		add_fixed(out, digits, exponent);
		return;
	}
	buf_addf(out, "%c%s%s", digits[0], digits[1] ? "." : "", digits + 1);
	buf_addf(out, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
}

/* strtod of the C locale over text that holds nothing but a decimal number. */
static int read_decimal(const char *s, double *v)
{
	static const char set[] = "0123456789";
	size_t whole = strspn(s, set), part = 0, i = whole;
	locale_t c;
	if (s[i] == '.')
		part = strspn(s + ++i, set);
	if (whole + part == 0)
		return -1;
	i += part;
	if (s[i] == 'e') {
		size_t n;
		i += 1 + (s[i + 1] == '+' || s[i + 1] == '-');
		n = strspn(s + i, set);
		if (n == 0)
			return -1;
		i += n;
	}
	if (s[i])
		return -1;
	c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	*v = strtod_l(s, NULL, c);
	freelocale(c);
	return 0;
}

/* "1:30.5": the parts are added up from the last, as the doubles that Python would use.
 */
static int read_sixties(char *s, double *v)
{
	double base = 1, part;
	*v = 0;
	for (char *colon; (colon = strrchr(s, ':')); *colon = '\0', base *= 60) {
		if (read_decimal(colon + 1, &part) < 0)
			return -1;
		*v += part * base;
	}
	if (read_decimal(s, &part) < 0)
		return -1;
	*v += part * base;
	return 0;
}

int pyfloat_text(struct buf *out, const char *text, struct err *err)
{
	auto_buf low = BUF_INIT;
	double v;
	char *s;
	for (const char *p = text; *p; p++)
		if (*p != '_')
			buf_addc(&low, *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p);
	s = low.s + (low.s[0] == '+' || low.s[0] == '-');
	if (strcmp(s, ".inf") == 0 || strcmp(s, "inf") == 0 || strcmp(s, "infinity") == 0)
		v = INFINITY;
	else if (strcmp(s, ".nan") == 0 || strcmp(s, "nan") == 0)
		v = NAN;
	else if (strchr(s, ':') ? read_sixties(s, &v) < 0 : read_decimal(s, &v) < 0)
		return err_set(err, ERR_USAGE, "'%.40s' is not a number", text);
	pyfloat_repr(out, low.s[0] == '-' ? -v : v);
	return 0;
}
