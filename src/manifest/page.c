/* SPDX-License-Identifier: MIT */
#include "manifest/page.h"

#include <stdarg.h>

#include "base/alloc.h"
#include "base/utf8.h"

enum { STEP = 1024, CLIP = 60 };

size_t page_break(const struct page *p, size_t offset)
{
	const char *s = p->text + offset;
	size_t left = p->n - offset;
	if (left >= 2 && s[0] == '\r' && s[1] == '\n')
		return 2;
	if (left >= 1 && (s[0] == '\n' || s[0] == '\r'))
		return 1;
	if (left >= 2 && memcmp(s, "\xc2\x85", 2) == 0)
		return 2;
	if (left >= 3 &&
	    (memcmp(s, "\xe2\x80\xa8", 3) == 0 || memcmp(s, "\xe2\x80\xa9", 3) == 0))
		return 3;
	return 0;
}

static size_t char_at(const struct page *p, size_t i)
{
	size_t len = utf8_char_len(p->text + i, p->n - i);
	return len ? len : 1;
}

static void index_lines(struct page *p)
{
	size_t count = 1, i, k = 0;
	for (i = 0; i < p->n; i += k ? k : 1)
		count += (k = page_break(p, i)) > 0;
	p->starts = arena_array(p->a, count + 1, sizeof(*p->starts));
	p->lines = arena_array(p->a, count, sizeof(*p->lines));
	for (i = 0; i < p->n; i += k ? k : 1)
		if ((k = page_break(p, i)) > 0)
			p->starts[++p->nlines] = i + k;
	p->starts[++p->nlines] = p->n;
}

static void index_characters(struct page *p)
{
	size_t chars = 0;
	p->steps = arena_array(p->a, p->n / STEP + 1, sizeof(*p->steps));
	for (size_t i = 0; i < p->n; i += char_at(p, i), chars++)
		if (chars % STEP == 0)
			p->steps[chars / STEP] = i;
}

void page_init(struct page *p, struct arena *a, const char *file, const char *text,
    size_t n, struct diags *ds)
{
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		n -= 3;
	}
	*p = (struct page){
	    .a = a, .ds = ds, .file = arena_strdup(a, file), .text = text, .n = n};
	p->first = ds->n;
	index_lines(p);
	index_characters(p);
}

const char *page_line(struct page *p, int line)
{
	size_t i = (size_t)line - 1, from, to;
	if (line < 1 || i >= p->nlines)
		return NULL;
	if (p->lines[i])
		return p->lines[i];
	from = p->starts[i];
	to = from;
	while (to < p->starts[i + 1] && page_break(p, to) == 0)
		to++;
	p->lines[i] = arena_strndup(p->a, p->text + from, to - from);
	return p->lines[i];
}

struct mark page_mark(const struct page *p, size_t offset)
{
	struct mark m = {.column = 1};
	size_t low = 0, high = p->nlines - 1;
	while (low < high) {
		size_t middle = (low + high + 1) / 2;
		if (p->starts[middle] <= offset)
			low = middle;
		else
			high = middle - 1;
	}
	m.line = (int)low + 1;
	for (size_t i = p->starts[low]; i < offset; i += char_at(p, i))
		m.column++;
	return m;
}

size_t page_offset(const struct page *p, size_t character)
{
	size_t i, chars;
	if (character >= p->n)
		return p->n;
	i = p->steps[character / STEP];
	if (i == 0 && character >= STEP)
		return p->n;
	for (chars = character % STEP; chars > 0 && i < p->n; chars--)
		i += char_at(p, i);
	return i;
}

static struct diag *report_one_more(struct page *p, enum diag_level level)
{
	if (p->told[level]++ == PAGE_MAX_REPORTS)
		diag_add(p->ds, level, p->file, 0, 0, "only the first %d %ss are told",
		    PAGE_MAX_REPORTS, level == DIAG_ERROR ? "error" : "warning");
	return &p->spare;
}

static struct diag *report(struct page *p, enum diag_level level, struct mark at,
    const char *fmt, va_list ap) __attribute__((format(printf, 4, 0)));

static struct diag *report(
    struct page *p, enum diag_level level, struct mark at, const char *fmt, va_list ap)
{
	auto_buf text = BUF_INIT;
	struct diag *d;
	if (p->told[level] >= PAGE_MAX_REPORTS)
		return report_one_more(p, level);
	p->told[level]++;
	buf_addv(&text, fmt, ap);
	d = diag_add(p->ds, level, p->file, at.line, at.column, "%s", text.s);
	d->source = page_line(p, at.line);
	return d;
}

struct diag *page_error(struct page *p, struct mark at, const char *fmt, ...)
{
	va_list ap;
	struct diag *d;
	va_start(ap, fmt);
	d = report(p, DIAG_ERROR, at, fmt, ap);
	va_end(ap);
	return d;
}

struct diag *page_warn(struct page *p, struct mark at, const char *fmt, ...)
{
	va_list ap;
	struct diag *d;
	va_start(ap, fmt);
	d = report(p, DIAG_WARNING, at, fmt, ap);
	va_end(ap);
	return d;
}

void page_hint(struct page *p, struct diag *d, const char *fmt, ...)
{
	auto_buf text = BUF_INIT;
	va_list ap;
	if (d == &p->spare)
		return;
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	diag_set_hint(p->ds, d, "%s", text.s);
}

static bool stands_after(const struct diag *a, const struct diag *b)
{
	return a->line > b->line || (a->line == b->line && a->column > b->column);
}

void page_sort(struct page *p)
{
	struct diag *v = p->ds->v;
	/* Few by construction, and equal places must keep their order. */
	for (size_t i = p->first + 1; i < p->ds->n; i++) {
		struct diag d = v[i];
		size_t j = i;
		for (; j > p->first && stands_after(&v[j - 1], &d); j--)
			v[j] = v[j - 1];
		v[j] = d;
	}
}

const char *page_clip(struct page *p, const char *word)
{
	size_t n = utf8_prefix(word, CLIP);
	if (!word[n])
		return word;
	return arena_printf(p->a, "%.*s...", (int)n, word);
}
