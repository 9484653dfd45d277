/* SPDX-License-Identifier: MIT */
/*
 * envfile.c -- dotenv files, as python-dotenv reads them for `mlflow --env-file`: quotes,
 * escapes, comments, ${NAME} and ${NAME:-default}; of a name that comes twice the last.
 * A line that python-dotenv would skip with a warning is an error here.
 */
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/strvec.h"
#include "cli/runopts.h"

enum { ENV_FILE_MAX = 1 << 20, VALUE_MAX_BYTES = 1 << 20 };

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* The character that "\c" stands for between such quotes, or 0. */
static char unescape(char quote, char c)
{
	static const char names[] = "abfnrtv", values[] = "\a\b\f\n\r\t\v";
	const char *p = quote == '"' && c ? strchr(names, c) : NULL;
	if (p)
		return values[p - names];
	return c == '\\' || c == '\'' || (quote == '"' && c == '"') ? c : '\0';
}

/* What follows the closing quote; NULL when there is none. */
static const char *quoted_value(const char *s, struct buf *out)
{
	char quote = *s++, c;
	for (; *s && *s != quote; s++) {
		if (*s == '\\' && (c = unescape(quote, s[1]))) {
			buf_addc(out, c);
			s++;
		} else {
			buf_addc(out, *s);
		}
	}
	return *s ? s + 1 : NULL;
}

/* Up to the line's end or a # behind white space, without trailing blanks. */
static const char *plain_value(const char *s, struct buf *out)
{
	const char *start = s;
	size_t n;
	while (*s && !strchr("\r\n", *s) &&
	       !(*s == '#' && s > start && (s[-1] == ' ' || s[-1] == '\t')))
		s++;
	n = (size_t)(s - start);
	while (n > 0 && strchr(" \t", start[n - 1]))
		n--;
	buf_add(out, start, n);
	return s;
}

static const char *take_name(const char *s, struct buf *out)
{
	size_t n;
	if (*s == '\'') {
		n = strcspn(s + 1, "'\r\n");
		buf_add(out, s + 1, n);
		return s[1 + n] == '\'' ? s + n + 2 : NULL;
	}
	n = strcspn(s, "=# \t\r\n");
	buf_add(out, s, n);
	return n ? s + n : NULL;
}

/* The environment wins over the file. */
static const char *known_value(const struct strvec *file, const char *name)
{
	const char *v = getenv(name);
	return v ? v : strvec_getenv(file, name);
}

/* ${NAME} and ${NAME:-default}, whatever quotes were around them. */
static void expand(const struct strvec *file, const char *s, struct buf *out)
{
	while (*s) {
		size_t n = strncmp(s, "${", 2) == 0 ? strcspn(s + 2, "}:") : 0;
		const char *end =
		    strncmp(s, "${", 2) == 0 ? strchr(s + 2 + n, '}') : NULL;
		bool has_default = end && strncmp(s + 2 + n, ":-", 2) == 0;
		auto_free char *name = NULL;
		const char *value;
		if (!end || (s[2 + n] == ':' && !has_default)) {
			buf_addc(out, *s++);
			continue;
		}
		name = xstrndup(s + 2, n);
		value = known_value(file, name);
		if (value)
			buf_adds(out, value);
		else if (has_default)
			buf_add(out, s + n + 4, (size_t)(end - (s + n + 4)));
		s = end + 1;
	}
}

/* One assignment at *s; *s moves behind it.  NULL, or what is wrong. */
static const char *take_line(struct strvec *file, const char **s)
{
	auto_buf name = BUF_INIT;
	auto_buf raw = BUF_INIT;
	auto_buf value = BUF_MAX(VALUE_MAX_BYTES);
	const char *p = *s;
	if (strncmp(p, "export", 6) == 0 && (p[6] == ' ' || p[6] == '\t'))
		p = skip_blanks(p + 6);
	p = take_name(p, &name);
	p = p ? skip_blanks(p) : NULL;
	if (p && (*p == '#' || strchr("\r\n", *p))) { /* a bare name sets nothing */
		*s = p;
		return NULL;
	}
	if (!p || *p != '=' || name.len == 0)
		return "not of the form NAME=value";
	p = skip_blanks(p + 1);
	p = *p == '"' || *p == '\'' ? quoted_value(p, &raw) : plain_value(p, &raw);
	if (!p)
		return "a quote is never closed";
	*s = p = skip_blanks(p);
	if (*p && !strchr("#\r\n", *p))
		return "something follows the closing quote";
	expand(file, raw.s, &value);
	if (value.full)
		return "the value is too long";
	strvec_setenv(file, name.s, value.s);
	return NULL;
}

static int line_of(const char *start, const char *s)
{
	int n = 1;
	while (start < s)
		n += *start++ == '\n';
	return n;
}

static int parse(const char *path, const char *text, struct strvec *file, struct err *err)
{
	const char *s = text;
	if (strncmp(s, "\xef\xbb\xbf", 3) == 0)
		s += 3;
	for (;;) {
		const char *start, *wrong;
		s += strspn(s, " \t\r\n");
		if (!*s)
			return 0;
		start = s;
		wrong = *s == '#' ? NULL : take_line(file, &s);
		if (wrong)
			return err_set(err, ERR_USAGE, "--env-file: %s:%d: %s", path,
			    line_of(text, start), wrong);
		s += strcspn(s, "\n");
	}
}

int env_file_load(const char *path, struct err *err)
{
	auto_buf text = BUF_INIT;
	auto_strvec file = STRVEC_INIT;
	if (!path_exists(path))
		return err_set(err, ERR_USAGE,
		    "Invalid value for '--env-file': Environment file '%s' does not "
		    "exist.",
		    path);
	if (file_read(path, ENV_FILE_MAX, &text, err) < 0) {
		err->code = ERR_USAGE;
		return err_wrap(err, "--env-file");
	}
	if (strlen(text.s) < text.len)
		return err_set(err, ERR_USAGE, "--env-file: %s:%d: a NUL byte", path,
		    line_of(text.s, text.s + strlen(text.s)));
	if (parse(path, text.s, &file, err) < 0)
		return -1;
	for (size_t i = 0; i < file.n; i++) {
		char *eq = strchr(file.v[i], '=');
		*eq = '\0';
		setenv(file.v[i], eq + 1, 0);
	}
	return 0;
}
