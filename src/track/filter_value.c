/* SPDX-License-Identifier: MIT */
#include "track/filter.h"

#include <errno.h>

static bool quoted(const char *s, char quote)
{
	size_t n = strlen(s);
	return n >= 2 && s[0] == quote && s[n - 1] == quote;
}

const char *filter_unquote(struct arena *a, const char *s)
{
	return quoted(s, '\'') || quoted(s, '"') ? arena_strndup(a, s + 1, strlen(s) - 2)
						 : NULL;
}

const char *filter_unquote_name(struct arena *a, const char *s)
{
	return quoted(s, '`') ? arena_strndup(a, s + 1, strlen(s) - 2) : s;
}

void filter_number(const struct clause *cl, struct sql_value *out)
{
	*out = (struct sql_value){.kind = SQL_REAL, .d = strtod(cl->value, NULL)};
	if (cl->kind == OPERAND_INT) {
		errno = 0;
		out->i = strtoll(cl->value, NULL, 10);
		/* beyond the range of any value that is stored, a double compares right */
		if (errno == 0)
			out->kind = SQL_INT;
	}
}

int filter_string(
    struct arena *a, const struct clause *cl, struct sql_value *out, struct err *err)
{
	const char *s = filter_unquote(a, cl->value);
	if (!s)
		return err_set(err, ERR_USAGE,
		    "Parameter value is either not quoted or unidentified quote types "
		    "used"
		    " for string value %s. Use either single or double quotes.",
		    cl->value);
	*out = (struct sql_value){.kind = SQL_TEXT, .s = s, .n = strlen(s)};
	return 0;
}

static void list_names(const char *const *names, struct buf *out)
{
	for (size_t i = 0; names[i]; i++)
		buf_addf(out, "%s'%s'", i ? ", " : "", names[i]);
}

int filter_strings(const struct filter_dialect *d, struct arena *a,
    const struct clause *cl, struct comparison *c, struct err *err)
{
	auto_buf names = BUF_INIT;
	if (c->entity == FILTER_ATTRIBUTE && !filter_has(d->lists, c->key)) {
		list_names(d->lists, &names);
		return err_set(err, ERR_USAGE,
		    "Only [%s] attributes support comparison with a list of quoted string"
		    " values.",
		    names.s);
	}
	if (strcmp(cl->op, "IN") != 0 && strcmp(cl->op, "NOT IN") != 0)
		return err_set(err, ERR_USAGE,
		    "Expected a quoted string value for attributes. Got value %s",
		    cl->value);
	return filter_list(a, cl->value, &c->list, &c->nlist, err);
}
