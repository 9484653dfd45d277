/* SPDX-License-Identifier: MIT */
#include "manifest/retryrule.h"

#include <string.h>

static const char *const words[] = {"any", "signal", "timeout", "oom", "never"};
enum { WORDS = sizeof(words) / sizeof(words[0]), CODE_MAX = 255 };

/* A number of digits alone; -1: none, or more than max. */
static int number(const char *s, size_t n, int max)
{
	int v = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		v = v * 10 + (s[i] - '0');
		if (v > max)
			return -1;
	}
	return n ? v : -1;
}

int retry_most_parse(const char *text, int *most, struct err *err)
{
	int v = number(text, strlen(text), RETRIES_MOST);
	if (v < 0)
		return err_set(err, ERR_USAGE, "'%s' is not a number from 0 to %d", text,
		    RETRIES_MOST);
	*most = v;
	return 0;
}

static bool is_word(const char *s, size_t n)
{
	for (int i = 0; i < WORDS; i++)
		if (strlen(words[i]) == n && memcmp(words[i], s, n) == 0)
			return true;
	return number(s, n, CODE_MAX) > 0;
}

/* The next item, without blanks around it; NULL: there are no more. */
static const char *item(const char **rest, size_t *n)
{
	const char *s = *rest;
	size_t len;
	if (!s)
		return NULL;
	s += strspn(s, " ");
	len = strcspn(s, ",");
	*rest = s[len] ? s + len + 1 : NULL;
	while (len > 0 && s[len - 1] == ' ')
		len--;
	*n = len;
	return s;
}

int retry_on_check(const char *list, struct err *err)
{
	const char *s;
	size_t n;
	while ((s = item(&list, &n))) {
		if (is_word(s, n))
			continue;
		err_set(
		    err, ERR_USAGE, "'%.*s' is not an end to try again after", (int)n, s);
		return err_hint(err,
		    "exit codes from 1 to %d, signal, timeout, oom, never, any, with "
		    "commas between: 1,75,timeout",
		    CODE_MAX);
	}
	return 0;
}

bool retry_on_has(const char *list, const char *word)
{
	bool never = strcmp(word, "never") == 0;
	const char *s;
	size_t n;
	while ((s = item(&list, &n)))
		if ((strlen(word) == n && memcmp(word, s, n) == 0) ||
		    (!never && n == 3 && memcmp(s, "any", 3) == 0))
			return true;
	return false;
}

struct retry_rule retry_rule_over(
    const struct retry_rule *rule, const struct retry_rule *over)
{
	struct retry_rule r = *rule;
	if (over->given) {
		r.given = true;
		r.most = over->most;
	}
	if (over->delay_ms)
		r.delay_ms = over->delay_ms;
	if (over->on)
		r.on = over->on;
	return r;
}
