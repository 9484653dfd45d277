/* SPDX-License-Identifier: MIT */
#include "plan/command.h"

#include "base/nearest.h"
#include "base/quote.h"
#include "plan/template.h"

/* The quoted values, made once; index i belongs to ps->v[i]. */
struct lookup {
	const struct params *ps;
	const char **quoted;
};

static const char *lookup_value(void *arg, const char *name, size_t n)
{
	const struct lookup *l = arg;
	for (size_t i = 0; i < l->ps->n; i++) {
		const struct param *p = &l->ps->v[i];
		if (p->decl && strncmp(p->name, name, n) == 0 && p->name[n] == '\0')
			return l->quoted[i];
	}
	return NULL;
}

static struct mark place_of(const struct entry_point *ep, size_t offset)
{
	return ep->command_map ? ep->command_map[offset] : ep->command_mark;
}

static void report(struct arena *a, const struct manifest *m,
    const struct entry_point *ep, const struct params *ps,
    const struct template_error *te, struct diags *ds)
{
	struct mark at = place_of(ep, te->offset);
	const char **names = arena_array(a, ps->n + 1, sizeof(*names));
	const char *near = NULL;
	size_t n = 0;
	struct diag *d = manifest_report(m, ds, DIAG_ERROR, at,
	    "command of entry point '%s': %s", ep->name, te->message);
	for (size_t i = 0; i < ps->n; i++) {
		if (!ps->v[i].decl && strcmp(ps->v[i].name, te->name) == 0) {
			diag_set_hint(ds, d,
			    "'%s' was given, but only declared parameters can "
			    "be substituted: declare it under `parameters`",
			    te->name);
			return;
		}
		if (ps->v[i].decl)
			names[n++] = ps->v[i].name;
	}
	near = te->name[0] ? nearest(te->name, names, n) : NULL;
	if (near)
		diag_set_hint(ds, d, "did you mean {%s}?", near);
	else if (te->hint[0])
		diag_set_hint(ds, d, "%s", te->hint);
}

/* What follows must land on the last line of the command, not behind its newline. */
static void cut_line_end(struct buf *b)
{
	size_t n = b->len;
	for (;;) {
		while (n > 0 && strchr(" \t\r\n", b->s[n - 1]))
			n--;
		if (n == 0 || n == b->len || b->s[n - 1] != '\\' || b->s[n] != '\n')
			break;
		n--; /* a line continuation with nothing behind it */
	}
	buf_cut(b, n);
}

static void append_extras(struct buf *out, const struct params *ps)
{
	bool first = true;
	for (size_t i = 0; i < ps->n; i++) {
		const struct param *p = &ps->v[i];
		if (p->decl)
			continue;
		if (first)
			cut_line_end(out);
		first = false;
		buf_adds(out, " --");
		quote_shell(out, p->name);
		buf_addc(out, ' ');
		quote_shell(out, p->used);
	}
}

static const char **quote_values(struct arena *a, const struct params *ps)
{
	const char **quoted = arena_array(a, ps->n + 1, sizeof(*quoted));
	auto_buf q = BUF_INIT;
	for (size_t i = 0; i < ps->n; i++) {
		buf_clear(&q);
		quote_shell(&q, ps->v[i].used);
		quoted[i] = arena_strdup(a, q.s);
	}
	return quoted;
}

const char *command_make(struct arena *a, const struct manifest *m,
    const struct entry_point *ep, bool format, const struct params *ps, struct diags *ds,
    struct err *err)
{
	struct lookup l = {ps, quote_values(a, ps)};
	struct template_error te;
	auto_buf out = BUF_INIT;
	if (!format) {
		buf_adds(&out, ep->command);
	} else if (template_expand(ep->command, lookup_value, &l, &out, &te) < 0) {
		report(a, m, ep, ps, &te, ds);
		err_set(err, ERR_FAIL,
		    "the command of entry point '%s' cannot be put together", ep->name);
		return NULL;
	}
	append_extras(&out, ps);
	return arena_strdup(a, out.s);
}

void command_check(struct arena *a, const struct manifest *m,
    const struct entry_point *ep, struct diags *ds)
{
	struct params ps = {.v = arena_array(a, ep->nparams + 1, sizeof(*ps.v))};
	struct err ignored = ERR_INIT;
	for (; ps.n < ep->nparams; ps.n++) {
		const struct param_decl *d = &ep->params[ps.n];
		struct param *p = &ps.v[ps.n];
		p->name = d->name;
		p->used = d->default_text && *d->default_text ? d->default_text : "x";
		p->decl = d;
	}
	command_make(a, m, ep, true, &ps, ds, &ignored);
}
