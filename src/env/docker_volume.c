/* SPDX-License-Identifier: MIT */
/*
 * docker_volume.c -- volumes as their authors wrote them for a shell (declared in
 * docker_argv.h).  Nothing is run: what no list of names can answer is an error.
 */
#include <ctype.h>

#include "base/buf.h"
#include "base/path.h"
#include "env/docker_argv.h"

struct expansion {
	const char *text; /* of the manifest, for messages */
	const char *project_dir;
	struct buf out;
};

static int cannot(const struct expansion *x, const char *what, size_t n, struct err *err)
{
	err_set(
	    err, ERR_FAIL, "volume '%s': cannot expand '%.*s'", x->text, (int)n, what);
	return err_hint(err,
	    "$(pwd), ~, $NAME, ${NAME} and ${NAME:-default} can be; no command is run");
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static size_t name_length(const char *s)
{
	size_t n = 0;
	if (isdigit((unsigned char)*s))
		return 0;
	while (is_name(s[n]))
		n++;
	return n;
}

/* The value of a variable; `fallback` (may be NULL) where it is unset or empty. */
static int add_variable(struct expansion *x, const char *name, size_t n,
    const char *fallback, size_t nfallback, struct err *err)
{
	auto_buf word = BUF_INIT;
	const char *value;
	buf_add(&word, name, n);
	value = strcmp(word.s, "PWD") == 0 ? x->project_dir : getenv(word.s);
	if (fallback && (!value || !*value)) {
		buf_add(&x->out, fallback, nfallback);
		return 0;
	}
	if (value) {
		buf_adds(&x->out, value);
		return 0;
	}
	err_set(
	    err, ERR_FAIL, "volume '%s': the variable %s is not set", x->text, word.s);
	return err_hint(err, "set it: %s=... mlp run ...", word.s);
}

/* $(pwd), ${NAME}, ${NAME:-word}, $NAME.  Returns how far it reaches, 0 on failure. */
static size_t expand_dollar(struct expansion *x, const char *s, struct err *err)
{
	const char *name = s + (s[1] == '{' ? 2 : 1), *close = NULL, *rest;
	size_t n;
	if (s[1] == '(') {
		close = strchr(s, ')');
		n = close ? (size_t)(close - s) + 1 : strlen(s);
		if (n != 6 || strncmp(s, "$(pwd)", 6) != 0) {
			cannot(x, s, n, err);
			return 0;
		}
		buf_adds(&x->out, x->project_dir);
		return n;
	}
	n = name_length(name);
	rest = name + n;
	if (s[1] == '{')
		close = strchr(s, '}');
	if (n == 0 || (s[1] == '{' && (!close || (*rest != '}' && *rest != ':')))) {
		cannot(x, s, close ? (size_t)(close - s) + 1 : n + 2, err);
		return 0;
	}
	if (s[1] != '{')
		return add_variable(x, name, n, NULL, 0, err) < 0 ? 0 : n + 1;
	if (*rest == ':' &&
	    (rest[1] != '-' || memchr(rest, '$', (size_t)(close - rest)))) {
		cannot(x, s, (size_t)(close - s) + 1, err);
		return 0;
	}
	if (add_variable(x, name, n, *rest == ':' ? rest + 2 : NULL,
		*rest == ':' ? (size_t)(close - rest - 2) : 0, err) < 0)
		return 0;
	return (size_t)(close - s) + 1;
}

static int expand(struct expansion *x, struct err *err)
{
	const char *s = x->text, *home = getenv("HOME");
	size_t n;
	if (s[0] == '~' && s[1] && s[1] != '/' && s[1] != ':')
		return cannot(x, s, strcspn(s, "/:"), err);
	if (s[0] == '~' && home) {
		buf_adds(&x->out, home);
		s++;
	}
	while (*s) {
		if (s[0] == '\\' && (s[1] == '$' || s[1] == '\\' || s[1] == '`')) {
			buf_addc(&x->out, s[1]);
			s += 2;
		} else if (strncmp(s, "`pwd`", 5) == 0) {
			buf_adds(&x->out, x->project_dir);
			s += 5;
		} else if (*s == '`') {
			n = strcspn(s + 1, "`") + 2;
			return cannot(x, s, n, err);
		} else if (*s == '$' && s[1] && s[1] != ':') {
			n = expand_dollar(x, s, err);
			if (n == 0)
				return -1;
			s += n;
		} else {
			buf_addc(&x->out, *s++);
		}
	}
	return 0;
}

/* "./x", "..", "a/b": not the name of a volume, and docker wants it absolute. */
static bool is_relative_path(const char *s, size_t n)
{
	return n > 0 && s[0] != '/' && (s[0] == '.' || memchr(s, '/', n));
}

const char *docker_volume_expand(struct arena *a, const char *text,
    const char *project_dir, const char **source, struct err *err)
{
	struct expansion x = {text, project_dir, BUF_INIT};
	const char *whole = NULL, *first;
	size_t n;
	*source = NULL;
	if (expand(&x, err) == 0) {
		n = strcspn(x.out.s, ":");
		first = arena_strndup(a, x.out.s, n);
		if (is_relative_path(first, n))
			first = path_abs(a, project_dir, first);
		if (x.out.s[n] == ':' && *first == '/')
			*source = first;
		whole = arena_printf(a, "%s%s", first, x.out.s + n);
	}
	buf_release(&x.out);
	return whole;
}
