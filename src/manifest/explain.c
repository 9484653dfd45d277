/* SPDX-License-Identifier: MIT */
#include "manifest/explain.h"

#include "base/utf8.h"

struct trouble {
	struct page *p;
	const char *problem, *context;
	struct mark at, from;	 /* where it was noticed, and what was being read */
	const char *line, *rest; /* the line of `at`, and what follows `at` in it */
};

static const char quote_it[] = "put the whole value in quotes";

static struct mark mark_of(const yaml_mark_t *m)
{
	return (struct mark){(int)m->line + 1, (int)m->column + 1};
}

static const char *line_or_empty(struct page *p, int line)
{
	const char *s = page_line(p, line);
	return s ? s : "";
}

static size_t indent_of(const char *line)
{
	return strspn(line, " ");
}

static bool is_blank_or_comment(const char *line)
{
	line += strspn(line, " \t");
	return *line == '\0' || *line == '#';
}

/* A "key:" that ends there, or goes on after a space, within the first n bytes. */
static bool has_key(const char *line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (line[i] == ':' && (line[i + 1] == ' ' || line[i + 1] == '\0'))
			return true;
	return false;
}

/* What stands behind "key: " in a line, or NULL. */
static const char *value_in(const char *line)
{
	const char *colon = strstr(line, ": ");
	return colon ? colon + 1 + strspn(colon + 1, " ") : NULL;
}

static void stray_line(struct page *p, int number)
{
	const char *line = line_or_empty(p, number), *word = line + indent_of(line);
	struct mark at = {number, (int)indent_of(line) + 1};
	const char *colon = strchr(word, ':');
	struct diag *d = page_error(p, at,
	    "'%s' is neither 'key: value' nor a part of the value above",
	    page_clip(p, word));
	if (colon && colon[1] && colon[1] != ' ')
		page_hint(p, d, "':' needs a space after it");
	else if (*word == '<')
		page_hint(p, d, "fill in the placeholder or remove the line");
	else
		page_hint(p, d,
		    "write 'key: value', or indent it deeper if it belongs to the line "
		    "above");
}

static void tab_found(struct trouble *t)
{
	struct diag *d = page_error(t->p, t->at, "a tab where YAML wants spaces");
	page_hint(t->p, d, "indent with spaces");
}

static void bad_character(struct trouble *t)
{
	bool is_template = strstr(t->line, "{%") || strstr(t->line, "{{");
	struct diag *d;
	if (t->rest[0] == '\t') {
		tab_found(t);
		return;
	}
	d = page_error(
	    t->p, t->at, "an unquoted value cannot begin with '%.1s'", t->rest);
	page_hint(t->p, d, "%s",
	    is_template ? "this looks like a template that was never filled in"
			: quote_it);
}

static void no_colon(struct trouble *t)
{
	stray_line(t->p, t->from.line);
}

static int content_line_above(struct page *p, int line)
{
	while (--line > 0 && is_blank_or_comment(line_or_empty(p, line)))
		;
	return line;
}

static void colon_not_allowed(struct trouble *t)
{
	size_t before = (size_t)(t->rest - t->line);
	int above = content_line_above(t->p, t->at.line);
	const char *line = line_or_empty(t->p, above);
	struct mark key = {t->at.line, (int)indent_of(t->line) + 1};
	struct diag *d;
	if (before > 0 && has_key(t->line, before)) {
		d = page_error(t->p, t->at,
		    "': ' inside an unquoted value, which YAML takes for a key");
		page_hint(t->p, d, "%s", quote_it);
	} else if (above == 0) {
		page_error(
		    t->p, key, "a key must be one line of at most 1024 characters");
	} else if (!has_key(line, strlen(line))) {
		stray_line(t->p, above);
	} else {
		d = page_error(
		    t->p, key, "a key where the value of line %d should go on", above);
		page_hint(t->p, d,
		    "give it the indentation of its siblings, or remove the value of "
		    "line %d",
		    above);
	}
}

static void open_quote(struct trouble *t)
{
	const char *line = line_or_empty(t->p, t->from.line);
	char quote = line[utf8_prefix(line, (size_t)t->from.column - 1)];
	struct diag *d =
	    page_error(t->p, t->from, "this quoted text is never closed with %c", quote);
	page_hint(t->p, d, "add the missing %c", quote);
}

static void bad_flow(struct trouble *t)
{
	const char *line = line_or_empty(t->p, t->from.line);
	char open = line[utf8_prefix(line, (size_t)t->from.column - 1)];
	char close = open == '[' ? ']' : '}';
	bool at_end = !t->rest[0] || (t->at.line > t->from.line &&
					 indent_of(t->line) <= indent_of(line));
	struct diag *d;
	if (at_end)
		d = page_error(t->p, t->from, "this '%c' has no '%c'",
		    open == '[' ? '[' : '{', close);
	else
		d = page_error(t->p, t->at, "',' or '%c' is expected here", close);
	page_hint(t->p, d, "%s; text that begins with '%c' needs quotes",
	    at_end ? "close it" : "put a ',' between the items", open == '[' ? '[' : '{');
}

/* A value in quotes or brackets has ended, and the line goes on. */
static bool tell_more_text(struct trouble *t)
{
	const char *value = value_in(t->line);
	struct diag *d;
	if (!value)
		value = t->line + indent_of(t->line);
	if (value >= t->rest || !strchr("{['\"", *value))
		return false;
	d = page_error(t->p, t->at,
	    "more text after a value that began with '%c' and has ended", *value);
	page_hint(t->p, d, "%s", quote_it);
	return true;
}

/* Something stands where the next key of a mapping should. */
static void no_key(struct trouble *t)
{
	struct diag *d;
	if (tell_more_text(t))
		return;
	if ((size_t)(t->rest - t->line) != indent_of(t->line)) {
		page_error(t->p, t->at, "a key is expected here");
		return;
	}
	if (!strchr(t->line, ':') && *t->rest != '-') {
		stray_line(t->p, t->at.line);
		return;
	}
	d = page_error(t->p, t->at, "this indentation fits no line above");
	page_hint(t->p, d, "begin it in the same column as the lines that it belongs to");
}

static void no_dash(struct trouble *t)
{
	struct diag *d = page_error(
	    t->p, t->at, "this is neither an item of the list above nor outside it");
	page_hint(t->p, d, "begin it with '- ', or in a column left of the list");
}

static void not_a_name(struct trouble *t)
{
	const char *line = line_or_empty(t->p, t->from.line);
	char c = line[utf8_prefix(line, (size_t)t->from.column - 1)];
	struct diag *d =
	    page_error(t->p, t->from, "'%c' starts %s in YAML, and this is none", c,
		c == '&' ? "an anchor" : "an alias");
	page_hint(t->p, d, "%s", quote_it);
}

static void bad_escape(struct trouble *t)
{
	int n = t->rest[0] ? 1 + (int)utf8_prefix(t->rest + 1, 1) : 0;
	struct diag *d =
	    page_error(t->p, t->at, "'%.*s' is not an escape of YAML", n, t->rest);
	page_hint(t->p, d, "write \\\\ for a backslash, or use single quotes");
}

static void no_value(struct trouble *t)
{
	struct diag *d;
	if (page_line(t->p, t->at.line) && t->rest[0]) {
		d = page_error(t->p, t->at, "a value is expected here");
		page_hint(t->p, d, "%s", quote_it);
		return;
	}
	d = page_error(t->p, t->at, "the file ends where a value is expected");
	page_hint(t->p, d, "close what was opened with '{' or '['");
}

static void dash_not_allowed(struct trouble *t)
{
	struct diag *d =
	    page_error(t->p, t->at, "a list cannot begin here, in the line of its key");
	page_hint(t->p, d, "begin it on a line of its own, or put the text in quotes");
}

static void forbidden(struct trouble *t)
{
	struct diag *d = page_error(t->p, t->at, "a character that YAML does not allow");
	page_hint(t->p, d, "remove it");
}

static const struct {
	const char *problem;
	void (*explain)(struct trouble *t);
} known[] = {
    {"found character that cannot start any token", bad_character},
    {"found a tab character", tab_found},
    {"could not find expected ':'", no_colon},
    {"mapping values are not allowed", colon_not_allowed},
    {"found unexpected end of stream", open_quote},
    {"found unexpected document indicator", open_quote},
    {"did not find expected ',' or", bad_flow},
    {"did not find expected key", no_key},
    {"did not find expected '-' indicator", no_dash},
    {"did not find expected alphabetic or numeric", not_a_name},
    {"found unknown escape character", bad_escape},
    {"did not find expected node content", no_value},
    {"block sequence entries are not allowed", dash_not_allowed},
    {"control characters are not allowed", forbidden},
};

static bool is_marker(const char *line, char c)
{
	return strspn(line, (char[]){c, '\0'}) == 7 &&
	       (line[7] == ' ' || line[7] == '\0');
}

/* All of them at once, as they come in groups. */
static bool tell_conflicts(struct page *p)
{
	bool found = false;
	for (int i = 1; i <= (int)p->nlines; i++) {
		const char *line = p->text + p->starts[i - 1];
		struct diag *d;
		if (p->starts[i] - p->starts[i - 1] < 8 ||
		    (*line != '<' && *line != '>') || !is_marker(page_line(p, i), *line))
			continue;
		found = true;
		d = page_error(
		    p, (struct mark){i, 1}, "a conflict marker left by a merge");
		page_hint(
		    p, d, "resolve the conflict: keep one side, remove the markers");
	}
	return found;
}

void explain_yaml_error(struct page *p, const yaml_parser_t *parser)
{
	struct trouble t = {.p = p};
	t.problem = parser->problem ? parser->problem : "not YAML";
	t.context = parser->context;
	t.at = parser->error == YAML_READER_ERROR ? page_mark(p, parser->problem_offset)
						  : mark_of(&parser->problem_mark);
	t.from = t.context ? mark_of(&parser->context_mark) : t.at;
	t.line = line_or_empty(p, t.at.line);
	t.rest = t.line + utf8_prefix(t.line, (size_t)t.at.column - 1);
	if (tell_conflicts(p))
		return;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strncmp(t.problem, known[i].problem, strlen(known[i].problem)) == 0) {
			known[i].explain(&t);
			return;
		}
	page_error(p, t.at, "not YAML: %s%s%s", t.context ? t.context : "",
	    t.context ? ": " : "", t.problem);
}
