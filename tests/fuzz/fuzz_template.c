/* SPDX-License-Identifier: MIT */
/* Any text as a command template: no crash, mistakes have their place, results a bound. */
#include <stdint.h>

#include "base/utf8.h"
#include "plan/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *lookup(void *arg, const char *name, size_t n)
{
	(void)arg;
	if (n == 0)
		return NULL;
	switch (name[0]) {
	case 'a':
		return "x";
	case 'b':
		return "h\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80";
	case 'n':
		return "12";
	case 'e':
		return "";
	case 'q':
		return "'{a}\n\\\x01\"'";
	default:
		return NULL;
	}
}

static void check(bool good)
{
	if (!good)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf text = BUF_INIT;
	auto_buf out = BUF_INIT;
	struct template_error te;
	buf_add(&text, data, size);
	if (template_expand(text.s, lookup, NULL, &out, &te) < 0) {
		check(te.offset <= strlen(text.s));
		check(te.message[0] != '\0');
		return 0;
	}
	/* one more field of the greatest width may stand behind the limit */
	check(out.len <= 2 * (size_t)TEMPLATE_MAX + size);
	check(strpbrk(text.s, "{}") || strcmp(out.s, text.s) == 0);
	if (utf8_valid_prefix(text.s, strlen(text.s)) == strlen(text.s))
		check(utf8_valid_prefix(out.s, out.len) == out.len);
	return 0;
}
