/* SPDX-License-Identifier: MIT */
#include "base/bytes.h"

#include <ctype.h>
#include <math.h>
#include <strings.h>

static const double most = 1e18;

/* The power of two that it stands for: "", b, k, m, g, t, with or without i, b; or -1. */
static int power_of(const char *unit)
{
	static const char letters[] = "kmgt";
	const char *at;
	if (!*unit || strcasecmp(unit, "b") == 0)
		return 0;
	at = strchr(letters, tolower((unsigned char)*unit));
	if (!at || (unit[1] && strcasecmp(unit + 1, "b") != 0 &&
		       strcasecmp(unit + 1, "i") != 0 && strcasecmp(unit + 1, "ib") != 0))
		return -1;
	return 10 * (int)(at - letters + 1);
}

int bytes_parse(const char *text, int64_t *bytes, struct err *err)
{
	size_t n = strspn(text, "0123456789.");
	char *end = (char *)text;
	double v = n ? strtod(text, &end) : -1;
	int power;
	if (end != text + n) /* 0x10, 1e9, 1.2.3 */
		v = -1;
	end += strspn(end, " ");
	power = power_of(end);
	v = power < 0 ? -1 : ldexp(v, power);
	if (v >= 1 && v <= most) {
		*bytes = (int64_t)v;
		return 0;
	}
	err_set(err, ERR_USAGE, "'%s' is not a size", text);
	return err_hint(err, "write 512m or 4g; a number alone is bytes, 1k is 1024");
}

void bytes_put(struct buf *out, int64_t bytes)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	double v = (double)bytes;
	size_t i = 0;
	for (; v >= 1024 && i + 1 < sizeof(units) / sizeof(units[0]); i++)
		v /= 1024;
	buf_addf(out, "%.*f %s", floor(v) == v ? 0 : 1, v, units[i]);
}
