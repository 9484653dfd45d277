/* SPDX-License-Identifier: MIT */
/*
 * place.c -- a scalar's value is its source text with escapes decoded and blanks folded.
 * So its bytes other than blanks stand in the source in the same order: walk both side by
 * side, and give up on the first difference.
 */
#include "manifest/place.h"

#include "base/utf8.h"

struct walk {
	const struct page *p;
	size_t at, end; /* in the page, bytes */
	size_t marked;	/* where `mark` is */
	struct mark mark;
	char style;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Bytes of a blank or line end in the source, 0 for anything else. */
static size_t blank_at(const struct walk *w, size_t at)
{
	if (at >= w->end)
		return 0;
	if (w->p->text[at] == ' ' || w->p->text[at] == '\t')
		return 1;
	return page_break(w->p, at);
}

/* The mark of w->at, counted on from the last one asked for. */
static struct mark mark_here(struct walk *w)
{
	while (w->marked < w->at) {
		size_t n = page_break(w->p, w->marked);
		if (n) {
			w->mark.line++;
			w->mark.column = 1;
		} else {
			n = utf8_char_len(w->p->text + w->marked, w->p->n - w->marked);
			w->mark.column++;
		}
		w->marked += n ? n : 1;
	}
	return w->mark;
}

static void skip_blanks(struct walk *w)
{
	size_t n;
	while ((n = blank_at(w, w->at)) > 0)
		w->at += n;
}

static void skip_line(struct walk *w)
{
	while (w->at < w->end && page_break(w->p, w->at) == 0)
		w->at++;
}

/* Over tags and anchors, the opening quote, or a block scalar's header. */
static void skip_front(struct walk *w)
{
	while (w->at < w->end && strchr("&!", w->p->text[w->at])) {
		while (w->at < w->end && blank_at(w, w->at) == 0)
			w->at++;
		skip_blanks(w);
		/* A comment may stand between a tag on its own line and the value. */
		while (w->at < w->end && w->p->text[w->at] == '#') {
			skip_line(w);
			skip_blanks(w);
		}
	}
	if (w->style == '|' || w->style == '>')
		skip_line(w);
	else if (w->style)
		w->at++;
}

static size_t put_utf8(char out[4], unsigned long c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | (c >> 18 & 7));
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Decode the escape at w->at (a backslash): bytes in out, its length in *len. */
static size_t decode_escape(const struct walk *w, char out[4], size_t *len)
{
	static const char from[] = "0abtnvfre \"/\\N_LP\t";
	static const unsigned code[] = {0, 7, 8, 9, 10, 11, 12, 13, 27, ' ', '"', '/',
	    '\\', 0x85, 0xa0, 0x2028, 0x2029, 9};
	size_t digits = 0, left = w->end - w->at;
	const char *s = w->p->text + w->at, *hit;
	char hex[9] = "";
	*len = 2;
	if (left < 2 || !s[1])
		return 0;
	if ((hit = strchr(from, s[1])))
		return put_utf8(out, code[hit - from]);
	digits = s[1] == 'x' ? 2 : s[1] == 'u' ? 4 : s[1] == 'U' ? 8 : 0;
	if (digits == 0 || left < 2 + digits)
		return 0;
	memcpy(hex, s + 2, digits);
	*len += digits;
	return put_utf8(out, strtoul(hex, NULL, 16));
}

static bool blank_fits(const struct walk *w, char value)
{
	char c = w->p->text[w->at];
	bool is_break = c != ' ' && c != '\t';
	return value == '\t'   ? c == '\t'
	       : value == '\n' ? is_break
			       : is_break || c == ' ';
}

/* A backslash at the end of a line: the bytes to the text of the next one, else 0. */
static size_t joined_lines(const struct walk *w)
{
	size_t at = w->at + 1, n = blank_at(w, at);
	if (n == 0 || page_break(w->p, at) == 0)
		return 0;
	for (at += n; (n = blank_at(w, at)) > 0;)
		at += n;
	return at - w->at;
}

/*
 * Move w->at to what gave value[0..]; the number of value's bytes that it gave and the
 * length in the source, or 0.
 */
static size_t find_source(struct walk *w, const char *value, size_t *len)
{
	for (; w->at < w->end; w->at += *len) {
		char c = w->p->text[w->at], out[4];
		size_t n = blank_at(w, w->at);
		*len = n;
		if (n > 0 && is_blank(*value) && blank_fits(w, *value))
			return 1;
		if (n > 0)
			continue;
		*len = c == '\'' && w->style == '\'' ? 2 : 1;
		if (c != '\\' || w->style != '"')
			return c == *value ? 1 : 0;
		*len = joined_lines(w);
		if (*len > 0)
			continue;
		n = decode_escape(w, out, len);
		return n > 0 && strncmp(value, out, n) == 0 ? n : 0;
	}
	return 0;
}

static bool at_the_end(struct walk *w)
{
	size_t n;
	skip_blanks(w);
	while (w->style == '"' && w->at < w->end && w->p->text[w->at] == '\\' &&
	       (n = joined_lines(w)) > 0)
		w->at += n;
	if (w->style == '\'' || w->style == '"')
		return w->at + 1 == w->end;
	/* A block scalar may be followed by comments of the level above. */
	return w->at == w->end || w->p->text[w->at] == '#';
}

const struct mark *place_map(struct page *p, struct node *n)
{
	size_t length = strlen(n->text), i = 0, len = 0, given;
	struct walk w = {.p = p, .mark = n->mark, .style = n->style};
	struct mark *map;
	if (n->map)
		return n->map;
	w.at = w.marked = page_offset(p, n->start);
	w.end = page_offset(p, n->end);
	map = arena_array(p->a, length + 1, sizeof(*map));
	skip_front(&w);
	while (i < length) {
		given = find_source(&w, n->text + i, &len);
		if (given == 0)
			return NULL;
		for (; given > 0 && i < length; given--)
			map[i++] = mark_here(&w);
		w.at += len;
	}
	map[length] = mark_here(&w);
	if (!at_the_end(&w))
		return NULL;
	n->map = map;
	return map;
}
