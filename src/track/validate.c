/* SPDX-License-Identifier: MIT */
#include "track/validate.h"

#include <inttypes.h>

#include "base/pyrepr.h"
#include "base/utf8.h"

/* Where a thing stands: alone, or in a list of a batch. */
struct spot {
	const char *list; /* "tags"; NULL: alone */
	size_t i;
};

static const char *spot_path(struct arena *a, const struct spot *at, const char *field)
{
	if (!at->list)
		return field;
	return arena_printf(a, "%s[%zu].%s", at->list, at->i, field);
}

/* Take away "." and empty components, and what a ".." takes away. */
static void normalise(struct buf *out, const char *path)
{
	size_t root = path[0] != '/' ? 0 : path[1] == '/' && path[2] != '/' ? 2 : 1;
	buf_add(out, "//", root);
	for (const char *s = path; *s;) {
		size_t n = strcspn(s, "/"), keep = out->len;
		const char *last;
		while (keep > root && out->s[keep - 1] != '/')
			keep--;
		last = out->s + keep;
		if (n == 2 && memcmp(s, "..", 2) == 0 &&
		    (out->len > root ? strcmp(last, "..") != 0 : root > 0))
			buf_cut(out, keep > root ? keep - 1 : root);
		else if (n > 0 && !(n == 1 && *s == '.')) {
			if (out->len > root)
				buf_addc(out, '/');
			buf_add(out, s, n);
		}
		s += n + (s[n] == '/');
	}
	if (out->len == 0)
		buf_addc(out, '.');
}

static int bad_key(enum key_flaw flaw, const char *path, const char *key, struct err *err)
{
	auto_buf value = BUF_INIT;
	auto_buf norm = BUF_INIT;
	auto_buf shown = BUF_INIT;
	pyrepr_json(&value, key, strlen(key));
	if (flaw == KEY_CHARS)
		return err_set(err, ERR_USAGE,
		    "Invalid value %s for parameter '%s' supplied: Names may only "
		    "contain "
		    "alphanumerics, underscores (_), dashes (-), periods (.), spaces ( "
		    "), "
		    "colon(:) and slashes (/).",
		    value.s, path);
	normalise(&norm, key);
	pyrepr_str(&shown, norm.s, norm.len);
	return err_set(err, ERR_USAGE,
	    "Invalid value %s for parameter '%s' supplied: Names may be treated as files "
	    "in "
	    "certain cases, and must not resolve to other names when treated as such. "
	    "This "
	    "name would resolve to %s",
	    value.s, path, shown.s);
}

int validate_length(const char *what, const char *s, size_t max, struct err *err)
{
	if (!s || strlen(s) <= max || utf8_length(s) <= max)
		return 0;
	return err_set(err, ERR_USAGE,
	    "'%s' exceeds the maximum length of %zu characters", what, max);
}

int validate_key(const char *path, const char *key, struct err *err)
{
	enum key_flaw flaw = key_flaw(key);
	return flaw == KEY_FINE || flaw == KEY_LONG ? 0 : bad_key(flaw, path, key, err);
}

/* `what` is the thing's name where it is too long. */
static int check_key(const struct spot *at, const char *field, const char *what,
    const char *key, struct err *err)
{
	auto_arena a = ARENA_INIT;
	enum key_flaw flaw = key_flaw(key);
	if (flaw == KEY_FINE)
		return 0;
	if (flaw != KEY_LONG)
		return bad_key(flaw, spot_path(&a, at, field), key, err);
	return validate_length(what ? what : spot_path(&a, at, field), key, KEY_MAX, err);
}

static int check_metric(const struct spot *at, const struct metric *m, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_buf value = BUF_INIT;
	if (check_key(at, "name", "Metric name", m->key, err) < 0)
		return -1;
	if (m->timestamp >= 0)
		return 0;
	pyrepr_double(&value, m->value);
	return err_set(err, ERR_USAGE,
	    "Invalid value %" PRId64
	    " for parameter '%s' supplied: metric '%s' (value=%s). "
	    "Timestamp must be a nonnegative long (64-bit integer) ",
	    m->timestamp, spot_path(&a, at, "timestamp"), m->key, value.s);
}

int validate_metric(const struct metric *m, struct err *err)
{
	static const struct spot alone;
	return check_metric(&alone, m, err);
}

int validate_param(const struct kv *p, struct err *err)
{
	static const struct spot alone;
	return check_key(&alone, "key", "Param key", p->key, err);
}

int validate_tag(const struct kv *t, struct err *err)
{
	static const struct spot alone;
	return check_key(&alone, "key", NULL, t->key, err);
}

static int check_all(const struct run_batch *b, struct err *err)
{
	struct spot at = {"metrics", 0};
	for (; at.i < b->nmetrics; at.i++)
		if (check_metric(&at, &b->metrics[at.i], err) < 0)
			return -1;
	for (at = (struct spot){"params", 0}; at.i < b->params.n; at.i++)
		if (check_key(&at, "key", "Param key", b->params.v[at.i].key, err) < 0)
			return -1;
	for (at = (struct spot){"tags", 0}; at.i < b->tags.n; at.i++)
		if (check_key(&at, "key", NULL, b->tags.v[at.i].key, err) < 0)
			return -1;
	return 0;
}

static int check_count(const char *what, size_t n, size_t max, struct err *err)
{
	if (n <= max)
		return 0;
	return err_set(err, ERR_USAGE,
	    "A batch logging request can contain at most %zu %s. Got %zu %s. Please "
	    "split up "
	    "%s across multiple requests and try again.",
	    max, what, n, what, what);
}

static int check_counts(const struct run_batch *b, struct err *err)
{
	if (check_count("metrics", b->nmetrics, BATCH_METRICS_MAX, err) < 0 ||
	    check_count("params", b->params.n, BATCH_PARAMS_MAX, err) < 0 ||
	    check_count("tags", b->tags.n, BATCH_TAGS_MAX, err) < 0)
		return -1;
	return check_count("metrics, params, and tags",
	    b->nmetrics + b->params.n + b->tags.n, BATCH_MAX, err);
}

/* There are BATCH_PARAMS_MAX at most. */
static int check_twice(const struct kvs *params, struct err *err)
{
	auto_buf twice = BUF_INIT;
	for (size_t i = 0; i < params->n; i++) {
		const char *key = params->v[i].key;
		struct kvs before = {params->v, i};
		if (!kvs_get(&before, key))
			continue;
		buf_adds(&twice, twice.len ? ", " : "");
		pyrepr_str(&twice, key, strlen(key));
	}
	if (!twice.len)
		return 0;
	return err_set(err, ERR_USAGE,
	    "Duplicate parameter keys have been submitted: [%s]. Please ensure the "
	    "request "
	    "contains only one param value per param key.",
	    twice.s);
}

static int check_run_id(const char *id, struct err *err)
{
	auto_buf value = BUF_INIT;
	if (run_id_valid(id))
		return 0;
	pyrepr_json(&value, id, strlen(id));
	return err_set(
	    err, ERR_USAGE, "Invalid value %s for parameter 'run_id' supplied.", value.s);
}

int validate_batch(const char *run_id, const struct run_batch *b, struct err *err)
{
	if (check_run_id(run_id, err) < 0 || check_all(b, err) < 0 ||
	    check_counts(b, err) < 0)
		return -1;
	return check_twice(&b->params, err);
}

int validate_experiment_name(const char *name, struct err *err)
{
	if (!*name)
		return err_set(err, ERR_USAGE, "Invalid experiment name: ''");
	return validate_length("name", name, EXPERIMENT_NAME_MAX, err);
}

int validate_experiment_tag(const struct kv *t, struct err *err)
{
	if (validate_key("key", t->key, err) < 0 ||
	    validate_length("key", t->key, KEY_MAX, err) < 0)
		return -1;
	return validate_length("value", t->value, EXPERIMENT_TAG_MAX, err);
}
