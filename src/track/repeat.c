/* SPDX-License-Identifier: MIT */
#include "track/repeat.h"

#include "base/clock.h"

enum { GIVE_UP_MS = 10 * 60 * 1000 };

bool repeat_possible(const struct repeat *r)
{
	return r->until > 0 && clock_now_ms() - r->until <= GIVE_UP_MS;
}

bool repeat_same_text(const char *s, const char *t)
{
	return strcmp(s ? s : "", t ? t : "") == 0;
}

static const char *last_value(const struct kvs *kvs, const char *key)
{
	for (size_t i = kvs->n; i > 0; i--)
		if (strcmp(kvs->v[i - 1].key, key) == 0)
			return kvs->v[i - 1].value;
	return NULL;
}

bool repeat_same_kvs(const struct kvs *stored, const struct kvs *asked)
{
	for (size_t i = 0; i < stored->n; i++) {
		const char *value = last_value(asked, stored->v[i].key);
		if (!value || strcmp(value, stored->v[i].value) != 0)
			return false;
	}
	for (size_t i = 0; i < asked->n; i++)
		if (!kvs_get(stored, asked->v[i].key))
			return false;
	return true;
}
