/* SPDX-License-Identifier: MIT */
#include "plan/template.h"

#include <stdint.h>

#include "base/utf8.h"
#include "plan/strformat.h"

/* One expansion: the whole text, and where to send what. */
struct expansion {
	const char *text;
	template_lookup *lookup;
	void *arg;
	struct template_error *te;
};

/* A replacement field, as offsets into the text: {name accessors ! conversion : spec}. */
struct field {
	size_t start;	       /* of the { */
	size_t name, name_end; /* up to the first . or [ */
	size_t access_end;     /* the whole field name */
	char conversion;       /* r, s, a, or 0 */
	size_t spec, spec_end; /* after the colon */
	bool spec_nested;
	size_t end; /* after the } */
};

static int fail(struct expansion *x, size_t offset, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int fail(struct expansion *x, size_t offset, const char *fmt, ...)
{
	va_list ap;
	x->te->offset = offset;
	x->te->name[0] = x->te->hint[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(x->te->message, sizeof(x->te->message), fmt, ap);
	va_end(ap);
	return -1;
}

static int hint(struct expansion *x, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int hint(struct expansion *x, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(x->te->hint, sizeof(x->te->hint), fmt, ap);
	va_end(ap);
	return -1;
}

/* The field name ends at !, : or }, but not inside [...]. */
static int scan_name(struct expansion *x, struct field *f, size_t i)
{
	const char *s = x->text;
	bool in_brackets = false;
	f->name = i;
	f->name_end = SIZE_MAX;
	for (; s[i]; i++) {
		if (s[i] == '{') {
			fail(x, i, "unexpected '{' in a field name");
			return hint(x, "write {{ for a brace that is meant as such");
		}
		if ((s[i] == '.' || s[i] == '[') && f->name_end == SIZE_MAX)
			f->name_end = i;
		if (s[i] == '[')
			in_brackets = true;
		else if (s[i] == ']')
			in_brackets = false;
		else if (!in_brackets && strchr("!:}", s[i]))
			break;
	}
	if (!s[i]) {
		fail(x, f->start, "'{' without its '}'");
		return hint(x, "write {{ for a brace that is meant as such");
	}
	f->access_end = i;
	if (f->name_end == SIZE_MAX)
		f->name_end = i;
	return 0;
}

static int scan_conversion(struct expansion *x, struct field *f, size_t *i)
{
	const char *s = x->text;
	if (s[*i] != '!')
		return 0;
	f->conversion = s[*i + 1];
	if (!f->conversion || !strchr("rsa", f->conversion)) {
		fail(x, *i, "unknown conversion after '!'");
		return hint(x, "only !r, !s and !a exist");
	}
	*i += 2;
	if (s[*i] != ':' && s[*i] != '}')
		return fail(x, *i, "expected ':' or '}' after the conversion");
	return 0;
}

static int scan_spec(struct expansion *x, struct field *f, size_t i)
{
	const char *s = x->text;
	int depth = 1;
	f->spec = f->spec_end = i;
	if (s[i] == ':') {
		for (f->spec = ++i; s[i]; i++) {
			if (s[i] == '{') {
				f->spec_nested = true;
				depth++;
			} else if (s[i] == '}' && --depth == 0) {
				break;
			}
		}
		if (!s[i])
			return fail(
			    x, f->start, "unmatched '{' in a format specification");
		f->spec_end = i;
	}
	f->end = i + 1;
	return 0;
}

static int scan_field(struct expansion *x, size_t start, struct field *f)
{
	size_t i;
	memset(f, 0, sizeof(*f));
	f->start = start;
	if (scan_name(x, f, start + 1) < 0)
		return -1;
	i = f->access_end;
	if (scan_conversion(x, f, &i) < 0)
		return -1;
	return scan_spec(x, f, i);
}

static bool all_digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

static int unknown_name(struct expansion *x, const struct field *f)
{
	const char *name = x->text + f->name;
	int n = (int)(f->name_end - f->name);
	if (n == 0) {
		fail(x, f->start, "'{}' names no parameter");
		return hint(x, "write {{}} for two braces");
	}
	if (all_digits(name, (size_t)n)) {
		fail(x, f->start, "'{%.*s}' is a positional field; parameters have names",
		    n, name);
		return hint(
		    x, "write {{%.*s}} for braces that are meant as such", n, name);
	}
	fail(x, f->start, "no parameter is called '%.*s'", n, name);
	snprintf(x->te->name, sizeof(x->te->name), "%.*s", n, name);
	if (f->start > 0 && x->text[f->start - 1] == '$')
		return hint(x, "write ${{%.*s}} for a shell variable", n, name);
	return hint(x,
	    "declare it under `parameters`, or write {{%.*s}} if the braces are "
	    "meant for the shell",
	    n, name);
}

/* The length of an "[index]" at s, of n bytes, or 0. */
static size_t scan_index(const char *s, size_t n, size_t *index)
{
	size_t i = 1;
	*index = 0;
	if (n < 3 || s[0] != '[')
		return 0;
	for (; i < n && s[i] >= '0' && s[i] <= '9'; i++)
		*index =
		    *index < TEMPLATE_MAX ? *index * 10 + (size_t)(s[i] - '0') : *index;
	return i > 1 && i < n && s[i] == ']' ? i + 1 : 0;
}

/* "{a[0]}" is the first character, as for any Python string; nothing else is offered. */
static int apply_access(struct expansion *x, const struct field *f, struct buf *value)
{
	const char *s = x->text + f->name_end, *end = x->text + f->access_end;
	size_t len, index, from;
	for (; s < end; s += len) {
		len = scan_index(s, (size_t)(end - s), &index);
		if (len == 0) {
			fail(x, (size_t)(s - x->text),
			    "'%.*s' cannot be applied to a parameter", (int)(end - s), s);
			return hint(x, "a parameter is text: only {name}, {name!r}, "
				       "{name:spec} and {name[0]} make sense");
		}
		if (index >= utf8_length(value->s))
			return fail(
			    x, (size_t)(s - x->text), "string index out of range");
		from = utf8_prefix(value->s, index);
		index = utf8_prefix(value->s + from, 1);
		memmove(value->s, value->s + from, index);
		buf_cut(value, index);
	}
	return 0;
}

static int expand_range(
    struct expansion *x, size_t from, size_t to, int depth, struct buf *out);

static int expand_field(
    struct expansion *x, const struct field *f, int depth, struct buf *out)
{
	auto_buf value = BUF_INIT;
	auto_buf spec = BUF_INIT;
	char why[256];
	const char *text = x->lookup(x->arg, x->text + f->name, f->name_end - f->name);
	if (!text)
		return unknown_name(x, f);
	buf_adds(&value, text);
	if (apply_access(x, f, &value) < 0)
		return -1;
	strformat_convert(f->conversion, &value);
	if (!f->spec_nested)
		buf_add(&spec, x->text + f->spec, f->spec_end - f->spec);
	else if (depth >= 1)
		return fail(x, f->spec, "format specifications are nested too deeply");
	else if (expand_range(x, f->spec, f->spec_end, depth + 1, &spec) < 0)
		return -1;
	if (strformat_apply(spec.s, value.s, out, why, sizeof(why)) < 0) {
		fail(x, f->spec, "%s", why);
		return hint(x, "write {{ and }} for braces that are meant for the shell");
	}
	return 0;
}

static int expand_brace(
    struct expansion *x, size_t *i, size_t to, int depth, struct buf *out)
{
	const char *s = x->text;
	struct field f;
	if (*i + 1 < to && s[*i + 1] == s[*i]) {
		buf_addc(out, s[*i]);
		*i += 2;
		return 0;
	}
	if (s[*i] == '}') {
		fail(x, *i, "single '}' in the command");
		return hint(x, "write }} for a brace that is meant as such");
	}
	if (*i + 1 >= to) {
		fail(x, *i, "single '{' in the command");
		return hint(x, "write {{ for a brace that is meant as such");
	}
	if (scan_field(x, *i, &f) < 0 || expand_field(x, &f, depth, out) < 0)
		return -1;
	*i = f.end;
	return 0;
}

static int expand_range(
    struct expansion *x, size_t from, size_t to, int depth, struct buf *out)
{
	size_t i = from;
	while (i < to) {
		size_t n = strcspn(x->text + i, "{}");
		if (n > to - i)
			n = to - i;
		buf_add(out, x->text + i, n);
		i += n;
		if (i < to && expand_brace(x, &i, to, depth, out) < 0)
			return -1;
		if (out->len > TEMPLATE_MAX)
			return fail(
			    x, i < to ? i : from, "the expanded command is too long");
	}
	return 0;
}

int template_expand(const char *text, template_lookup *lookup, void *arg, struct buf *out,
    struct template_error *te)
{
	struct expansion x = {text, lookup, arg, te};
	return expand_range(&x, 0, strlen(text), 0, out);
}
