/* SPDX-License-Identifier: MIT */
#include "manifest/argparse.h"

#include "base/utf8.h"

struct reader {
	struct arena *a;
	const char *script;
	const char *usage; /* on one line, without "usage: "; NULL: none */
	const char *body;  /* what follows it */
	struct script_help *out;
};

static bool starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static size_t line_length(const char *s)
{
	return strcspn(s, "\n");
}

static const char *next_line(const char *s)
{
	s += line_length(s);
	return *s ? s + 1 : s;
}

static size_t indent_of(const char *line)
{
	return strspn(line, " ");
}

static bool is_blank(const char *line)
{
	return indent_of(line) == line_length(line);
}

/* The end of a word or of one bracketed group: "[--size W H]", "{a,b c}", "--lr". */
static size_t group_length(const char *s)
{
	size_t n = 0;
	int depth = 0;
	for (; s[n]; n++) {
		if (strchr("[({", s[n]))
			depth++;
		else if (depth > 0 && strchr("])}", s[n]))
			depth--;
		else if (s[n] == ' ' && depth == 0)
			break;
	}
	return n;
}

static struct script_arg *find(struct script_help *h, const char *shown, size_t n)
{
	for (size_t i = 0; i < h->n; i++)
		if (strncmp(h->args[i].shown, shown, n) == 0 && !h->args[i].shown[n])
			return &h->args[i];
	return NULL;
}

static struct script_arg *add(struct reader *r)
{
	struct script_help *h = r->out;
	ARENA_GROW(r->a, h->args, h->n);
	memset(&h->args[h->n], 0, sizeof(h->args[h->n]));
	h->args[h->n].name = h->args[h->n].shown = h->args[h->n].help = "";
	return &h->args[h->n++];
}

/* "usage: " and the lines that go on; what follows them is returned. */
static const char *read_usage(struct reader *r, const char *text)
{
	auto_buf b = BUF_INIT;
	const char *at = text;
	while (*at && !starts(at, "usage: "))
		at = next_line(at);
	if (!*at)
		return text;
	at += strlen("usage: ");
	do {
		at += indent_of(at);
		buf_add(&b, at, line_length(at));
		buf_addc(&b, ' ');
		at = next_line(at);
	} while (*at && !is_blank(at));
	r->usage = arena_strdup(r->a, b.s);
	return at;
}

/* Of "--name VALUE", "[VALUE]", "A B": takes a value, and more than one? */
static void take_values(struct reader *r, struct script_arg *arg, const char *s, size_t n)
{
	const char *text = arena_strndup(r->a, s, n);
	size_t first = group_length(text);
	if (n == 0)
		return;
	arg->metavar = arena_strndup(r->a, text, first);
	arg->several = text[first] != '\0' || strstr(text, "...");
}

static bool is_taken(
    const struct reader *r, const char *name, const struct script_arg *by)
{
	for (size_t i = 0; i < r->out->n; i++)
		if (&r->out->args[i] != by && strcmp(r->out->args[i].name, name) == 0)
			return true;
	return false;
}

/* A parameter's name; where the text has hardly a letter for one, a number. */
static void name_it(struct reader *r, struct script_arg *arg, const char *text)
{
	static const char fit[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_-";
	char *name = arena_strdup(r->a, text);
	for (char *s = name; *s; s++)
		if (!strchr(fit, *s))
			*s = '_';
	if (*text == '{' || name[strspn(name, "_-")] == '\0')
		name = arena_printf(r->a, "argument%zu", r->out->n);
	else if (*name >= '0' && *name <= '9')
		name = arena_printf(r->a, "_%s", name);
	while (is_taken(r, name, arg))
		name = arena_printf(r->a, "%s_", name);
	arg->name = name;
}

/* "-l LR, --lr LR" or "-l, --lr LR": one name for it, the first long one. */
static void read_names(struct reader *r, struct script_arg *arg, const char *s, size_t n)
{
	const char *end = s + n;
	while (s < end) {
		size_t word = strcspn(s, " ,"), all = 0;
		const char *flag;
		while (s + all < end &&
		       !(s[all] == ',' && s[all + 1] == ' ' && s[all + 2] == '-'))
			all++;
		word = word > all ? all : word;
		flag = arena_strndup(r->a, s, word);
		arg->shown = *arg->shown ? arg->shown : flag;
		if (starts(flag, "--no-") && arg->flag &&
		    strcmp(flag + 5, arg->flag + 2) == 0)
			arg->pair = true;
		else if (!arg->flag || (starts(flag, "--") && !starts(arg->flag, "--")))
			arg->flag = flag;
		if (word < all)
			take_values(r, arg, s + word + 1, all - word - 1);
		s += all + (s + all < end ? 2 : 0);
	}
	name_it(r, arg, arg->flag + strspn(arg->flag, "-"));
}

/* Cut "(default: x)" out of the help. */
static void read_default(struct reader *r, struct script_arg *arg)
{
	const char *at = strstr(arg->help, "(default: "), *value, *end;
	int depth = 1;
	if (!at)
		return;
	value = end = at + strlen("(default: ");
	for (; *end; end++) {
		depth += *end == '(';
		depth -= *end == ')';
		if (depth == 0)
			break;
	}
	arg->default_text = arena_strndup(r->a, value, (size_t)(end - value));
	if (strcmp(arg->default_text, "None") == 0)
		arg->default_text = NULL;
	while (at > arg->help && at[-1] == ' ')
		at--;
	arg->help = arena_printf(
	    r->a, "%.*s%s", (int)(at - arg->help), arg->help, *end ? end + 1 : end);
}

/* The text behind the names, and on the lines below that are further in. */
static const char *read_text(
    struct reader *r, struct script_arg *arg, const char *s, const char *end)
{
	auto_buf b = BUF_INIT;
	const char *next = *end ? end + 1 : end;
	buf_add(&b, s, (size_t)(end - s));
	while (*next && !is_blank(next) && indent_of(next) > 4) {
		size_t in = indent_of(next);
		buf_adds(&b, b.len ? " " : "");
		buf_add(&b, next + in, line_length(next) - in);
		next = next_line(next);
	}
	arg->help = arena_strdup(r->a, b.s);
	read_default(r, arg);
	return next;
}

/* Those that only print something and end. */
static bool is_of_argparse(const struct script_arg *arg)
{
	return strcmp(arg->name, "help") == 0 ||
	       (!arg->metavar && strcmp(arg->name, "version") == 0);
}

/* One entry at `line`, whose names begin behind two spaces; the next line is returned. */
static const char *read_entry(struct reader *r, const char *line)
{
	const char *s = line + 2, *end = line + line_length(line), *gap = s;
	struct script_arg *arg, scratch = {.help = ""};
	bool option = *s == '-';
	while (gap < end && !(gap[0] == ' ' && gap[1] == ' '))
		gap++;
	if (option) {
		arg = add(r);
		read_names(r, arg, s, (size_t)(gap - s));
	} else {
		arg = find(r->out, s, (size_t)(gap - s));
		arg = arg ? arg : &scratch; /* the description of a group */
	}
	gap += strspn(gap, " ");
	line = read_text(r, arg, gap, end);
	if (option && is_of_argparse(arg))
		r->out->n--;
	return line;
}

/* The value of an option in the usage has no line of its own below it. */
static bool has_entry(const struct reader *r, const char *name, size_t n)
{
	for (const char *line = r->body; *line; line = next_line(line))
		if (indent_of(line) == 2 && strncmp(line + 2, name, n) == 0 &&
		    (line[2 + n] == '\n' || line[2 + n] == ' ' || !line[2 + n]))
			return true;
	return false;
}

/* "data", "[out]", "{a,b}", and "[files ...]", alone or behind "files". */
static void add_positional(struct reader *r, const char *s, size_t n)
{
	bool optional = *s == '[';
	bool several = memmem(s, n, "...", 3) != NULL;
	const char *name = s + optional;
	size_t len = optional ? strcspn(name, " ]") : n;
	struct script_arg *arg = find(r->out, name, len);
	if (!has_entry(r, name, len))
		return;
	if (arg) {
		arg->several |= several;
		return;
	}
	arg = add(r);
	arg->shown = arg->metavar = arena_strndup(r->a, name, len);
	arg->several = several;
	arg->required = !optional;
	name_it(r, arg, arg->shown);
}

static int refuse_subcommands(struct reader *r, const char *choices, struct err *err)
{
	if (choices)
		err_set(err, ERR_USAGE, "'%s' has subcommands (%s)", r->script,
		    arena_strndup(r->a, choices + 1, group_length(choices) - 2));
	else
		err_set(err, ERR_USAGE,
		    "'%s' takes any number of further arguments (...)", r->script);
	return err_hint(err,
	    "an entry point runs one command: write an MLproject with one "
	    "entry point for each by hand, see mlproject(5)");
}

/* A usage that was written by hand tells nothing about order and need. */
static const char *usage_start(const struct reader *r)
{
	const char *at = r->usage ? strstr(r->usage, "[-h]") : NULL;
	return at ? at + strlen("[-h]") : NULL;
}

static int read_positionals(struct reader *r, struct err *err)
{
	const char *s = usage_start(r), *before = NULL;
	for (; s && *s; s += *s == ' ') {
		size_t n = group_length(s);
		if (n == 3 && starts(s, "..."))
			return refuse_subcommands(
			    r, before && *before == '{' ? before : NULL, err);
		if (n && *s != '-' && *s != '(' && !starts(s, "[-"))
			add_positional(r, s, n);
		before = s;
		s += n;
	}
	return 0;
}

/* Options that stand outside of brackets in the usage have to be given. */
static void mark_required(struct reader *r)
{
	const char *s = usage_start(r);
	for (; s && *s; s += *s == ' ') {
		size_t n = group_length(s);
		struct script_arg *arg = *s == '-' ? find(r->out, s, n) : NULL;
		if (arg)
			arg->required = true;
		s += n;
	}
}

/* What YAML cannot hold as it is. */
static bool is_printable(uint32_t c)
{
	return c == '\n' || (c >= ' ' && c < 0x7f) ||
	       (c >= 0xa0 && c != 0x2028 && c != 0x2029 && c != 0xfeff &&
		   (c & 0xfffe) != 0xfffe);
}

static const char *clean(struct arena *a, const char *text)
{
	auto_buf b = BUF_INIT;
	for (size_t left = strlen(text), n; left > 0; left -= n, text += n) {
		n = utf8_char_len(text, left);
		if (n && is_printable(utf8_decode(text, n)))
			buf_add(&b, text, n);
		else
			buf_addc(&b, *text == '\t' || *text == '\r' ? ' ' : '?');
		n = n ? n : 1;
	}
	return arena_strdup(a, b.s);
}

int argparse_read(struct arena *a, const char *script, const char *text,
    struct script_help *out, struct err *err)
{
	struct reader r = {.a = a, .script = script, .out = out};
	const char *line;
	text = clean(a, text);
	line = read_usage(&r, text);
	memset(out, 0, sizeof(*out));
	r.body = line;
	if (!r.usage || !strstr(text, "-h, --help")) {
		err_set(err, ERR_FAIL, "what '%s --help' prints is not argparse's help",
		    script);
		return err_hint(err, "write an MLproject by hand, see mlproject(5)");
	}
	if (read_positionals(&r, err) < 0)
		return -1;
	while (*line)
		line = indent_of(line) == 2 && !is_blank(line) ? read_entry(&r, line)
							       : next_line(line);
	mark_required(&r);
	return 0;
}
