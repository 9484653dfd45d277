/* SPDX-License-Identifier: MIT */
#include "cli/complete.h"

#include "base/alloc.h"
#include "base/quote.h"
#include "base/strvec.h"
#include "base/utf8.h"

enum { CANDIDATES_MAX = 1000, WORDS_MAX = 4096 };

static bool is_safe(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c & 0x80) || strchr("_@%+=:,./-", c);
}

/* As bash must find it to read `text` again: behind the open quote, or without one. */
static void put_for_bash(struct buf *out, const char *text, char quote)
{
	for (; *text; text++) {
		if (quote == '\'' && *text == '\'')
			buf_adds(out, "'\\''");
		else if (quote == '"' && strchr("\\\"$`", *text))
			buf_addf(out, "\\%c", *text);
		else if (!quote && !is_safe(*text))
			buf_addf(out, "\\%c", *text);
		else
			buf_addc(out, *text);
	}
}

/*
 * A control character could leave the line and make a command of what follows, or change
 * the terminal.
 */
static bool is_harmless(const char *s)
{
	auto_buf shown = BUF_INIT;
	quote_display(&shown, s, strlen(s));
	return strcmp(shown.s, s) == 0;
}

void complete_add(struct complete *c, const char *value, const char *about)
{
	auto_buf whole = BUF_INIT;
	buf_add(&whole, c->word, c->start);
	buf_adds(&whole, value);
	if (strncmp(whole.s, c->word, strlen(c->word)) != 0 || !is_harmless(value) ||
	    c->count >= CANDIDATES_MAX)
		return;
	c->count++;
	if (c->shell == COMPLETE_BASH)
		put_for_bash(&c->list, whole.s + c->skip, c->quote);
	else
		buf_adds(&c->list, whole.s);
	buf_addc(&c->list, '\t');
	if (about)
		quote_display(&c->list, about, strcspn(about, "\n"));
	buf_addc(&c->list, '\n');
}

void complete_paths(struct complete *c, bool only_dirs)
{
	c->how = only_dirs ? "dirs" : "files";
}

static void add_commands(struct complete *c)
{
	if (c->word[0] == '-') {
		complete_add(c, "--help", "Show the commands");
		complete_add(c, "--version", "Print the version");
		complete_add(c, "--env-file", "Set variables from a dotenv file");
		return;
	}
	for (const struct cmd *const *cmd = commands; *cmd; cmd++)
		complete_add(c, (*cmd)->name, (*cmd)->summary);
}

static void add_options(struct complete *c)
{
	for (const struct opt *const *t = c->tables; *t; t++)
		for (const struct opt *o = *t; o->id; o++) {
			char letter[3] = {'-', o->letter, '\0'};
			struct arena *a = &c->cli->arena;
			complete_add(c, arena_printf(a, "--%s", o->name), o->help);
			if (o->alias && strlen(c->word) > 2)
				complete_add(
				    c, arena_printf(a, "--%s", o->alias), o->help);
			if (o->letter && strlen(c->word) <= 2)
				complete_add(c, letter, o->help);
		}
}

static void take_word(struct complete *c, const struct opt *opt, const char *value)
{
	struct arena *a = &c->cli->arena;
	const char *eq;
	if (!opt) {
		c->arg = c->arg ? c->arg : value;
	} else if (strcmp(opt->name, "entry-point") == 0) {
		c->entry_point = value;
	} else if (strcmp(opt->name, "tracking-uri") == 0) {
		c->tracking_uri = value;
	} else if (strcmp(opt->name, "param-list") == 0 && (eq = strchr(value, '='))) {
		ARENA_GROW(a, c->given, c->ngiven);
		c->given[c->ngiven++] = arena_strndup(a, value, (size_t)(eq - value));
	}
}

/* What the finished words say.  Returns the option whose value comes next, or NULL. */
static const struct opt *read_words(
    struct complete *c, int argc, char *const *argv, bool *only_args)
{
	struct opt_iter it;
	opt_start(&it, c->tables, argc, argv);
	for (;;) {
		struct err err = ERR_INIT;
		if (opt_next(&it, &err)) {
			take_word(c, it.opt, it.value);
		} else if (!err.code) {
			*only_args = it.only_args;
			return NULL;
		} else if (it.opt && it.opt->metavar) {
			return it.opt;
		}
	}
}

/*
 * "--name=value" or "-Xvalue" in the word itself: the option, with c->start at the value.
 * The parser of the options is asked, so that both agree.
 */
static const struct opt *read_own_option(struct complete *c)
{
	char *argv[] = {xstrdup(c->word), NULL};
	const struct opt *found = NULL;
	struct opt_iter it;
	struct err err = ERR_INIT;
	opt_start(&it, c->tables, 1, argv);
	while (!found && opt_next(&it, &err))
		if (it.opt && it.value) {
			found = it.opt;
			c->start = (size_t)(it.value - argv[0]);
		}
	free(argv[0]);
	return found;
}

static void complete_command(struct complete *c, int argc, char *const *argv)
{
	const struct opt *opt;
	struct cli_args args;
	bool only_args = false;
	cli_args_start(&args, c->cmd, argc, argv);
	c->tables = args.tables;
	opt = read_words(c, argc, argv, &only_args);
	if (!opt && !only_args && c->word[0] == '-' && c->word[1])
		opt = read_own_option(c);
	if (opt)
		complete_option_value(c, opt);
	else if (!only_args && c->word[0] == '-')
		add_options(c);
	else
		complete_argument(c);
	c->tables = NULL;
}

static void complete_line(struct complete *c, int argc, char *const *argv)
{
	const char *first;
	if (argc > 0 && strncmp(argv[0], "--env-file", 10) == 0) {
		int used = argv[0][10] == '=' ? 1 : 2;
		if (argc < used) {
			complete_paths(c, false);
			return;
		}
		argc -= used;
		argv += used;
	}
	if (argc == 0) {
		add_commands(c);
		return;
	}
	first = argv[0];
	for (const struct cmd *const *cmd = commands; *cmd; cmd++)
		if (strcmp((*cmd)->name, first) == 0)
			c->cmd = *cmd;
	if (c->cmd)
		complete_command(c, argc - 1, argv + 1);
}

/*
 * A word as it stands in bash's line, without its quotes and backslashes; *open is the
 * quote that is not closed.
 */
static char *unquote(struct arena *a, const char *s, char *open)
{
	auto_buf b = BUF_INIT;
	char quote = 0;
	for (; *s; s++) {
		if (*s == quote)
			quote = 0;
		else if (!quote && (*s == '\'' || *s == '"'))
			quote = *s;
		else if (*s == '\\' && s[1] && quote != '\'')
			buf_addc(&b, *++s);
		else
			buf_addc(&b, *s);
	}
	*open = quote;
	return arena_strdup(a, b.s);
}

static size_t characters(const char *s, size_t n)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		count += (s[i] & 0xc0) != 0x80;
	return count;
}

static int answer(const struct complete *c)
{
	auto_buf b = BUF_INIT;
	buf_adds(&b, c->how);
	if (strcmp(c->how, "words") != 0)
		buf_addf(&b, " %zu", characters(c->word, c->start));
	else if (c->nospace)
		buf_adds(&b, " nospace");
	buf_addc(&b, '\n');
	buf_add(&b, c->list.s, c->list.len);
	return cli_print(b.s, b.len);
}

static int find_shell(const char *name, enum complete_shell *shell)
{
	static const char *const names[] = {"bash", "zsh", "fish"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0) {
			*shell = (enum complete_shell)i;
			return 0;
		}
	return -1;
}

static void say_nothing(void *arg, enum say_level level, const char *text)
{
	(void)arg;
	(void)level;
	(void)text;
}

/*
 * bash: how much of the last word lies before its last word break, then the words as they
 * stand in the line.  The others: the words, unquoted.  The last one ends at the cursor.
 */
int complete_run(struct cli *cli, int argc, char *const *argv)
{
	struct complete c = {.cli = cli, .how = "words", .list = BUF_INIT};
	auto_strvec words = STRVEC_INIT;
	int at = 1, code;
	char open = 0;
	if (argc < 2 || argc > WORDS_MAX || find_shell(argv[0], &c.shell) < 0)
		return CLI_USAGE;
	cli->ctx.say = say_nothing;
	if (c.shell == COMPLETE_BASH) {
		c.skip = strlen(unquote(&cli->arena, argv[at++], &open));
		if (at == argc)
			return CLI_USAGE;
	}
	for (; at < argc; at++)
		strvec_push(&words, c.shell == COMPLETE_BASH
					? unquote(&cli->arena, argv[at], &c.quote)
					: argv[at]);
	c.word = words.v[words.n - 1];
	c.skip = c.skip > strlen(c.word) ? strlen(c.word) : c.skip;
	complete_line(&c, (int)words.n - 1, words.v);
	code = answer(&c);
	buf_release(&c.list);
	return code;
}
