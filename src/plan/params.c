/* SPDX-License-Identifier: MIT */
#include "plan/params.h"

#include <strings.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"
#include "base/quote.h"
#include "base/urltext.h"
#include "plan/key.h"
#include "plan/value.h"

const char *param_origin_word(enum param_origin origin)
{
	static const char *const words[] = {"default", "file", "given", "record"};
	return words[origin];
}

static const struct param_input *find_input(
    const struct param_input *in, size_t n, const char *name)
{
	while (n-- > 0)
		if (strcmp(in[n].name, name) == 0)
			return &in[n];
	return NULL;
}

static struct param *find_param(struct params *ps, const char *name)
{
	for (size_t i = 0; i < ps->n; i++)
		if (strcmp(ps->v[i].name, name) == 0)
			return &ps->v[i];
	return NULL;
}

static int value_error(const struct param *p, struct err *err)
{
	auto_buf shown = BUF_INIT;
	quote_display(&shown, p->value, strlen(p->value));
	if (p->kind == PARAM_URI) /* MLflow's own words */
		return err_set(err, ERR_USAGE, "Expected URI for parameter %s but got %s",
		    p->name, shown.s);
	err_set(err, ERR_USAGE, "parameter '%s' takes %s (type %s), but got '%.200s'",
	    p->name, value_kind_words(p->kind), p->decl->type_word, shown.s);
	return -1;
}

static int check_value(
    const struct manifest *m, const struct param *p, struct diags *ds, struct err *err)
{
	struct diag *d;
	if (!p->decl || value_fits(p->kind, p->value))
		return 0;
	/* MLflow checks no type but uri, so what used to run must still run again */
	if (p->kind == PARAM_URI ||
	    (p->origin != ORIGIN_DEFAULT && p->origin != ORIGIN_RECORD))
		return value_error(p, err);
	d = manifest_report(m, ds, DIAG_WARNING, p->decl->default_mark,
	    "the default of parameter '%s' is '%s', not %s", p->name, p->value,
	    value_kind_words(p->kind));
	diag_set_hint(
	    ds, d, "write a default of type %s, or change the type", p->decl->type_word);
	return 0;
}

static void bind_declared(const struct entry_point *ep, const struct param_input *in,
    size_t nin, struct params *out, struct buf *missing)
{
	for (size_t i = 0; i < ep->nparams; i++) {
		const struct param_decl *d = &ep->params[i];
		const struct param_input *given = find_input(in, nin, d->name);
		struct param *p;
		if (!given && !d->default_text) {
			buf_addf(missing, "%s'%s'", missing->len ? ", " : "", d->name);
			continue;
		}
		p = &out->v[out->n++];
		p->name = d->name;
		p->value = p->used = given ? given->value : d->default_text;
		p->origin = given ? given->origin : ORIGIN_DEFAULT;
		p->again = given && given->place ? given : NULL;
		p->kind = d->kind;
		p->sha256 = given ? given->sha256 : NULL;
		p->decl = d;
	}
}

/* In the order they were given; a name given twice stands where it came first. */
static void bind_extras(const struct param_input *in, size_t nin, struct params *out)
{
	for (size_t i = 0; i < nin; i++) {
		const struct param_input *last = find_input(in, nin, in[i].name);
		struct param *p;
		if (find_param(out, in[i].name))
			continue;
		p = &out->v[out->n++];
		p->name = last->name;
		p->value = p->used = last->value;
		p->origin = last->origin;
		p->again = NULL;
		p->kind = PARAM_STRING;
	}
}

int params_bind(struct arena *a, const struct manifest *m, const struct entry_point *ep,
    const struct param_input *in, size_t nin, struct params *out, struct diags *ds,
    struct err *err)
{
	auto_buf missing = BUF_INIT;
	out->v = arena_array(a, ep->nparams + nin, sizeof(*out->v));
	out->n = 0;
	bind_declared(ep, in, nin, out, &missing);
	if (missing.len) {
		err_set(err, ERR_USAGE, "No value given for missing parameters: %s",
		    missing.s);
		return err_hint(err, "give each as -P name=value");
	}
	bind_extras(in, nin, out);
	for (size_t i = 0; i < out->n; i++)
		if (key_check("parameter", out->v[i].name, err) < 0 ||
		    check_value(m, &out->v[i], ds, err) < 0)
			return -1;
	return 0;
}

/*
 * As given where that exists; percent-decoded (as MLflow always does) where only that
 * exists.  NULL: neither.
 */
static const char *existing_path(struct arena *a, const char *dir, const char *text)
{
	const char *path = path_abs(a, dir, text);
	if (path_exists(path))
		return path;
	if (!strchr(text, '%'))
		return NULL;
	path = path_abs(a, dir, url_decode_any(a, text));
	return path_exists(path) ? path : NULL;
}

/* The local path that a text names, or NULL when it names something elsewhere. */
static const char *local_text(const char *text)
{
	size_t scheme = value_scheme(text);
	if (scheme == 0)
		return text;
	if (scheme != 4 || strncasecmp(text, "file:", 5) != 0)
		return NULL;
	text += 5;
	if (strncmp(text, "//", 2) == 0)
		return text[2] == '/' ? text + 2 : NULL;
	return text;
}

static bool can_be_brought(const char *text)
{
	static const char *const starts[] = {"http://", "https://", "file://localhost/"};
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (strncasecmp(text, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

/* Of a URI nothing secret may be recorded or shown. */
static int find_uri(struct arena *a, struct param *p, struct err *err)
{
	const char *given = p->value;
	p->value = url_public(a, given);
	if (can_be_brought(given)) {
		p->source = given;
		p->used = PARAM_LATER;
		return 0;
	}
	err_set(err, ERR_USAGE, "parameter '%s' is a path, and mlp cannot download '%s'",
	    p->name, p->value);
	return err_hint(err, "it can download http://, https:// and file://localhost/; "
			     "fetch the file first and give the local path");
}

/* The commit's own file; one that is in no commit (data, ignored) only where it was. */
static bool find_again(struct arena *a, const char *project_dir, struct param *p)
{
	const char *path;
	if (!p->again)
		return false;
	if (!project_dir)
		return true;
	path = path_abs(a, project_dir, p->again->place);
	if (!path_exists(path))
		path = p->again->was;
	if (!path_exists(path))
		return false;
	p->used = path;
	return true;
}

static int find_path(struct arena *a, const char *cwd, const char *project_dir,
    struct param *p, struct err *err)
{
	const char *text = local_text(p->value), *path = NULL;
	if (find_again(a, project_dir, p))
		return 0;
	if (!text && (path = existing_path(a, cwd, p->value))) {
		p->used = path; /* a file whose name merely looks like a URI */
		return 0;
	}
	if (!text)
		return find_uri(a, p, err);
	path = *text ? existing_path(a, cwd, text) : NULL;
	if (!path && *text && p->origin == ORIGIN_DEFAULT && !project_dir)
		return 0;
	if (!path && *text && p->origin == ORIGIN_DEFAULT)
		path = existing_path(a, project_dir, text);
	if (!path)
		return err_set(err, ERR_USAGE,
		    "Got value %s for parameter %s, but no such file or directory was "
		    "found",
		    *p->value ? p->value : "''", p->name);
	p->used = path;
	return 0;
}

int params_find_paths(struct arena *a, const char *cwd, const char *project_dir,
    struct params *ps, struct err *err)
{
	for (size_t i = 0; i < ps->n; i++)
		if (ps->v[i].kind == PARAM_PATH &&
		    find_path(a, cwd, project_dir, &ps->v[i], err) < 0)
			return -1;
	return 0;
}
