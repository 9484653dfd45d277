/* SPDX-License-Identifier: MIT */
#include "fetch/sniff.h"

#include <strings.h>

enum { TAR_CHECKSUM = 148, TAR_CHECKSUM_LEN = 8 };

static bool begins(const unsigned char *s, size_t n, const char *magic, size_t len)
{
	return n >= len && memcmp(s, magic, len) == 0;
}

/* The sum of a header's bytes, its own field taken as spaces: old tars have no magic. */
static bool is_tar(const unsigned char *s, size_t n)
{
	unsigned long sum = 0, told = 0;
	size_t i = TAR_CHECKSUM, end = TAR_CHECKSUM + TAR_CHECKSUM_LEN;
	if (n < SNIFF_BYTES || s[0] == '\0')
		return false;
	for (size_t k = 0; k < SNIFF_BYTES; k++)
		sum += k >= TAR_CHECKSUM && k < end ? ' ' : s[k];
	while (i < end && s[i] == ' ')
		i++;
	for (; i < end && s[i] >= '0' && s[i] <= '7'; i++)
		told = told * 8 + (s[i] - '0');
	return told == sum;
}

static bool is_html(const unsigned char *s, size_t n)
{
	static const char *const starts[] = {"<!doctype html", "<html", "<head", "<!--"};
	while (n > 0 && (*s == ' ' || *s == '\t' || *s == '\r' || *s == '\n')) {
		s++;
		n--;
	}
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (n >= strlen(starts[i]) &&
		    strncasecmp((const char *)s, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

enum sniffed sniff(const void *data, size_t n)
{
	const unsigned char *s = data;
	if (begins(s, n, "PK\3\4", 4) || begins(s, n, "PK\5\6", 4))
		return SNIFF_ZIP;
	if (begins(s, n, "\x1f\x8b", 2) || begins(s, n, "BZh", 3) ||
	    begins(s, n,
		"\xfd"
		"7zXZ\0",
		6) ||
	    begins(s, n, "\x28\xb5\x2f\xfd", 4))
		return SNIFF_PACKED;
	if (is_tar(s, n))
		return SNIFF_TAR;
	return is_html(s, n) ? SNIFF_HTML : SNIFF_OTHER;
}
