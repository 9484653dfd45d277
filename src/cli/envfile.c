/* SPDX-License-Identifier: MIT */
/* envfile.c -- dotenv files, as python-dotenv reads them (without variable expansion). */
#include <ctype.h>

#include "base/file.h"
#include "cli/runopts.h"

enum { ENV_FILE_MAX = 1 << 20 };

static bool is_name_char(char c, bool first)
{
	return isalpha((unsigned char)c) || c == '_' ||
	       (!first && isdigit((unsigned char)c));
}

static const char *skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

/* In double quotes \n, \t, \\, \" and the like are escapes; in single ones \\ and \'. */
static const char *quoted_value(const char *s, struct buf *out)
{
	char quote = *s++;
	for (; *s && *s != quote; s++) {
		if (*s == '\\' && (s[1] == quote || s[1] == '\\'))
			buf_addc(out, *++s);
		else if (*s == '\\' && quote == '"' && (s[1] == 'n' || s[1] == 't'))
			buf_addc(out, *++s == 'n' ? '\n' : '\t');
		else
			buf_addc(out, *s);
	}
	return *s ? s + 1 : NULL;
}

/* Up to the line's end or a # behind white space, without trailing blanks. */
static const char *plain_value(const char *s, struct buf *out)
{
	const char *start = s;
	size_t n;
	while (*s && *s != '\n' &&
	       !(*s == '#' && s > start && (s[-1] == ' ' || s[-1] == '\t')))
		s++;
	n = (size_t)(s - start);
	while (n > 0 && isspace((unsigned char)start[n - 1]))
		n--;
	buf_add(out, start, n);
	return s + strcspn(s, "\n");
}

static int bad_line(const char *path, int line, const char *what, struct err *err)
{
	return err_set(err, ERR_USAGE, "--env-file: %s:%d: %s", path, line, what);
}

/* One assignment at *s; *s moves to the end of its last line. */
static int parse_line(const char *path, int line, const char **s, struct err *err)
{
	auto_buf name = BUF_INIT;
	auto_buf value = BUF_INIT;
	const char *p = *s;
	if (strncmp(p, "export ", 7) == 0)
		p = skip_blanks(p + 7);
	while (is_name_char(*p, name.len == 0))
		buf_addc(&name, *p++);
	p = skip_blanks(p);
	if (name.len == 0)
		return bad_line(path, line, "not of the form NAME=value", err);
	if (*p == '\n' || *p == '\0') { /* a bare name sets nothing */
		*s = p;
		return 0;
	}
	if (*p != '=')
		return bad_line(path, line, "not of the form NAME=value", err);
	p = skip_blanks(p + 1);
	p = *p == '"' || *p == '\'' ? quoted_value(p, &value) : plain_value(p, &value);
	if (!p)
		return bad_line(path, line, "a quote is never closed", err);
	setenv(name.s, value.s, 0);
	*s = p + strcspn(p, "\n");
	return 0;
}

static int count_lines(const char *from, const char *to)
{
	int n = 0;
	while (from < to)
		n += *from++ == '\n';
	return n;
}

int env_file_load(const char *path, struct err *err)
{
	auto_buf text = BUF_INIT;
	const char *s, *start;
	int line = 1;
	if (!path_exists(path))
		return err_set(err, ERR_USAGE,
		    "Invalid value for '--env-file': Environment file '%s' does not "
		    "exist.",
		    path);
	if (file_read(path, ENV_FILE_MAX, &text, err) < 0) {
		err->code = ERR_USAGE;
		return err_wrap(err, "--env-file");
	}
	for (s = start = text.s; *s; line += count_lines(start, s), start = s) {
		s += strspn(s, " \t\r\n");
		if (*s == '#')
			s += strcspn(s, "\n");
		else if (*s &&
			 parse_line(path, line + count_lines(start, s), &s, err) < 0)
			return -1;
	}
	return 0;
}
