/* SPDX-License-Identifier: MIT */
#include "run/mask.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

/* The longest end of the data with which the secret begins, if not all of it. */
static size_t may_begin(const char *secret, size_t len, const char *data, size_t n)
{
	size_t k = n < len - 1 ? n : len - 1;
	while (
	    k > 0 && (data[n - k] != secret[0] || memcmp(data + n - k, secret, k) != 0))
		k--;
	return k;
}

static void stars(size_t n, mask_give *give, void *arg)
{
	static const char some[] = "****************";
	for (size_t k; n > 0; n -= k) {
		k = n < sizeof(some) - 1 ? n : sizeof(some) - 1;
		give(arg, some, k);
	}
}

static void pass(struct mask *m, const char *data, size_t n, mask_give *give, void *arg)
{
	size_t len = strlen(m->secret);
	const char *found;
	while ((found = memmem(data, n, m->secret, len))) {
		size_t before = (size_t)(found - data);
		if (before)
			give(arg, data, before);
		stars(len, give, arg);
		data = found + len;
		n -= before + len;
	}
	m->held = may_begin(m->secret, len, data, n);
	if (n > m->held)
		give(arg, data, n - m->held);
}

void mask_pass(struct mask *m, const char *data, size_t n, mask_give *give, void *arg)
{
	auto_buf joined = BUF_INIT;
	if (!m->secret) {
		give(arg, data, n);
	} else if (m->held == 0) {
		pass(m, data, n, give, arg);
	} else {
		buf_add(&joined, m->secret, m->held);
		buf_add(&joined, data, n);
		pass(m, joined.s, joined.len, give, arg);
	}
}

void mask_end(struct mask *m, mask_give *give, void *arg)
{
	if (m->held)
		give(arg, m->secret, m->held);
	m->held = 0;
}

void masks_add(struct masks *ms, const char *secret)
{
	size_t len = secret ? strlen(secret) : 0, at = 0;
	if (len == 0)
		return;
	ms->v = xrealloc_array(ms->v, ms->n + 1, sizeof(*ms->v));
	while (at < ms->n && strlen(ms->v[at].secret) >= len)
		at++;
	memmove(&ms->v[at + 1], &ms->v[at], (ms->n - at) * sizeof(*ms->v));
	ms->v[at] = (struct mask){.secret = secret};
	ms->n++;
}

/* Where the mask before gives its output. */
struct stage {
	struct masks *ms;
	size_t at;
	mask_give *give;
	void *arg;
};

static void pass_stage(void *arg, const char *data, size_t n)
{
	const struct stage *s = arg;
	struct stage next = {s->ms, s->at + 1, s->give, s->arg};
	if (s->at == s->ms->n)
		s->give(s->arg, data, n);
	else
		mask_pass(&s->ms->v[s->at], data, n, pass_stage, &next);
}

void masks_pass(struct masks *ms, const char *data, size_t n, mask_give *give, void *arg)
{
	struct stage first = {ms, 0, give, arg};
	pass_stage(&first, data, n);
}

void masks_end(struct masks *ms, mask_give *give, void *arg)
{
	for (size_t i = 0; i < ms->n; i++) {
		struct stage next = {ms, i + 1, give, arg};
		mask_end(&ms->v[i], pass_stage, &next);
	}
}

void masks_release(struct masks *ms)
{
	free(ms->v);
	*ms = (struct masks){NULL, 0};
}
