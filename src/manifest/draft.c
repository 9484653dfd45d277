/* SPDX-License-Identifier: MIT */
/* draft.c -- a manifest written from what a script says that it takes. */
#include "base/json.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "manifest/argparse.h"

enum { COMMENT_MAX = 80 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "3", "-0.5": what YAML reads as that number and prints as that text again. */
static bool is_plain_number(const char *s)
{
	const char *start;
	s += *s == '-';
	start = s;
	while (is_digit(*s))
		s++;
	if (s == start || s - start > 15 || (*start == '0' && s - start > 1))
		return false;
	if (!*s)
		return true;
	if (strncmp(start, "0.0000", 6) == 0)
		return false;
	if (*s != '.' || !is_digit(s[1]))
		return false;
	s += strspn(s, ".");
	start = s;
	while (is_digit(*s))
		s++;
	return !*s && s - start <= 12 && (s[-1] != '0' || s - start == 1);
}

/* Letters first: neither a number nor a date; and none of YAML's words for something. */
static bool is_plain_word(const char *s)
{
	static const char *const words[] = {"y", "n", "yes", "no", "on", "off", "true",
	    "false", "null", "nan", "inf", NULL};
	for (size_t i = 0; words[i]; i++)
		if (strcasecmp(s, words[i]) == 0)
			return false;
	return ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z')) &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "0123456789_-./")] == '\0';
}

void yaml_put_text(struct buf *out, const char *text)
{
	if (is_plain_word(text)) {
		buf_adds(out, text);
	} else {
		auto_json j = cJSON_CreateString(text);
		json_print(out, j, false);
	}
}

static bool is_int(const char *s)
{
	s += *s == '-' || *s == '+';
	return *s && s[strspn(s, "0123456789")] == '\0';
}

static bool is_float(const char *s)
{
	char *end;
	if (!*s || s[strspn(s, "0123456789+-.eE")] != '\0')
		return false;
	strtod(s, &end);
	return *end == '\0';
}

static const char *type_of(const struct script_arg *arg)
{
	const char *d = arg->default_text;
	if (!arg->metavar)
		return "bool";
	if (d)
		return is_int(d) ? "int" : is_float(d) ? "float" : "string";
	if (strcmp(arg->metavar, "INT") == 0)
		return "int";
	return strcmp(arg->metavar, "FLOAT") == 0 ? "float" : "string";
}

/* What may be left out must say what it then is; a flag that is left out is false. */
static bool is_declared(const struct script_arg *arg)
{
	if (arg->several || (arg->pair && !arg->default_text))
		return false;
	return arg->required || arg->default_text || !arg->metavar;
}

static void put_comment(struct buf *out, const char *indent, const char *text)
{
	auto_buf b = BUF_INIT;
	size_t n;
	if (!*text)
		return;
	quote_display(&b, text, strlen(text));
	n = utf8_prefix(b.s, COMMENT_MAX);
	buf_addf(out, "%s# %.*s%s\n", indent, (int)n, b.s, b.s[n] ? "..." : "");
}

static void put_param(struct buf *out, const struct script_arg *arg)
{
	const char *d = arg->default_text;
	put_comment(out, "      ", arg->help);
	if (arg->metavar && *arg->metavar == '{')
		put_comment(out, "      ", arg->metavar);
	buf_adds(out, "      ");
	yaml_put_text(out, arg->name);
	buf_addf(out, ": {type: %s", type_of(arg));
	if (!arg->metavar) {
		bool on = arg->pair && d && strcmp(d, "True") == 0;
		buf_adds(out, on ? ", default: true" : ", default: false");
	} else if (d) {
		buf_adds(out, ", default: ");
		if (is_plain_number(d))
			buf_adds(out, d);
		else
			yaml_put_text(out, d);
	}
	buf_adds(out, "}\n");
}

/* A word in a command template, where braces are doubled. */
static void put_template_word(struct buf *out, const char *word)
{
	auto_buf q = BUF_INIT;
	quote_shell(&q, word);
	for (const char *s = q.s; *s; s++) {
		buf_addc(out, *s);
		if (*s == '{' || *s == '}')
			buf_addc(out, *s);
	}
}

/* A flag is there or not: the shell looks at the parameter. */
static void put_flag(struct buf *out, const struct script_arg *arg)
{
	auto_buf no = BUF_INIT;
	buf_addf(out, "$([[ {%s} = @([TtYy1]*|[Oo][Nn]) ]] && echo ", arg->name);
	put_template_word(out, arg->flag);
	if (arg->pair) {
		buf_addf(&no, "--no-%s", arg->flag + 2);
		buf_adds(out, " || echo ");
		put_template_word(out, no.s);
	}
	buf_addc(out, ')');
}

/* "--name=", so that a value that begins with - is no option to argparse. */
static void put_word(struct buf *out, const struct script_arg *arg)
{
	buf_adds(out, "      ");
	if (arg->flag && !arg->metavar) {
		put_flag(out, arg);
	} else {
		if (arg->flag) {
			put_template_word(out, arg->flag);
			buf_addc(out, strncmp(arg->flag, "--", 2) == 0 ? '=' : ' ');
		}
		buf_addf(out, "{%s}", arg->name);
	}
	buf_addc(out, '\n');
}

/* mlp appends what is not declared as --name value. */
static bool can_be_passed_on(const struct script_arg *arg)
{
	return arg->flag && arg->metavar && !arg->several &&
	       strncmp(arg->flag, "--", 2) == 0 && strcmp(arg->flag + 2, arg->name) == 0;
}

static void put_undeclared(struct buf *out, const struct script_help *help)
{
	bool told = false;
	for (size_t i = 0; i < help->n; i++) {
		const struct script_arg *arg = &help->args[i];
		if (is_declared(arg))
			continue;
		if (!told)
			buf_adds(out,
			    "    # Also taken by the script, but its help tells "
			    "no default, or it takes several values:\n");
		told = true;
		buf_addf(out, "    #   %s", arg->flag ? arg->flag : arg->shown);
		if (arg->flag && arg->metavar)
			buf_addf(out, " %s", arg->metavar);
		if (arg->several)
			buf_adds(out, " ...");
		if (arg->required)
			buf_adds(out, "   (required: write it into the command)");
		else if (can_be_passed_on(arg))
			buf_addf(out, "   (-P %s=VALUE passes it on)", arg->name);
		buf_addc(out, '\n');
	}
}

void argparse_draft(
    struct buf *out, const char *name, const char *script, const struct script_help *help)
{
	bool any = false;
	buf_adds(out, "name: ");
	yaml_put_text(out, name);
	buf_adds(out, "\n\nentry_points:\n  main:\n");
	for (size_t i = 0; i < help->n; i++) {
		if (!is_declared(&help->args[i]))
			continue;
		buf_adds(out, any ? "" : "    parameters:\n");
		any = true;
		put_param(out, &help->args[i]);
	}
	put_undeclared(out, help);
	buf_adds(out, "    command: >-\n      python3 ");
	put_template_word(out, script);
	buf_addc(out, '\n');
	for (size_t i = 0; i < help->n; i++)
		if (is_declared(&help->args[i]))
			put_word(out, &help->args[i]);
}
