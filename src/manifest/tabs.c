/* SPDX-License-Identifier: MIT */
#include "manifest/tabs.h"

static void warn_tab(struct page *p, size_t at)
{
	struct diag *d = page_warn(p, page_mark(p, at),
	    "a tab outside of quotes, where mlflow cannot read the file");
	page_hint(p, d, "use spaces");
}

static size_t skip_comment(const struct page *p, size_t at)
{
	while (at < p->n && page_break(p, at) == 0)
		at++;
	return at;
}

/* '#' starts a comment at the start of a line and after a blank. */
static bool starts_comment(const struct page *p, size_t at)
{
	char before = at > 0 ? p->text[at - 1] : '\n';
	return p->text[at] == '#' && strchr(" \t\n\r", before);
}

/* One warning a line is enough.  Returns where the scan stopped, at or after `end`. */
static size_t scan(struct page *p, size_t at, size_t end)
{
	while (at < end) {
		if (starts_comment(p, at)) {
			at = skip_comment(p, at);
		} else if (p->text[at] == '\t') {
			warn_tab(p, at);
			at = skip_comment(p, at);
		} else {
			at++;
		}
	}
	return at;
}

void tabs_warn(struct page *p, const struct span *quoted, size_t n)
{
	size_t at = 0;
	if (!memchr(p->text, '\t', p->n))
		return;
	for (size_t i = 0; i < n; i++) {
		size_t end = page_offset(p, quoted[i].end);
		at = scan(p, at, page_offset(p, quoted[i].start));
		at = at > end ? at : end;
	}
	scan(p, at, p->n);
}
