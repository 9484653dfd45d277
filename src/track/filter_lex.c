/* SPDX-License-Identifier: MIT */
#include "track/filter_lex.h"

#include <strings.h>

#include "base/utf8.h"

enum { NO_CHARACTER = 0xFFFF }; /* and no part of a word, nor white space */

struct lexer {
	const char *s, *end; /* what is left */
	char before;	     /* the byte before it, or 0 */
};

/* Code points that are no part of a word, beyond ASCII: the greater part of them. */
static const uint32_t not_words[][2] = {
    {0x80, 0xA9},
    {0xAB, 0xB1},
    {0xB4, 0xB4},
    {0xB6, 0xB8},
    {0xBB, 0xBB},
    {0xBF, 0xBF},
    {0xD7, 0xD7},
    {0xF7, 0xF7},
    {0x300, 0x36F},
    {0x2000, 0x206F},
    {0x20A0, 0x20FF},
    {0x2190, 0x245F},
    {0x2500, 0x2775},
    {0x2794, 0x2BFF},
    {0x2E00, 0x2E2E},
    {0x3000, 0x3004},
    {0x3008, 0x3020},
    {0xE000, 0xF8FF},
    {0xFE00, 0xFE6F},
    {0xFF00, 0xFF0F},
    {0xFFF0, 0xFFFF},
    {0x1F000, 0x1F0FF},
    {0x1F110, 0x1FBEF},
    {0xF0000, 0x10FFFF},
};

static bool ascii_word(unsigned char c)
{
	return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static bool ascii_letter(unsigned char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The character at s and how many bytes it has: none at the end or of no UTF-8. */
static uint32_t char_at(const char *s, const char *end, size_t *n)
{
	*n = s < end ? utf8_char_len(s, (size_t)(end - s)) : 0;
	return *n ? utf8_decode(s, *n) : NO_CHARACTER;
}

/* Bytes of the character at s that is part of a word, or 0. */
static size_t word_char(const char *s, const char *end)
{
	size_t n;
	uint32_t c = char_at(s, end, &n);
	if (c < 0x80)
		return ascii_word((unsigned char)c);
	for (size_t i = 0; i < sizeof(not_words) / sizeof(not_words[0]); i++)
		if (c >= not_words[i][0] && c <= not_words[i][1])
			return 0;
	return n;
}

static const char *word_end(const char *s, const char *end)
{
	size_t n;
	while ((n = word_char(s, end)) > 0)
		s += n;
	return s;
}

/* Bytes of the white space at s, or 0. */
static size_t blank_char(const char *s, const char *end)
{
	size_t n;
	uint32_t c = char_at(s, end, &n);
	if (c < 0x80)
		return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
	return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
		       c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
		       c == 0x3000
		   ? n
		   : 0;
}

static const char *blank_end(const char *s, const char *end)
{
	size_t n;
	while ((n = blank_char(s, end)) > 0)
		s += n;
	return s;
}

/* A letter by which a name may begin without being looked at as a keyword. */
static bool letter(const char *s, const char *end)
{
	size_t n;
	uint32_t c = char_at(s, end, &n);
	if (c < 0x80)
		return ascii_letter((unsigned char)c);
	return (c >= 0xC0 && c <= 0xDC) || (c >= 0xE0 && c <= 0xFC);
}

/* What stops a number: "1a" is none. */
static bool sticks(const char *s, const char *end)
{
	return (s < end && *s == '_') || letter(s, end);
}

/*
 * The end of what is quoted at s, or NULL.  The quote is doubled or escaped inside, unless
 * there is none other left to close it.
 */
static const char *quoted_end(const char *s, const char *end, bool escapes)
{
	char quote = *s++;
	const char *fallback = NULL;
	for (; s < end; s++) {
		if (escapes && *s == '\\' && s + 1 < end && s[1] == quote) {
			fallback = ++s;
		} else if (*s == quote) {
			if (s + 1 == end || s[1] != quote)
				return s + 1;
			fallback = s++;
		}
	}
	return fallback ? fallback + 1 : NULL;
}

/* The end of the word w (any case) at s where a word ends there, or NULL. */
static const char *match_word(const char *s, const char *end, const char *w)
{
	size_t n = strlen(w);
	if ((size_t)(end - s) < n || strncasecmp(s, w, n) != 0)
		return NULL;
	return word_char(s + n, end) ? NULL : s + n;
}

/* Two words with white space between them. */
static const char *match_words(
    const char *s, const char *end, const char *first, const char *second)
{
	const char *p = match_word(s, end, first);
	const char *q = p ? blank_end(p, end) : NULL;
	return q && q > p ? match_word(q, end, second) : NULL;
}

static const char *number_hex(const char *s, const char *end)
{
	const char *p = s + (*s == '-');
	size_t n;
	if (end - p < 3 || p[0] != '0' || (p[1] | 32) != 'x')
		return NULL;
	n = strspn(p + 2, "0123456789abcdefABCDEF");
	return n ? p + 2 + n : NULL;
}

static const char *number_exponent(const char *s, const char *end)
{
	const char *p = s;
	if (p < end && *p == '-')
		p++;
	if (p >= end || !digit(*p))
		return NULL;
	while (p < end && digit(*p))
		p++;
	if (p + 1 < end && *p == '.' && digit(p[1]))
		for (p++; p < end && digit(*p);)
			p++;
	if (p >= end || (*p | 32) != 'e')
		return NULL;
	p++;
	if (p < end && *p == '-')
		p++;
	if (p >= end || !digit(*p))
		return NULL;
	while (p < end && digit(*p))
		p++;
	return p;
}

/*
 * Digits give way, one at a time, while a letter sticks to the number: down to `least`.
 */
static const char *number_stop(const char *p, const char *least, const char *end)
{
	while (p >= least && sticks(p, end))
		p--;
	return p >= least ? p : NULL;
}

static const char *number_float(const char *s, const char *end)
{
	const char *p = s, *dot;
	if (p < end && *p == '-')
		p++;
	while (p < end && digit(*p))
		p++;
	if (p >= end || *p != '.')
		return NULL;
	dot = p++;
	while (p < end && digit(*p))
		p++;
	/* a digit before the dot makes the ones behind it optional */
	return number_stop(p, dot > s && digit(dot[-1]) ? dot + 1 : dot + 2, end);
}

static const char *number_int(const char *s, const char *end)
{
	const char *p = s, *first;
	if (p < end && *p == '-')
		p++;
	first = p;
	while (p < end && digit(*p))
		p++;
	return number_stop(p, first + 1, end);
}

/* Words that are keywords wherever they stand, also behind a dot. */
static const char *const always[] = {"CASE", "IN", "VALUES", "USING", "FROM", "AS"};
/* Words that are keywords unless a dot stands before or behind them. */
static const char *const keywords[] = {"AND", "OR", "NOT", "IS", "NULL", "BETWEEN",
    "TRUE", "FALSE", "EXISTS", "WHERE", "SELECT", "ORDER", "GROUP", "LIMIT", "HAVING",
    "PARAMETER", "PARAMETERS", "UNION", "INSERT", "UPDATE", "DELETE", "DROP", "TABLE",
    "END", "IF", "FOR", "BEGIN"};

static const char *keyword(
    const char *s, const char *end, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *p = match_word(s, end, words[i]);
		if (p)
			return p;
	}
	return NULL;
}
#define KEYWORD(s, end, words) keyword(s, end, words, sizeof(words) / sizeof((words)[0]))

/* A name that the next dot, the dot before or a parenthesis shows to be one. */
static const char *name_in_place(const struct lexer *l)
{
	const char *p, *q;
	if (!letter(l->s, l->end))
		return NULL;
	p = word_end(l->s, l->end);
	q = blank_end(p, l->end);
	if (q < l->end && *q == '.' && !(q + 1 < l->end && digit(q[1])))
		return p;
	return l->before == '.' || (p < l->end && *p == '(') ? p : NULL;
}

static const char *like(const char *s, const char *end)
{
	static const char *const words[] = {"LIKE", "ILIKE", "RLIKE", "REGEXP"};
	const char *p = KEYWORD(s, end, words);
	for (size_t i = 0; !p && i < sizeof(words) / sizeof(words[0]); i++)
		p = match_words(s, end, "NOT", words[i]);
	return p;
}

static const char *order(const char *s, const char *end)
{
	static const char *const words[] = {"ASC", "DESC"};
	const char *p = KEYWORD(s, end, words);
	const char *q = p ? blank_end(p, end) : NULL;
	if (q && q > p) {
		const char *nulls = match_words(q, end, "NULLS", "FIRST");
		if (!nulls)
			nulls = match_words(q, end, "NULLS", "LAST");
		return nulls ? nulls : p;
	}
	return p;
}

static const char *comment(const char *s, const char *end)
{
	if (end - s < 2 || (memcmp(s, "--", 2) != 0 && memcmp(s, "# ", 2) != 0))
		return NULL;
	while (s < end && *s != '\n' && *s != '\r')
		s++;
	return s;
}

/* Any word, in which $ and # may stand. */
static const char *any_word(const char *s, const char *end)
{
	size_t n = word_char(s, end);
	if (n == 0)
		return NULL;
	for (s += n; s < end; s += n) {
		n = *s == '$' || *s == '#' ? 1 : word_char(s, end);
		if (n == 0)
			break;
	}
	return s;
}

static const char *run_of(const char *s, const char *end, const char *set)
{
	const char *p = s;
	while (p < end && *p && strchr(set, *p))
		p++;
	return p > s ? p : NULL;
}

static const char *one_char(const char *s, const char *end)
{
	size_t n = utf8_char_len(s, (size_t)(end - s));
	return s + (n ? n : 1);
}

/* Words: names, keywords and what is made of several of them. */
static const char *lex_word(const struct lexer *l, enum token_kind *kind)
{
	const char *s = l->s, *end = l->end, *p;
	*kind = TOKEN_KEYWORD;
	if ((p = KEYWORD(s, end, always)))
		return p;
	*kind = TOKEN_NAME;
	if ((p = name_in_place(l)))
		return p;
	*kind = TOKEN_OTHER;
	if ((p = number_hex(s, end)))
		return p;
	*kind = TOKEN_FLOAT;
	if ((p = number_exponent(s, end)) || (p = number_float(s, end)))
		return p;
	*kind = TOKEN_INT;
	if ((p = number_int(s, end)))
		return p;
	*kind = TOKEN_KEYWORD;
	if ((p = match_words(s, end, "NOT", "NULL")))
		return p;
	*kind = TOKEN_ORDER;
	if ((p = order(s, end)))
		return p;
	*kind = TOKEN_COMPARE;
	if ((p = like(s, end)))
		return p;
	*kind = TOKEN_KEYWORD;
	if ((p = KEYWORD(s, end, keywords)) && !(p < end && (*p == '$' || *p == '#')))
		return p;
	*kind = TOKEN_NAME;
	return any_word(s, end);
}

static enum token_kind punctuation(char c)
{
	switch (c) {
	case '.':
		return TOKEN_DOT;
	case ',':
		return TOKEN_COMMA;
	case '(':
		return TOKEN_OPEN;
	case ')':
		return TOKEN_CLOSE;
	default:
		return TOKEN_OTHER;
	}
}

static const char *lex_quoted(const struct lexer *l, enum token_kind *kind)
{
	switch (*l->s) {
	case '`':
		*kind = TOKEN_NAME;
		return quoted_end(l->s, l->end, false);
	case '\'':
		*kind = TOKEN_STRING;
		return quoted_end(l->s, l->end, true);
	case '"':
		*kind = TOKEN_SYMBOL;
		return quoted_end(l->s, l->end, true);
	default:
		return NULL;
	}
}

/* The end of the next token. */
static const char *lex_one(const struct lexer *l, enum token_kind *kind)
{
	const char *p;
	*kind = TOKEN_OTHER;
	if ((p = comment(l->s, l->end)))
		return p;
	if ((p = lex_quoted(l, kind)) || (p = lex_word(l, kind)))
		return p;
	*kind = TOKEN_COMPARE;
	if ((p = run_of(l->s, l->end, "<>=~!")))
		return p;
	*kind = TOKEN_OPERATOR;
	if (*l->s == '-')
		return l->s + 1;
	if ((p = run_of(l->s, l->end, "+/@#%^&|")))
		return p;
	*kind = punctuation(*l->s);
	return one_char(l->s, l->end);
}

int filter_lex(struct arena *a, const char *text, struct tokens *out)
{
	struct lexer l = {.s = text, .end = text + strlen(text)};
	*out = (struct tokens){0};
	for (;;) {
		const char *start = blank_end(l.s, l.end);
		struct token t = {.blank = start > l.s};
		if (t.blank)
			l.before = ' ';
		l.s = t.s = start;
		if (l.s == l.end)
			return 0;
		if (out->n == TOKENS_MAX)
			return -1;
		l.s = lex_one(&l, &t.kind);
		l.before = l.s[-1];
		t.n = (size_t)(l.s - t.s);
		ARENA_GROW(a, out->v, out->n);
		out->v[out->n++] = t;
	}
}
