/* SPDX-License-Identifier: MIT */
#include "git/pointer.h"

#include <string.h>

static const char *const versions[] = {
    "version https://git-lfs.github.com/spec/v1\n", /* as the format has it */
    "version https://hawser.github.com/spec/v1\n",  /* before it had that name */
};

/* What stands behind `key` in the line at s, or NULL. */
static const char *value_of(const char *s, const char *end, const char *key)
{
	size_t n = strlen(key);
	return (size_t)(end - s) > n && memcmp(s, key, n) == 0 ? s + n : NULL;
}

static bool take_oid(struct pointer *p, const char *s, const char *end)
{
	if (end - s != POINTER_OID || strspn(s, "0123456789abcdef") < POINTER_OID)
		return false;
	memcpy(p->oid, s, POINTER_OID);
	p->oid[POINTER_OID] = '\0';
	return true;
}

static bool take_size(struct pointer *p, const char *s, const char *end)
{
	p->size = 0;
	if (s == end || end - s > 18) /* below 10^18 */
		return false;
	for (; s < end; s++) {
		if (*s < '0' || *s > '9')
			return false;
		p->size = p->size * 10 + (*s - '0');
	}
	return true;
}

/* Lines of extensions are no lines that we know: their content is another. */
bool pointer_parse(struct pointer *p, const char *text, size_t n)
{
	const char *s = text, *end = text + n, *value, *nl;
	bool has_version = false;
	if (n > POINTER_MAX || memchr(text, '\0', n))
		return false;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		has_version = has_version || value_of(s, end, versions[i]);
	if (!has_version)
		return false;
	s = (const char *)memchr(s, '\n', n) + 1;
	nl = memchr(s, '\n', (size_t)(end - s));
	value = nl ? value_of(s, nl, "oid sha256:") : NULL;
	if (!value || !take_oid(p, value, nl))
		return false;
	s = nl + 1;
	nl = memchr(s, '\n', (size_t)(end - s));
	value = value_of(s, nl ? nl : end, "size ");
	return value && (!nl || nl + 1 == end) && take_size(p, value, nl ? nl : end);
}
