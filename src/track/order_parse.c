/* SPDX-License-Identifier: MIT */
#include "track/filter_parse.h"

#include <strings.h>

#include "base/buf.h"
#include "base/strvec.h"
#include "track/filter_lex.h"

static int refuse(const char *text, struct err *err)
{
	return err_set(
	    err, ERR_USAGE, "Invalid order_by clause '%s'. Could not be parsed.", text);
}

static bool piece(const struct token *t, bool first)
{
	return t->kind == TOKEN_NAME || t->kind == TOKEN_SYMBOL ||
	       (!first && t->kind == TOKEN_STRING);
}

/* How many tokens from i on are one identifier. */
static size_t identifier(const struct tokens *t, size_t i)
{
	size_t at = i;
	if (at >= t->n || !piece(&t->v[at], true))
		return 0;
	for (at++; at < t->n && t->v[at].kind == TOKEN_DOT; at++)
		if (at + 1 < t->n && piece(&t->v[at + 1], false))
			at++;
	return at - i;
}

/* "<identifier>" or "<identifier> <one more>", without white space around. */
static bool well_formed(const struct tokens *t, const char *text)
{
	size_t n = identifier(t, 0);
	const struct token *last = t->n ? &t->v[t->n - 1] : NULL;
	if (n == 0 || t->v[0].blank || last->s + last->n != text + strlen(text))
		return false;
	return n == t->n || (n + 1 == t->n && last->kind == TOKEN_ORDER) ||
	       (n < t->n && n + identifier(t, n) == t->n);
}

/* One word as a shell reads it, ` as "; behind it, or NULL: a quote is not closed. */
static const char *shell_word(const char *s, struct buf *out)
{
	char quote = 0;
	for (; *s && (quote || !strchr(" \t\r\n", *s)); s++) {
		char c = *s == '`' ? '"' : *s;
		if (quote && c == quote) {
			quote = 0;
		} else if (c == '\\' && quote != '\'') {
			char next = s[1] == '`' ? '"' : s[1];
			if (!next)
				return NULL;
			if (quote && next != '"' && next != '\\')
				buf_addc(out, c);
			buf_addc(out, next);
			s++;
		} else if (!quote && (c == '"' || c == '\'')) {
			quote = c;
		} else {
			buf_addc(out, c);
		}
	}
	return quote ? NULL : s;
}

/* 0, or -1 when it cannot be split. */
static int shell_words(const char *s, struct strvec *out)
{
	auto_buf word = BUF_INIT;
	for (;;) {
		s += strspn(s, " \t\r\n");
		if (!*s)
			return 0;
		buf_clear(&word);
		s = shell_word(s, &word);
		if (!s)
			return -1;
		strvec_push(out, word.s);
	}
}

int order_parse(
    struct arena *a, const char *text, const char **key, bool *desc, struct err *err)
{
	struct tokens t;
	auto_strvec words = STRVEC_INIT;
	if (filter_lex(a, text, &t) < 0 || !well_formed(&t, text) ||
	    shell_words(text, &words) < 0 || words.n == 0 || words.n > 2)
		return refuse(text, err);
	*desc = false;
	*key = text;
	if (words.n == 1)
		return 0;
	*desc = strcasecmp(words.v[1], "desc") == 0;
	if (!*desc && strcasecmp(words.v[1], "asc") != 0)
		return err_set(err, ERR_USAGE,
		    "Invalid ordering key in order_by clause '%s'.", text);
	*key = arena_strdup(a, words.v[0]);
	return 0;
}
