/* SPDX-License-Identifier: MIT */
#include "fetch/size.h"

void size_format(struct buf *out, int64_t bytes)
{
	static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
	double v = (double)bytes / 1e3;
	size_t i = 0;
	if (bytes < 1000) {
		buf_addf(out, "%lld bytes", (long long)bytes);
		return;
	}
	for (; v >= 999.95 && i + 1 < sizeof(units) / sizeof(units[0]); i++)
		v /= 1e3;
	buf_addf(out, "%.1f %s", v, units[i]);
}

int size_refuse(int64_t size, int64_t max, struct err *err)
{
	auto_buf limit = BUF_INIT, have = BUF_INIT;
	size_format(&limit, max);
	if (size >= 0)
		size_format(&have, size);
	if (size < 0)
		err_set(err, ERR_FAIL, "it has more than %s, the most that is taken",
		    limit.s);
	else
		err_set(err, ERR_FAIL, "it has %s, but %s is the most that is taken",
		    have.s, limit.s);
	return err_hint(err, "MLP_FETCH_MAX=SIZE sets another limit, such as 100G");
}
