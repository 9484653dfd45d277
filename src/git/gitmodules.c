/* SPDX-License-Identifier: MIT */
#include "git/gitmodules.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

struct parser {
	struct arena *a;
	const char *s, *end;
	int line, began; /* what is being read began in that line */
	const char
	    *section; /* the submodule that is spoken of, or NULL: something else */
	struct gitmodules *out;
	struct err *err;
};

static int broken(const struct parser *p)
{
	return err_set(
	    p->err, ERR_FAIL, "line %d of .gitmodules cannot be understood", p->began);
}

/* The next character, "\r\n" as one newline; -1 at the end. */
static int next(struct parser *p)
{
	if (p->s == p->end)
		return -1;
	if (*p->s == '\r' && p->s + 1 < p->end && p->s[1] == '\n')
		p->s++;
	if (*p->s == '\n')
		p->line++;
	return (unsigned char)*p->s++;
}

static int peek(const struct parser *p)
{
	return p->s < p->end ? (unsigned char)*p->s : -1;
}

static void skip_line(struct parser *p)
{
	for (int c = next(p); c >= 0 && c != '\n';)
		c = next(p);
}

static void skip_blanks(struct parser *p)
{
	while (p->s < p->end && (*p->s == ' ' || *p->s == '\t' || *p->s == '\r') &&
	       !(*p->s == '\r' && p->s + 1 < p->end && p->s[1] == '\n'))
		p->s++;
}

/* Behind the opening quote of a section's second name. */
static int take_subsection(struct parser *p, struct buf *out)
{
	int c;
	while ((c = next(p)) != '"') {
		if (c == '\\')
			c = next(p);
		if (c < 0 || c == '\n')
			return broken(p);
		buf_addc(out, (char)c);
	}
	return 0;
}

/* Behind "[". */
static int take_section(struct parser *p)
{
	auto_buf name = BUF_INIT, sub = BUF_INIT;
	bool has_sub;
	while (isalnum(peek(p)) || peek(p) == '.' || peek(p) == '-')
		buf_addc(&name, (char)tolower(next(p)));
	skip_blanks(p);
	has_sub = peek(p) == '"';
	if (has_sub && next(p) >= 0 && take_subsection(p, &sub) < 0)
		return -1;
	if (name.len == 0 || next(p) != ']')
		return broken(p);
	p->section = has_sub && strcmp(name.s, "submodule") == 0
			 ? arena_strndup(p->a, sub.s, sub.len)
			 : NULL;
	return 0;
}

static int take_escape(struct parser *p, struct buf *out)
{
	static const char from[] = "ntb\"\\", to[] = "\n\t\b\"\\";
	int c = next(p);
	const char *at = c > 0 ? strchr(from, c) : NULL;
	if (c == '\n')
		return 0;
	if (!at)
		return broken(p);
	buf_addc(out, to[at - from]);
	return 0;
}

/* Behind "=": up to the end of the line, blanks at both ends left out. */
static int take_value(struct parser *p, struct buf *out)
{
	bool quoted = false;
	size_t keep = 0;
	int c;
	skip_blanks(p);
	while ((c = next(p)) >= 0 && (c != '\n' || quoted)) {
		if (c == '\n')
			return broken(p);
		if (!quoted && (c == '#' || c == ';')) {
			skip_line(p);
			break;
		}
		if (c == '\\') {
			if (take_escape(p, out) < 0)
				return -1;
			keep = out->len;
			continue;
		}
		if (c == '"')
			quoted = !quoted;
		else
			buf_addc(out, (char)c);
		if (quoted || !isspace(c))
			keep = out->len;
	}
	buf_cut(out, keep);
	return quoted ? broken(p) : 0;
}

static struct gitmodule *entry(struct parser *p)
{
	struct gitmodules *o = p->out;
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->v[i].name, p->section) == 0)
			return &o->v[i];
	if (o->n == GITMODULES_ENTRIES) {
		err_set(p->err, ERR_FAIL, ".gitmodules has more than %d submodules",
		    GITMODULES_ENTRIES);
		return NULL;
	}
	ARENA_GROW(p->a, o->v, o->n);
	o->v[o->n] = (struct gitmodule){.name = p->section};
	return &o->v[o->n++];
}

static const char *without_slash(struct arena *a, const struct buf *text)
{
	size_t n = text->len;
	while (n > 1 && text->s[n - 1] == '/')
		n--;
	return arena_strndup(a, text->s, n);
}

static int put(struct parser *p, const char *key, const struct buf *value)
{
	struct gitmodule *m = p->section ? entry(p) : NULL;
	const char *text;
	if (!p->section)
		return 0;
	if (!m)
		return -1;
	text = arena_strndup(p->a, value->s, value->len);
	if (strcmp(key, "path") == 0)
		m->path = without_slash(p->a, value);
	else if (strcmp(key, "url") == 0)
		m->url = text;
	else if (strcmp(key, "update") == 0)
		m->update = text;
	return 0;
}

/* "key = value", or the key alone. */
static int take_variable(struct parser *p)
{
	auto_buf key = BUF_INIT, value = BUF_INIT;
	int c;
	while (isalnum(peek(p)) || peek(p) == '-')
		buf_addc(&key, (char)tolower(next(p)));
	skip_blanks(p);
	c = peek(p);
	if (key.len == 0)
		return next(p), broken(p);
	if (c == '=' && next(p) >= 0)
		return take_value(p, &value) < 0 ? -1 : put(p, key.s, &value);
	if (c == '#' || c == ';')
		skip_line(p);
	else if (c >= 0 && c != '\n' && c != '\r')
		return broken(p);
	return 0;
}

static int take_one(struct parser *p)
{
	int c = peek(p);
	p->began = p->line;
	if (isspace(c)) {
		next(p);
		return 0;
	}
	if (c == '#' || c == ';') {
		skip_line(p);
		return 0;
	}
	if (c != '[')
		return take_variable(p);
	next(p);
	return take_section(p);
}

int gitmodules_parse(
    struct arena *a, const char *text, size_t n, struct gitmodules *out, struct err *err)
{
	struct parser p = {.a = a, .s = text, .end = text + n, .line = 1, .out = out};
	p.err = err;
	memset(out, 0, sizeof(*out));
	if (n > GITMODULES_MAX)
		return err_set(
		    err, ERR_FAIL, ".gitmodules is longer than %d bytes", GITMODULES_MAX);
	if (memchr(text, '\0', n))
		return err_set(err, ERR_FAIL, ".gitmodules is no text");
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		p.s += 3;
	while (p.s < p.end)
		if (take_one(&p) < 0)
			return -1;
	return 0;
}

static bool is_git_dir(const char *s, size_t n)
{
	return (n == 4 && strncasecmp(s, ".git", 4) == 0) ||
	       (n == 5 && strncasecmp(s, "git~1", 5) == 0);
}

/* Why a path may not be used, or NULL. */
static const char *fault(const char *path)
{
	if (!*path)
		return "it is empty";
	if (*path == '/' || *path == '\\')
		return "it is absolute";
	for (const char *s = path; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return "it has control characters";
	for (const char *s = path;; s++) {
		size_t n = strcspn(s, "/\\");
		if (n == 0 || (n == 1 && *s == '.') ||
		    (n == 2 && s[0] == '.' && s[1] == '.'))
			return "'.' and '..' are not allowed in it";
		if (is_git_dir(s, n))
			return "it leads into a .git";
		s += n;
		if (!*s)
			return NULL;
	}
}

int gitmodules_check(const struct gitmodule *m, struct err *err)
{
	const char *why = fault(m->name);
	if (why)
		return err_set(err, ERR_FAIL, "the name of submodule '%s' is refused: %s",
		    m->name, why);
	if (!m->path)
		return 0;
	why = *m->path == '-' ? "it looks like an option" : fault(m->path);
	if (!why)
		return 0;
	return err_set(err, ERR_FAIL, "the path '%s' of submodule '%s' is refused: %s",
	    m->path, m->name, why);
}
