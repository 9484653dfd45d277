/* SPDX-License-Identifier: MIT */
#include "track/record.h"

#include <strings.h>

#include "base/buf.h"
#include "base/utf8.h"

static const char *const status_words[] = {
    [RUN_RUNNING] = "RUNNING",
    [RUN_SCHEDULED] = "SCHEDULED",
    [RUN_FINISHED] = "FINISHED",
    [RUN_FAILED] = "FAILED",
    [RUN_KILLED] = "KILLED",
};

const char *run_status_word(enum run_status st)
{
	return status_words[st];
}

int run_status_from_word(const char *word, enum run_status *out)
{
	for (size_t i = 0; i < sizeof(status_words) / sizeof(status_words[0]); i++)
		if (strcasecmp(word, status_words[i]) == 0) {
			*out = (enum run_status)i;
			return 0;
		}
	return -1;
}

bool run_id_valid(const char *id)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	size_t n = strlen(id);
	return n > 0 && n <= 256 && id[0] != '_' && id[0] != '-' &&
	       strspn(id, letters) == n;
}

const char *text_fit(struct arena *a, const char *s, size_t max)
{
	auto_buf out = BUF_INIT;
	size_t n = s ? strlen(s) : 0, chars = 0;
	if (n == 0)
		return "";
	if (n <= max && utf8_valid_prefix(s, n) == n)
		return s;
	for (size_t i = 0; i < n && chars < max; chars++) {
		size_t len = utf8_char_len(s + i, n - i);
		if (len)
			buf_add(&out, s + i, len);
		else
			buf_adds(&out, "\xEF\xBF\xBD");
		i += len ? len : 1;
	}
	return arena_strndup(a, out.s, out.len);
}

const char *kvs_get(const struct kvs *kvs, const char *key)
{
	for (size_t i = 0; i < kvs->n; i++)
		if (strcmp(kvs->v[i].key, key) == 0)
			return kvs->v[i].value;
	return NULL;
}
