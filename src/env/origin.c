/* SPDX-License-Identifier: MIT */
#include "env/origin.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/path.h"

void origins_add(struct arena *a, struct origins *o, const char *file, int line)
{
	ARENA_GROW(a, o->v, o->n);
	o->v[o->n++] = (struct origin){file, line};
}

/* A mention of the list: [start, end) of what was said. */
struct mention {
	const char *start, *end;
	unsigned long line; /* of the list; 0: none is named */
};

/* From what is sure back to where the path begins. */
static bool find_path(const char *said, const char *path, struct mention *m)
{
	const char *tail = path_base(path), *rest = tail;
	while (rest > path && (rest == tail || rest[-1] != '/'))
		rest--;
	m->start = strstr(said, rest);
	if (!m->start)
		return false;
	m->end = m->start + strlen(rest);
	for (; rest > path && m->start > said && m->start[-1] == rest[-1]; rest--)
		m->start--;
	return true;
}

/* "line 2 of " before it */
static void take_line_before(const char *said, struct mention *m)
{
	static const char of[] = " of ", word[] = "line ";
	const char *s = m->start - (sizeof(of) - 1), *digits;
	if (s < said || strncmp(s, of, sizeof(of) - 1) != 0)
		return;
	for (digits = s; digits > said && isdigit((unsigned char)digits[-1]);)
		digits--;
	if (digits == s || digits - said < (ptrdiff_t)sizeof(word) - 1 ||
	    strncmp(digits - (sizeof(word) - 1), word, sizeof(word) - 1) != 0)
		return;
	m->line = strtoul(digits, NULL, 10);
	m->start = digits - (sizeof(word) - 1);
}

/* `word`, a number and `close` behind it; 0: no. */
static unsigned long take_number(struct mention *m, const char *word, const char *close)
{
	size_t n = strlen(word);
	unsigned long number;
	char *end;
	if (strncmp(m->end, word, n) != 0 || !isdigit((unsigned char)m->end[n]))
		return 0;
	number = strtoul(m->end + n, &end, 10);
	if (strncmp(end, close, strlen(close)) != 0)
		return 0;
	m->end = end + strlen(close);
	return number + 1;
}

static unsigned long line_at(const char *text, unsigned long position)
{
	unsigned long line = 1;
	for (; position > 0 && *text; position--)
		line += *text++ == '\n';
	return line;
}

static void put_mention(
    struct buf *out, const struct origin_list *list, const struct mention *m, char style)
{
	const struct origins *o = list->origins;
	bool known = m->line > 0 && m->line <= o->n;
	const struct origin *from = known ? &o->v[m->line - 1] : NULL;
	const char *file = known ? from->file : list->file;
	if (!known || from->line == 0)
		buf_addf(out, "%s%s", file, style == '`' ? "`" : "");
	else if (style == ':')
		buf_addf(out, "%s:%d", file, from->line);
	else if (style == '(')
		buf_addf(out, "%s (line %d)", file, from->line);
	else if (style == '`')
		buf_addf(out, "%s` (line %d)", file, from->line);
	else
		buf_addf(out, "line %d of %s", from->line, file);
}

/* What is said of the line, and in which words. */
static char take_line(const char *said, const struct origin_list *list, struct mention *m)
{
	unsigned long n;
	if ((n = take_number(m, ":", ""))) {
		m->line = n - 1;
		return ':';
	}
	if ((n = take_number(m, " (line ", ")"))) {
		m->line = n - 1;
		return '(';
	}
	if ((n = take_number(m, "` at position ", ""))) {
		m->line = line_at(list->text, n - 1);
		return '`';
	}
	take_line_before(said, m);
	return 'o';
}

const char *origin_tell(struct arena *a, const struct origin_list *list, const char *said)
{
	auto_buf out = BUF_INIT;
	struct mention m = {.line = 0};
	while (find_path(said, list->path, &m)) {
		char style = take_line(said, list, &m);
		buf_add(&out, said, (size_t)(m.start - said));
		put_mention(&out, list, &m, style);
		said = m.end;
		m.line = 0;
	}
	buf_adds(&out, said);
	return arena_strdup(a, out.s);
}
