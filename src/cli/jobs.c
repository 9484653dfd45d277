/* SPDX-License-Identifier: MIT */
#include "cli/jobs.h"

#include "flow/crew.h"

static int parse(const char *value, const char *name, size_t *n, struct err *err)
{
	char *end;
	long v = strtol(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end || v < 1 || v > CREW_MOST)
		return err_set(err, ERR_USAGE, "%s: '%.40s' is not a number from 1 to %d",
		    name, value, CREW_MOST);
	*n = (size_t)v;
	return 0;
}

int jobs_take(const char *value, size_t *n, struct err *err)
{
	const char *env = getenv("MLP_JOBS");
	*n = 1;
	if (value)
		return parse(value, "--jobs", n, err);
	return env && *env ? parse(env, "MLP_JOBS", n, err) : 0;
}
