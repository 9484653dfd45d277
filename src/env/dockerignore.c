/* SPDX-License-Identifier: MIT */
#include "env/dockerignore.h"

#include "base/path.h"
#include "base/utf8.h"

enum { PATH_LONGEST = 4096 };

/* How far into the path a part of the pattern may have got: at[i], i bytes. */
struct reach {
	bool at[PATH_LONGEST + 1]; /* n + 1 of them are used */
	size_t n;		   /* length of the path */
};

static void reach_nothing(struct reach *r, size_t n)
{
	r->n = n;
	memset(r->at, 0, (n + 1) * sizeof(*r->at));
}

static size_t char_len(const char *s, size_t n)
{
	size_t len = utf8_char_len(s, n);
	return len ? len : 1;
}

static uint32_t char_at(const char *s, size_t len)
{
	return len == 1 ? (unsigned char)*s : utf8_decode(s, len);
}

/* One character of a class, which a backslash may precede; NULL: there is none. */
static const char *class_char(const char *p, uint32_t *c)
{
	size_t len;
	if (*p == '\\')
		p++;
	if (!*p)
		return NULL;
	len = char_len(p, strlen(p));
	*c = char_at(p, len);
	return p + len;
}

/* The class at p ('['): does c belong to it?  Returns what is behind it; NULL: no end. */
static const char *class_has(const char *p, uint32_t c, bool *yes)
{
	bool negated = *++p == '^', found = false;
	if (negated)
		p++;
	for (bool first = true; first || *p != ']'; first = false) {
		uint32_t low, high;
		if (first && *p == ']')
			return NULL;
		p = class_char(p, &low);
		if (!p)
			return NULL;
		high = low;
		if (*p == '-' && !(p = class_char(p + 1, &high)))
			return NULL;
		found = found || (low <= c && c <= high);
	}
	*yes = found != negated;
	return p + 1;
}

/* Each of these takes the reach over one element of the pattern. */

static void pass_literal(struct reach *r, const char *s, char c)
{
	for (size_t i = r->n; i-- > 0;)
		r->at[i + 1] = r->at[i] && s[i] == c;
	r->at[0] = false;
}

/* p is '?' or a class. */
static void pass_one(struct reach *r, const char *s, const char *p)
{
	struct reach to;
	reach_nothing(&to, r->n);
	for (size_t i = 0; i < r->n; i++) {
		size_t len = char_len(s + i, r->n - i);
		bool yes = s[i] != '/';
		if (!r->at[i])
			continue;
		if (*p == '[')
			class_has(p, char_at(s + i, len), &yes);
		to.at[i + len] = yes;
	}
	memcpy(r->at, to.at, (r->n + 1) * sizeof(*r->at));
}

static void pass_star(struct reach *r, const char *s)
{
	for (size_t i = 0; i < r->n; i++)
		r->at[i + 1] = r->at[i + 1] || (r->at[i] && s[i] != '/');
}

/* At the end of a pattern it stands for anything, else for any directories. */
static void pass_any(struct reach *r, const char *s, bool at_end)
{
	bool begun = false;
	for (size_t i = 0; i <= r->n; i++) {
		begun = begun || r->at[i];
		if (begun && (at_end || (i && s[i - 1] == '/')))
			r->at[i] = true;
	}
}

static const char *pass(struct reach *r, const char *s, const char *p)
{
	bool ignored;
	switch (*p) {
	case '*':
		if (p[1] != '*') {
			pass_star(r, s);
			return p + 1;
		}
		p += p[2] == '/' ? 3 : 2;
		pass_any(r, s, !*p);
		return p;
	case '?':
		pass_one(r, s, p);
		return p + 1;
	case '[':
		pass_one(r, s, p);
		return class_has(p, 0, &ignored);
	case '\\':
		if (p[1])
			p++;
		break;
	}
	pass_literal(r, s, *p);
	return p + 1;
}

static bool rule_applies(const struct ignore_rule *rule, const char *path, size_t n)
{
	struct reach r;
	const char *p = rule->pattern + rule->literal;
	if (strncmp(rule->pattern, path, rule->literal) != 0)
		return false;
	if (!*p)
		return !path[rule->literal];
	reach_nothing(&r, n);
	r.at[rule->literal] = true;
	while (*p)
		p = pass(&r, path, p);
	return r.at[n];
}

bool ignore_match(const struct ignore *ig, const char *path, const bool *above, bool *own)
{
	bool ignored = false;
	size_t n = strlen(path);
	for (size_t i = 0; i < ig->n; i++) {
		own[i] = (above && above[i]) ||
			 (n <= PATH_LONGEST && rule_applies(&ig->v[i], path, n));
		if (own[i])
			ignored = !ig->v[i].takes_back;
	}
	return ignored;
}

static void add_rule(
    struct arena *a, struct ignore *ig, const char *pattern, bool takes_back)
{
	ARENA_GROW(a, ig->v, ig->n);
	ig->v[ig->n++] =
	    (struct ignore_rule){pattern, strcspn(pattern, "*?[\\"), takes_back};
	ig->takes_back = ig->takes_back || takes_back;
}

void ignore_add_path(struct arena *a, struct ignore *ig, const char *path)
{
	auto_buf pattern = BUF_INIT;
	for (; *path; path++) {
		if (strchr("*?[\\", *path))
			buf_addc(&pattern, '\\');
		buf_addc(&pattern, *path);
	}
	add_rule(a, ig, arena_strdup(a, pattern.s), false);
}

static bool is_well_formed(const char *p)
{
	bool ignored;
	while (*p) {
		if (*p == '\\' && p[1])
			p++;
		if (*p == '[')
			p = class_has(p, 0, &ignored);
		else
			p++;
		if (!p)
			return false;
	}
	return true;
}

/* Go's strings.TrimSpace, for what a file of rules may hold. */
static char *trim(char *s)
{
	size_t n;
	s += strspn(s, " \t\r\v\f");
	n = strlen(s);
	while (n && strchr(" \t\r\v\f", s[n - 1]))
		s[--n] = '\0';
	return s;
}

static int add_line(struct arena *a, struct ignore *ig, char *line, const char *file,
    int number, struct err *err)
{
	bool takes_back;
	char *p = trim(line);
	if (*line == '#' || !*p)
		return 0;
	takes_back = *p == '!';
	if (takes_back)
		p = trim(p + 1);
	if (!*p) {
		err_set(err, ERR_FAIL, "%s, line %d: '!' is followed by nothing", file,
		    number);
		return err_hint(err, "write what is to be taken back, or remove it");
	}
	if (!is_well_formed(p)) {
		err_set(
		    err, ERR_FAIL, "%s, line %d: '%s' is no pattern", file, number, p);
		return err_hint(err, "'[' begins a set of characters, which ']' must "
				     "end; \\[ is the character");
	}
	/* what lies above the project is not in it: nothing to ignore */
	if (strcmp(p, "..") == 0 || strncmp(p, "../", 3) == 0)
		return 0;
	p = path_abs(a, "/", p) + 1;
	if (*p)
		add_rule(a, ig, p, takes_back);
	return 0;
}

int ignore_add(struct arena *a, struct ignore *ig, const char *text, size_t n,
    const char *file, struct err *err)
{
	char *at = arena_strndup(a, text, n), *line;
	if (strlen(at) != n)
		return err_set(err, ERR_FAIL, "%s: there is a NUL byte in it", file);
	if (strncmp(at, "\xef\xbb\xbf", 3) == 0)
		at += 3;
	for (int number = 1; (line = strsep(&at, "\n")); number++)
		if (add_line(a, ig, line, file, number, err) < 0)
			return -1;
	return 0;
}
