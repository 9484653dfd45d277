/* SPDX-License-Identifier: MIT */
#include "manifest/scalar.h"

#include "manifest/pynumber.h"
#include "base/pyrepr.h"
#include "manifest/pytext.h"
#include "manifest/pytime.h"

static const char digits[] = "0123456789", digits_[] = "0123456789_";

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

static bool is_bool(const char *s)
{
	static const char *const words[] = {"yes", "Yes", "YES", "no", "No", "NO", "true",
	    "True", "TRUE", "false", "False", "FALSE", "on", "On", "ON", "off", "Off",
	    "OFF", NULL};
	return is_one_of(s, words);
}

static bool is_null(const char *s)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};
	return is_one_of(s, words);
}

static const char *skip_sign(const char *s)
{
	return *s == '+' || *s == '-' ? s + 1 : s;
}

/* The end of one or more ":MM" with MM below 60, or NULL. */
static const char *skip_sixties(const char *s)
{
	if (*s != ':')
		return NULL;
	while (*s == ':') {
		size_t n = strspn(s + 1, digits);
		if (n < 1 || n > 2 || (n == 2 && s[1] > '5'))
			return NULL;
		s += 1 + n;
	}
	return s;
}

static bool is_radix(const char *s, const char *set)
{
	size_t n = strspn(s, set);
	return n > 0 && s[n] == '\0';
}

static bool is_int(const char *text)
{
	const char *s = skip_sign(text);
	if (s[0] == '0' && s[1] == 'b')
		return is_radix(s + 2, "01_");
	if (s[0] == '0' && s[1] == 'x')
		return is_radix(s + 2, "0123456789abcdefABCDEF_");
	if (s[0] == '0')
		return s[1] == '\0' || is_radix(s + 1, "01234567_");
	if (s[0] < '1' || s[0] > '9')
		return false;
	s += strspn(s, digits_);
	if (*s)
		s = skip_sixties(s);
	return s && *s == '\0';
}

/* Nothing, or an exponent, which must have a sign. */
static bool is_exponent(const char *s)
{
	if (*s == '\0')
		return true;
	return (s[0] == 'e' || s[0] == 'E') && (s[1] == '+' || s[1] == '-') &&
	       is_radix(s + 2, digits);
}

static bool is_float(const char *text)
{
	static const char *const infs[] = {".inf", ".Inf", ".INF", NULL};
	static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
	const char *s = skip_sign(text);
	if (is_one_of(s, infs) || is_one_of(text, nans))
		return true;
	if (text[0] == '.' && text[1] >= '0' && text[1] <= '9')
		return is_exponent(text + 1 + strspn(text + 1, digits_));
	if (*s < '0' || *s > '9')
		return false;
	s += strspn(s, digits_);
	if (*s == ':') {
		s = skip_sixties(s);
		return s && *s == '.' && s[1 + strspn(s + 1, digits_)] == '\0';
	}
	return *s == '.' && is_exponent(s + 1 + strspn(s + 1, digits_));
}

enum scalar_kind scalar_resolve(const char *text)
{
	if (is_null(text))
		return SCALAR_NULL;
	if (is_bool(text))
		return SCALAR_BOOL;
	if (strcmp(text, "<<") == 0)
		return SCALAR_MERGE;
	if (strcmp(text, "=") == 0)
		return SCALAR_VALUE;
	if (!strchr("+-.0123456789", text[0]))
		return SCALAR_STR;
	if (is_float(text))
		return SCALAR_FLOAT;
	if (is_int(text))
		return SCALAR_INT;
	return pytime_matches(text) ? SCALAR_TIME : SCALAR_STR;
}

static const struct {
	const char *tag, *word;
} kinds[] = {
    [SCALAR_STR] = {"str", "a string"},
    [SCALAR_NULL] = {"null", "empty"},
    [SCALAR_BOOL] = {"bool", "a yes/no value"},
    [SCALAR_INT] = {"int", "a number"},
    [SCALAR_FLOAT] = {"float", "a number"},
    [SCALAR_TIME] = {"timestamp", "a date"},
    [SCALAR_BINARY] = {"binary", "binary data"},
    [SCALAR_MERGE] = {"merge", "<<"},
    [SCALAR_VALUE] = {"value", "="},
};

bool scalar_from_tag(const char *tag, enum scalar_kind *kind)
{
	static const char prefix[] = "tag:yaml.org,2002:";
	if (strncmp(tag, prefix, sizeof(prefix) - 1) != 0)
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(tag + sizeof(prefix) - 1, kinds[i].tag) == 0) {
			*kind = (enum scalar_kind)i;
			return true;
		}
	return false;
}

const char *scalar_word(enum scalar_kind kind)
{
	return kinds[kind].word;
}

static int bool_str(struct buf *out, const char *text, struct err *err)
{
	static const char *const yes[] = {"yes", "true", "on", NULL};
	static const char *const no[] = {"no", "false", "off", NULL};
	char low[8] = "";
	for (size_t i = 0; i < sizeof(low) - 1 && text[i]; i++)
		low[i] =
		    text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
	if (strlen(text) > 5 || (!is_one_of(low, yes) && !is_one_of(low, no)))
		return err_set(err, ERR_USAGE, "'%.40s' is not a yes/no value", text);
	buf_adds(out, is_one_of(low, yes) ? "True" : "False");
	return 0;
}

static int value_text(
    struct buf *out, enum scalar_kind kind, const char *text, bool repr, struct err *err)
{
	switch (kind) {
	case SCALAR_NULL:
		buf_adds(out, "None");
		return 0;
	case SCALAR_BOOL:
		return bool_str(out, text, err);
	case SCALAR_INT:
		return pyint_text(out, text, err);
	case SCALAR_FLOAT:
		return pyfloat_text(out, text, err);
	case SCALAR_TIME:
		return pytime_text(out, text, repr, err);
	case SCALAR_BINARY:
		return pybytes_text(out, text, err);
	case SCALAR_MERGE:
	case SCALAR_VALUE:
		return err_set(err, ERR_USAGE, "a plain '%s' cannot be a value", text);
	case SCALAR_STR:
		break;
	}
	if (repr)
		pyrepr_str(out, text, strlen(text));
	else
		buf_adds(out, text);
	return 0;
}

int scalar_str(struct buf *out, enum scalar_kind kind, const char *text, struct err *err)
{
	return value_text(out, kind, text, false, err);
}

int scalar_repr(struct buf *out, enum scalar_kind kind, const char *text, struct err *err)
{
	return value_text(out, kind, text, true, err);
}
