/* SPDX-License-Identifier: MIT */
#include "track/filter_parse.h"

#include <strings.h>

#include "base/pyrepr.h"
#include "track/filter_lex.h"

/* What stands in a filter, one after the other. */
enum item_kind {
	ITEM_OPERAND,
	ITEM_OPERATOR, /* + - / ... between operands */
	ITEM_COMPARE,
	ITEM_CLAUSE,
	ITEM_COMMA,
	ITEM_WORD, /* a keyword */
	ITEM_JUNK,
};

struct item {
	enum item_kind kind;
	enum operand_kind operand;
	const char *s; /* in the text */
	size_t n;
	struct clause *clause;
};

struct parser {
	struct arena *a;
	struct tokens t;
	size_t at; /* the next token */
	struct item *v;
	size_t n;
};

static char *item_text(struct arena *a, const struct item *it)
{
	return arena_strndup(a, it->s, it->n);
}

static const struct token *peek(const struct parser *p, size_t ahead)
{
	static const struct token none = {.kind = TOKEN_OTHER, .s = ""};
	return p->at + ahead < p->t.n ? &p->t.v[p->at + ahead] : &none;
}

static void stretch(struct item *it, const struct token *last)
{
	it->n = (size_t)(last->s + last->n - it->s);
}

/* The number of tokens from an opening parenthesis to its closing one, or 0. */
static size_t parenthesis(const struct parser *p, size_t from)
{
	size_t depth = 0;
	for (size_t i = from; p->at + i < p->t.n; i++) {
		enum token_kind k = peek(p, i)->kind;
		if (k == TOKEN_OPEN)
			depth++;
		else if (k == TOKEN_CLOSE && --depth == 0)
			return i - from + 1;
	}
	return 0;
}

/* Take n tokens into the item. */
static void take(struct parser *p, struct item *it, size_t n)
{
	p->at += n;
	stretch(it, &p->t.v[p->at - 1]);
}

/* A call, "f(x)", is one piece. */
static bool take_call(struct parser *p, struct item *it)
{
	size_t n = peek(p, 0)->kind == TOKEN_OPEN ? parenthesis(p, 0) : 0;
	if (n > 0)
		take(p, it, n);
	return n > 0;
}

static void take_identifier(struct parser *p, struct item *it)
{
	bool name = peek(p, 0)->kind == TOKEN_NAME;
	it->operand = OPERAND_IDENTIFIER;
	take(p, it, 1);
	if (name && take_call(p, it)) {
		it->operand = OPERAND_OTHER;
		return;
	}
	while (peek(p, 0)->kind == TOKEN_DOT) {
		enum token_kind k = peek(p, 1)->kind;
		if (k != TOKEN_NAME && k != TOKEN_SYMBOL && k != TOKEN_STRING) {
			take(p, it, 1);
			return;
		}
		take(p, it, 2);
		if (k == TOKEN_NAME)
			take_call(p, it);
	}
}

static void take_operand(struct parser *p, struct item *it, enum operand_kind kind)
{
	it->operand = kind;
	take(p, it, 1);
}

static void take_other(struct parser *p, struct item *it)
{
	const struct token *t = peek(p, 0);
	it->kind = t->kind == TOKEN_COMPARE    ? ITEM_COMPARE
		   : t->kind == TOKEN_OPERATOR ? ITEM_OPERATOR
		   : t->kind == TOKEN_COMMA    ? ITEM_COMMA
		   : t->kind == TOKEN_KEYWORD  ? ITEM_WORD
					       : ITEM_JUNK;
	take(p, it, 1);
}

static void take_item(struct parser *p, struct item *it)
{
	const struct token *t = peek(p, 0);
	size_t n;
	*it = (struct item){.kind = ITEM_OPERAND, .operand = OPERAND_OTHER, .s = t->s};
	switch (t->kind) {
	case TOKEN_NAME:
	case TOKEN_SYMBOL:
		take_identifier(p, it);
		return;
	case TOKEN_STRING:
		take_operand(p, it, OPERAND_STRING);
		return;
	case TOKEN_INT:
		take_operand(p, it, OPERAND_INT);
		return;
	case TOKEN_FLOAT:
		take_operand(p, it, OPERAND_FLOAT);
		return;
	case TOKEN_OPEN:
		n = parenthesis(p, 0);
		if (n > 0) {
			it->operand = OPERAND_LIST;
			take(p, it, n);
			return;
		}
		break;
	default:
		break;
	}
	take_other(p, it);
}

static void take_items(struct parser *p)
{
	while (p->at < p->t.n) {
		ARENA_GROW(p->a, p->v, p->n);
		take_item(p, &p->v[p->n++]);
	}
}

static bool is_word(const struct item *it, const char *word)
{
	return it->kind == ITEM_WORD && it->n == strlen(word) &&
	       strncasecmp(it->s, word, it->n) == 0;
}

static bool comparable(const struct item *it)
{
	return it->kind == ITEM_OPERAND || is_word(it, "NULL");
}

/*
 * Looks at the items from i on: how many of them become the one item *made; 0: none.
 */
typedef size_t grouping(struct parser *p, size_t i, struct item *made);

static void group(struct parser *p, grouping *g)
{
	size_t kept = 0;
	for (size_t i = 0; i < p->n;) {
		struct item made = p->v[i];
		size_t n = g(p, i, &made);
		if (n > 1) {
			const struct item *last = &p->v[i + n - 1];
			made.n = (size_t)(last->s + last->n - made.s);
			if (made.clause)
				made.clause->text = item_text(p->a, &made);
		}
		p->v[kept++] = made;
		i += n ? n : 1;
	}
	p->n = kept;
}

/* "a + b" is one operand, of no use. */
static size_t operation(struct parser *p, size_t i, struct item *made)
{
	size_t j = i;
	while (j + 2 < p->n && p->v[j].kind == ITEM_OPERAND &&
	       p->v[j + 1].kind == ITEM_OPERATOR && p->v[j + 2].kind == ITEM_OPERAND)
		j += 2;
	if (j > i)
		made->operand = OPERAND_OTHER;
	return j > i ? j - i + 1 : 0;
}

/* In capitals, with one blank between words. */
static char *operator_text(struct arena *a, const struct item *it)
{
	char *out = arena_alloc(a, it->n + 1), *w = out;
	for (size_t i = 0; i < it->n; i++) {
		char c = it->s[i];
		if (c >= 'a' && c <= 'z')
			*w++ = (char)(c - 32);
		else if (c > ' ')
			*w++ = c;
		else if (w > out && w[-1] != ' ')
			*w++ = ' ';
	}
	*w = '\0';
	return out;
}

/* *made, which is the left side, becomes a comparison with `value` (NULL: nothing). */
static void make_clause(
    struct parser *p, struct item *made, const char *op, const struct item *value)
{
	struct clause *c = arena_new(p->a, struct clause);
	c->left = item_text(p->a, made);
	c->named = made->kind == ITEM_OPERAND && made->operand == OPERAND_IDENTIFIER;
	c->op = op;
	c->kind = value ? value->operand : OPERAND_NONE;
	c->value = value ? item_text(p->a, value) : NULL;
	made->kind = ITEM_CLAUSE;
	made->clause = c;
}

static size_t comparison(struct parser *p, size_t i, struct item *made)
{
	const struct item *v = &p->v[i];
	if (i + 2 >= p->n || !comparable(&v[0]) || v[1].kind != ITEM_COMPARE ||
	    !comparable(&v[2]))
		return 0;
	make_clause(p, made, operator_text(p->a, &v[1]), &v[2]);
	return 3;
}

static bool identifier(const struct item *it)
{
	return it->kind == ITEM_OPERAND && it->operand == OPERAND_IDENTIFIER;
}

/* "a b" reads as a with another name: one item that is no comparison any more. */
static size_t alias(struct parser *p, size_t i, struct item *made)
{
	bool can = made->kind == ITEM_CLAUSE ||
		   (made->kind == ITEM_OPERAND && made->operand != OPERAND_STRING);
	if (!can || i + 1 >= p->n || !identifier(&p->v[i + 1]))
		return 0;
	made->kind = ITEM_OPERAND;
	made->operand = OPERAND_IDENTIFIER;
	made->clause = NULL;
	return 2;
}

static size_t enumeration(struct parser *p, size_t i, struct item *made)
{
	size_t j = i;
	while (j + 2 < p->n && p->v[j].kind != ITEM_COMMA &&
	       p->v[j + 1].kind == ITEM_COMMA && p->v[j + 2].kind != ITEM_COMMA)
		j += 2;
	if (j > i)
		*made = (struct item){.kind = ITEM_JUNK, .s = made->s};
	return j > i ? j - i + 1 : 0;
}

static bool is_list(const struct item *it)
{
	return it->kind == ITEM_OPERAND && it->operand == OPERAND_LIST;
}

/* IN, NOT IN, IS NULL, IS NOT NULL. */
static size_t words(struct parser *p, size_t i, struct item *made)
{
	const struct item *v = &p->v[i];
	size_t left = p->n - i;
	if (left < 3 || !identifier(&v[0]))
		return 0;
	if (is_word(&v[1], "IN") && is_list(&v[2])) {
		make_clause(p, made, "IN", &v[2]);
		return 3;
	}
	if (is_word(&v[1], "IS") && is_word(&v[2], "NULL")) {
		make_clause(p, made, "IS NULL", NULL);
		return 3;
	}
	if (is_word(&v[1], "IS") && is_word(&v[2], "NOT NULL")) {
		make_clause(p, made, "IS NOT NULL", NULL);
		return 3;
	}
	if (left < 4 || !is_word(&v[1], "NOT") || !is_word(&v[2], "IN") ||
	    !is_list(&v[3]))
		return 0;
	make_clause(p, made, "NOT IN", &v[3]);
	return 4;
}

/* Everything but clauses and AND, as a list of texts. */
static void list_junk(const struct parser *p, const char *quote, struct buf *out)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct item *it = &p->v[i];
		if (it->kind == ITEM_CLAUSE || is_word(it, "AND"))
			continue;
		buf_adds(out, out->len ? ", " : "");
		buf_adds(out, quote);
		buf_add(out, it->s, it->n);
		buf_adds(out, quote);
	}
}

static int refuse_logged(const char *text, const char *why, struct err *err)
{
	auto_buf repr = BUF_INIT;
	pyrepr_str(&repr, text, strlen(text));
	return err_set(err, ERR_USAGE, "Invalid filter string: %s. %s", repr.s, why);
}

static int refuse_junk(
    const struct parser *p, const char *text, enum filter_style style, struct err *err)
{
	auto_buf junk = BUF_INIT;
	list_junk(p, style == FILTER_RUNS ? "'" : "", &junk);
	if (junk.len == 0)
		return 0;
	if (style == FILTER_LOGGED)
		return refuse_logged(text,
		    "Expected a list of comparisons separated by 'AND' (e.g."
		    " 'metrics.loss > 0.1 AND params.lr = 0.01').",
		    err);
	return err_set(err, ERR_USAGE, "Invalid clause(s) in filter string: %s", junk.s);
}

/* One statement, neither none nor several. */
static int check_statements(
    const struct parser *p, const char *text, enum filter_style style, struct err *err)
{
	auto_buf repr = BUF_INIT;
	bool several = false;
	for (size_t i = 0; i + 1 < p->t.n; i++)
		several |= p->t.v[i].n == 1 && p->t.v[i].s[0] == ';';
	if (p->t.n > 0 && !several)
		return 0;
	if (style == FILTER_LOGGED)
		return refuse_logged(text, "Expected a single SQL expression.", err);
	if (!several)
		return err_set(
		    err, ERR_USAGE, "Invalid filter '%s'. Could not be parsed.", text);
	pyrepr_str(&repr, text, strlen(text));
	return err_set(err, ERR_USAGE,
	    "Search filter contained multiple expression %s. Provide AND-ed expression"
	    " list.",
	    repr.s);
}

static grouping *const groupings[] = {operation, comparison, alias, enumeration, words};

int filter_parse(struct arena *a, const char *text, enum filter_style style,
    struct clauses *out, struct err *err)
{
	struct parser p = {.a = a};
	*out = (struct clauses){0};
	if (!text || !*text)
		return 0;
	if (filter_lex(a, text, &p.t) < 0)
		return err_set(err, ERR_USAGE, "Error on parsing filter '%s'", text);
	if (check_statements(&p, text, style, err) < 0)
		return -1;
	take_items(&p);
	for (size_t i = 0; i < sizeof(groupings) / sizeof(groupings[0]); i++)
		group(&p, groupings[i]);
	if (refuse_junk(&p, text, style, err) < 0)
		return -1;
	for (size_t i = 0; i < p.n; i++)
		if (p.v[i].kind == ITEM_CLAUSE) {
			ARENA_GROW(a, out->v, out->n);
			out->v[out->n++] = *p.v[i].clause;
		}
	return 0;
}
