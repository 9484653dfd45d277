/* SPDX-License-Identifier: MIT */
#include "flow/batchline.h"

#include <math.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/nearest.h"
#include "base/pyrepr.h"
#include "base/utf8.h"
#include "flow/given.h"

static const struct {
	const char *name;
	size_t offset;
} texts[] = {
    {"uri", offsetof(struct run_request, uri)},
    {"entry_point", offsetof(struct run_request, plan.entry_point)},
    {"version", offsetof(struct run_request, version)},
    {"run_name", offsetof(struct run_request, run_name)},
    {"experiment_name", offsetof(struct run_request, experiment.name)},
    {"env_manager", offsetof(struct run_request, plan.env.env_manager)},
};
enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

static const char *const names[] = {"uri", "entry_point", "version", "run_name",
    "experiment_name", "env_manager", "params", "tags", "timeout"};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

/* What cJSON keeps of a number is a double. */
static bool is_exact(double v)
{
	return v == floor(v) && fabs(v) < 9007199254740992.0;
}

const char *batchline_scalar(struct arena *a, const cJSON *j)
{
	auto_buf b = BUF_INIT;
	if (cJSON_IsString(j))
		return j->valuestring;
	if (cJSON_IsBool(j))
		return cJSON_IsTrue(j) ? "True" : "False";
	if (!cJSON_IsNumber(j))
		return NULL;
	if (is_exact(j->valuedouble))
		return arena_printf(a, "%.0f", j->valuedouble);
	pyrepr_double(&b, j->valuedouble);
	return arena_strdup(a, b.s);
}

static int take_value(
    struct arena *a, const cJSON *j, const char *what, const char **out, struct err *err)
{
	if (cJSON_IsNumber(j) && fabs(j->valuedouble) >= 9007199254740992.0) {
		err_set(err, ERR_USAGE,
		    "%s '%.100s' is a number that JSON may not keep exactly", what,
		    j->string);
		return err_hint(err, "write it as a text, in quotes");
	}
	*out = batchline_scalar(a, j);
	if (*out)
		return 0;
	return err_set(err, ERR_USAGE,
	    "%s '%.100s' is neither a text nor a number, true or false", what, j->string);
}

static int take_params(
    struct arena *a, const cJSON *o, struct run_request *rq, struct err *err)
{
	struct given_params ps = {NULL, 0};
	const char *value;
	const cJSON *j;
	cJSON_ArrayForEach(j, o)
	{
		if (take_value(a, j, "parameter", &value, err) < 0 ||
		    given_param(a, &ps, j->string, value, err) < 0)
			return -1;
	}
	rq->plan.params = ps.v;
	rq->plan.nparams = ps.n;
	return 0;
}

static int take_tags(
    struct arena *a, const cJSON *o, struct run_request *rq, struct err *err)
{
	const char *value;
	const cJSON *j;
	cJSON_ArrayForEach(j, o)
	{
		if (take_value(a, j, "tag", &value, err) < 0 ||
		    given_tag(a, &rq->tags, j->string, value, err) < 0)
			return -1;
	}
	return 0;
}

static int take_timeout(
    struct arena *a, const cJSON *j, struct run_request *rq, struct err *err)
{
	const char *text = cJSON_IsBool(j) ? NULL : batchline_scalar(a, j);
	if (!text)
		return err_set(err, ERR_USAGE,
		    "'timeout' is neither a number of seconds nor a text");
	return clock_parse_duration(text, &rq->plan.timeout_ms, err) < 0
		   ? err_wrap(err, "'timeout'")
		   : 0;
}

static int take_text(const cJSON *j, struct run_request *rq, struct err *err)
{
	for (size_t i = 0; i < TEXTS; i++) {
		if (strcmp(j->string, texts[i].name) != 0)
			continue;
		if (!cJSON_IsString(j))
			return err_set(
			    err, ERR_USAGE, "'%s' is not a text", texts[i].name);
		*(const char **)((char *)rq + texts[i].offset) = j->valuestring;
	}
	return 0;
}

static int take_member(
    struct arena *a, const cJSON *j, struct run_request *rq, struct err *err)
{
	bool params = strcmp(j->string, "params") == 0;
	if (cJSON_IsNull(j))
		return 0;
	if (strcmp(j->string, "timeout") == 0)
		return take_timeout(a, j, rq, err);
	if (!params && strcmp(j->string, "tags") != 0)
		return take_text(j, rq, err);
	if (!cJSON_IsObject(j))
		return err_set(err, ERR_USAGE,
		    "'%s' is not an object of names and values", j->string);
	return params ? take_params(a, j, rq, err) : take_tags(a, j, rq, err);
}

static int check_names(const cJSON *o, struct err *err)
{
	bool seen[NAMES] = {false};
	const char *near;
	const cJSON *j;
	size_t i;
	cJSON_ArrayForEach(j, o)
	{
		for (i = 0; i < NAMES && strcmp(names[i], j->string) != 0; i++)
			;
		if (i < NAMES && seen[i])
			return err_set(err, ERR_USAGE, "'%s' is there twice", names[i]);
		if (i < NAMES) {
			seen[i] = true;
			continue;
		}
		near = nearest(j->string, names, NAMES);
		err_set(err, ERR_USAGE, "unknown member '%.100s'", j->string);
		if (near)
			err_hint(err, "did you mean '%s'?", near);
		return -1;
	}
	return 0;
}

/* It would end the text that it stands in. */
static bool has_nul(const char *text, size_t n)
{
	for (size_t i = 0; i + 6 <= n; i++) {
		if (text[i] != '\\')
			continue;
		if (memcmp(text + i, "\\u0000", 6) == 0)
			return true;
		i++; /* what it escapes */
	}
	return false;
}

int batchline_parse(struct arena *a, const char *text, size_t n, cJSON **out,
    struct run_request *rq, struct err *err)
{
	const cJSON *j;
	memset(rq, 0, sizeof(*rq));
	*out = NULL;
	if (utf8_valid_prefix(text, n) < n)
		return err_set(err, ERR_USAGE, "not UTF-8");
	if (memchr(text, '\0', n) || has_nul(text, n))
		return err_set(err, ERR_USAGE, "a NUL byte in it");
	*out = json_parse(text, n, "the line", err);
	if (!*out) {
		err->code = ERR_USAGE;
		return -1;
	}
	if (!cJSON_IsObject(*out))
		return err_set(err, ERR_USAGE, "not a JSON object");
	if (check_names(*out, err) < 0)
		return -1;
	cJSON_ArrayForEach(j, *out)
	{
		if (take_member(a, j, rq, err) < 0)
			return -1;
	}
	if (!rq->uri || !*rq->uri)
		return err_set(err, ERR_USAGE, "'uri' is missing");
	return 0;
}
