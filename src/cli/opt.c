/* SPDX-License-Identifier: MIT */
#include "cli/opt.h"

#include "base/nearest.h"

enum { HELP_COLUMN = 30, NAMES_MAX = 128 };

void opt_start(
    struct opt_iter *it, const struct opt *const *tables, int argc, char *const *argv)
{
	*it = (struct opt_iter){.tables = tables, .argc = argc, .argv = argv};
}

static const struct opt *find_letter(const struct opt_iter *it, char letter)
{
	for (const struct opt *const *t = it->tables; *t; t++)
		for (const struct opt *o = *t; o->id; o++)
			if (o->letter == letter)
				return o;
	return NULL;
}

static bool is_name(const char *name, const char *text, size_t n)
{
	return name && strncmp(name, text, n) == 0 && name[n] == '\0';
}

static const struct opt *find_name(const struct opt_iter *it, const char *text, size_t n)
{
	for (const struct opt *const *t = it->tables; *t; t++)
		for (const struct opt *o = *t; o->id; o++)
			if (is_name(o->name, text, n) || is_name(o->alias, text, n))
				return o;
	return NULL;
}

static bool unknown(
    const struct opt_iter *it, const char *text, size_t n, struct err *err)
{
	const char *names[NAMES_MAX], *near;
	char word[64];
	size_t count = 0;
	for (const struct opt *const *t = it->tables; *t; t++)
		for (const struct opt *o = *t; o->id && count + 2 < NAMES_MAX; o++) {
			names[count++] = o->name;
			if (o->alias)
				names[count++] = o->alias;
		}
	err_set(err, ERR_USAGE, "no such option: --%.*s", (int)n, text);
	snprintf(word, sizeof(word), "%.*s", (int)n, text);
	near = nearest(word, names, count);
	for (size_t i = 0; !near && n >= 3 && i < count; i++)
		if (strncmp(names[i], word, n) == 0)
			near = names[i]; /* an abbreviation, which we do not take */
	if (near)
		err_hint(err, "did you mean --%s?", near);
	return false;
}

static bool need_value(
    struct opt_iter *it, const char *dashes, const char *name, struct err *err)
{
	if (it->at >= it->argc) {
		err_set(err, ERR_USAGE, "option %s%s needs a value (%s)", dashes, name,
		    it->opt->metavar);
		return false;
	}
	it->value = it->argv[it->at++];
	return true;
}

static bool next_long(struct opt_iter *it, const char *text, struct err *err)
{
	size_t n = strcspn(text, "=");
	it->opt = find_name(it, text, n);
	if (!it->opt)
		return unknown(it, text, n, err);
	if (text[n] == '=' && !it->opt->metavar) {
		err_set(err, ERR_USAGE, "option --%.*s takes no value", (int)n, text);
		return false;
	}
	if (text[n] == '=') {
		it->value = text + n + 1;
		return true;
	}
	return it->opt->metavar ? need_value(it, "--", it->opt->name, err) : true;
}

static bool next_letter(struct opt_iter *it, struct err *err)
{
	char letter[2] = {*it->rest++, '\0'};
	it->opt = find_letter(it, letter[0]);
	if (!it->opt) {
		err_set(err, ERR_USAGE, "no such option: -%s", letter);
		return false;
	}
	if (!it->opt->metavar)
		return true;
	if (*it->rest) {
		it->value = it->rest;
		it->rest = NULL;
		return true;
	}
	return need_value(it, "-", letter, err);
}

bool opt_next(struct opt_iter *it, struct err *err)
{
	const char *word;
	it->opt = NULL;
	it->value = NULL;
	if (it->rest && *it->rest)
		return next_letter(it, err);
	if (it->at >= it->argc)
		return false;
	word = it->argv[it->at++];
	if (!it->only_args && strcmp(word, "--") == 0) {
		it->only_args = true;
		return opt_next(it, err);
	}
	if (!it->only_args && word[0] == '-' && word[1] == '-')
		return next_long(it, word + 2, err);
	if (!it->only_args && word[0] == '-' && word[1]) {
		it->rest = word + 1;
		return next_letter(it, err);
	}
	it->value = word;
	return true;
}

static void help_text(struct buf *out, const char *text)
{
	for (;;) {
		size_t n = strcspn(text, "\n");
		buf_add(out, text, n);
		if (!text[n])
			return;
		buf_addf(out, "\n%*s", HELP_COLUMN, "");
		text += n + 1;
	}
}

void opt_help(struct buf *out, const struct opt *table)
{
	for (const struct opt *o = table; o->id; o++) {
		size_t start = out->len;
		if (o->letter)
			buf_addf(out, "  -%c, --%s", o->letter, o->name);
		else
			buf_addf(out, "      --%s", o->name);
		if (o->alias)
			buf_addf(out, ", --%s", o->alias);
		if (o->metavar)
			buf_addf(out, " %s", o->metavar);
		if (out->len - start >= HELP_COLUMN - 1)
			buf_addf(out, "\n%*s", HELP_COLUMN, "");
		else
			buf_addf(out, "%*s", (int)(HELP_COLUMN - (out->len - start)), "");
		help_text(out, o->help);
		if (o->env)
			buf_addf(out, " [%s]", o->env);
		buf_addc(out, '\n');
	}
}
