/* SPDX-License-Identifier: MIT */
#include "plan/value.h"

#include <strings.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits with single underscores between them; returns what follows, or NULL. */
static const char *skip_digits(const char *s)
{
	if (!is_digit(*s))
		return NULL;
	while (is_digit(*s) || (*s == '_' && is_digit(s[1])))
		s++;
	return s;
}

static const char *skip_sign(const char *s)
{
	return *s == '+' || *s == '-' ? s + 1 : s;
}

static bool is_int(const char *s)
{
	s = skip_digits(skip_sign(s));
	return s && !*s;
}

static bool is_one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (strcasecmp(s, *words) == 0)
			return true;
	return false;
}

static bool is_float(const char *text)
{
	static const char *const special[] = {"inf", "infinity", "nan", NULL};
	const char *s = skip_sign(text), *whole = skip_digits(s), *fraction = NULL;
	if (is_one_of(s, special))
		return true;
	s = whole ? whole : s;
	if (*s == '.') {
		fraction = skip_digits(s + 1);
		s = fraction ? fraction : s + 1;
	}
	if (!whole && !fraction)
		return false;
	if (*s == 'e' || *s == 'E')
		s = skip_digits(skip_sign(s + 1));
	return s && !*s;
}

static bool is_bool(const char *s)
{
	static const char *const words[] = {"true", "false", "yes", "no", "on", "off",
	    "t", "f", "y", "n", "1", "0", NULL};
	return is_one_of(s, words);
}

size_t value_scheme(const char *s)
{
	size_t n = 0;
	if (!((s[0] >= 'a' && s[0] <= 'z') || (s[0] >= 'A' && s[0] <= 'Z')))
		return 0;
	while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z') ||
	       is_digit(s[n]) || (s[n] && strchr("+.-", s[n])))
		n++;
	return s[n] == ':' ? n : 0;
}

bool value_fits(enum param_kind kind, const char *text)
{
	switch (kind) {
	case PARAM_INT:
		return is_int(text);
	case PARAM_FLOAT:
		return is_float(text);
	case PARAM_BOOL:
		return is_bool(text);
	case PARAM_URI:
		return value_scheme(text) > 0;
	default:
		return true;
	}
}

const char *value_kind_words(enum param_kind kind)
{
	switch (kind) {
	case PARAM_INT:
		return "an integer";
	case PARAM_FLOAT:
		return "a number";
	case PARAM_BOOL:
		return "true or false";
	case PARAM_URI:
		return "a URI";
	case PARAM_PATH:
		return "a path";
	default:
		return "text";
	}
}
