/* SPDX-License-Identifier: MIT */
/* sweep_project.c -- what a sweep runs, and whether it still does (sweep.h). */
#include "base/file.h"
#include "base/quote.h"
#include "base/sha256.h"
#include "base/urltext.h"
#include "flow/prepare.h"
#include "flow/sweep.h"

struct param_input *sweep_params(
    const struct sweep *s, struct arena *a, size_t point, size_t *n)
{
	const struct points *p = &s->points;
	struct param_input *v = arena_array(a, p->nparams + 1, sizeof(*v));
	for (size_t i = 0; i < p->nparams; i++)
		v[i] = (struct param_input){.name = p->names[i],
		    .value = p->rows[point][i],
		    .origin = ORIGIN_GIVEN};
	*n = p->nparams;
	return v;
}

void sweep_note_variation(struct sweep *s)
{
	const struct points *p = &s->points;
	s->varies = arena_array(s->a, p->nparams + 1, sizeof(*s->varies));
	for (size_t k = 0; k < p->nparams; k++)
		for (size_t i = 1; i < p->n && !s->varies[k]; i++)
			s->varies[k] = strcmp(p->rows[i][k], p->rows[0][k]) != 0;
}

/* Which parameters the manifest has for paths. */
static void note_paths(struct sweep *s, const struct entry_point *ep)
{
	const struct points *p = &s->points;
	s->is_path = arena_array(s->a, p->nparams + 1, sizeof(*s->is_path));
	for (size_t i = 0; ep && i < ep->nparams; i++)
		for (size_t k = 0; k < p->nparams; k++)
			if (ep->params[i].kind == PARAM_PATH &&
			    strcmp(ep->params[i].name, p->names[k]) == 0)
				s->is_path[k] = true;
}

const char *sweep_shown(const struct sweep *s, struct arena *a, size_t point, size_t k)
{
	const char *value = s->points.rows[point][k];
	return s->is_path && s->is_path[k] ? url_public(a, value) : value;
}

/* The values of a list are told from each other by commas. */
static const char *list_shown(struct arena *a, const char *text)
{
	auto_buf out = BUF_INIT;
	for (;;) {
		size_t n = strcspn(text, ",");
		buf_adds(&out, url_public(a, arena_strndup(a, text, n)));
		if (!text[n])
			return arena_strdup(a, out.s);
		buf_addc(&out, ',');
		text += n + 1;
	}
}

const char *sweep_given_shown(const struct sweep *s, struct arena *a, size_t i)
{
	const char *name = s->want.given[i].name, *text = s->want.given[i].text;
	for (size_t k = 0; name && s->is_path && k < s->points.nparams; k++)
		if (s->is_path[k] && strcmp(s->points.names[k], name) == 0)
			return list_shown(a, text);
	return text;
}

void sweep_describe(const struct sweep *s, size_t point, struct buf *out)
{
	auto_arena a = ARENA_INIT;
	const char *sep = "";
	for (size_t i = 0; i < s->points.nparams; i++) {
		if (!s->varies[i])
			continue;
		buf_addf(out, "%s%s=", sep, s->points.names[i]);
		quote_display_str(out, sweep_shown(s, &a, point, i));
		sep = " ";
	}
}

static const char *hash_of_file(struct arena *a, const char *path)
{
	auto_buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	struct sha256 h;
	char hex[SHA256_HEX + 1];
	if (!path || file_read(path, MANIFEST_MAX_BYTES, &text, &ignored) < 0)
		return NULL;
	sha256_init(&h);
	sha256_add(&h, text.s, text.len);
	sha256_finish(&h, hex);
	return arena_strdup(a, hex);
}

static void take_project(
    struct sweep *s, const struct prepared *p, struct sweep_project *out)
{
	const struct entry_point *ep = manifest_entry(p->manifest, p->plan.entry_point);
	note_paths(s, ep);
	*out = (struct sweep_project){.uri = p->source.uri,
	    .commit = p->source.commit,
	    .branch = p->source.branch,
	    .sha256 = p->source.sha256,
	    .manifest = hash_of_file(s->a, p->manifest->path),
	    .command = ep ? ep->command : NULL,
	    .local = p->source.kind == SOURCE_LOCAL,
	    .file = p->source.kind == SOURCE_LOCAL ? p->manifest->path : NULL,
	    .dirty = p->source.dirty > 0};
}

bool sweep_is_unchanged(const struct sweep *s)
{
	auto_arena a = ARENA_INIT;
	const char *then = s->project.manifest, *now;
	if (!s->project.file || !then)
		return true;
	now = hash_of_file(&a, s->project.file);
	return now && strcmp(now, then) == 0;
}

int sweep_look(struct sweep *s, const char *version, struct prepared *p,
    struct sweep_project *out, struct err *err)
{
	struct request plan = s->rq.plan;
	plan.params = sweep_params(s, s->a, 0, &plan.nparams);
	if (prepare_plan(&s->there, s->a, s->rq.uri, version, &plan, PREPARE_LOOK,
		launch_own_files(s->a, &s->tracking), NULL, p, err) < 0)
		return -1;
	source_facts_finish(&s->there, s->a, &p->facts, &p->source);
	take_project(s, p, out);
	return 0;
}

int sweep_check_points(
    struct sweep *s, const struct prepared *p, size_t first, struct err *err)
{
	for (size_t i = first; i < s->points.n; i++) {
		auto_arena a = ARENA_INIT;
		auto_buf where = BUF_INIT;
		struct diags ds = {.arena = &a};
		struct request rq = s->rq.plan;
		struct plan plan;
		rq.params = sweep_params(s, &a, i, &rq.nparams);
		rq.partial_tree = p->peeked;
		if (plan_make(&a, p->manifest, p->source.dir, &rq, &plan, &ds, err) == 0)
			continue;
		sweep_describe(s, i, &where);
		return err_wrap(err, "point %zu (%.200s)", i + 1, where.s);
	}
	return 0;
}

static void put_change(
    struct buf *out, const char *what, const char *then, const char *now, int digits)
{
	if (!then || !now || strcmp(then, now) == 0)
		return;
	if (digits)
		buf_addf(out, "; %s %.*s is now %.*s", what, digits, then, digits, now);
	else
		buf_addf(out, "; %s is another", what);
}

static void put_command(struct buf *out, const char *then, const char *now)
{
	if (!then || !now || strcmp(then, now) == 0)
		return;
	buf_adds(out, "; its command '");
	quote_display(out, then, strnlen(then, 300));
	buf_adds(out, "' is now '");
	quote_display(out, now, strnlen(now, 300));
	buf_adds(out, "'");
}

int sweep_compare(
    const struct sweep_project *then, const struct sweep_project *now, struct err *err)
{
	auto_buf what = BUF_INIT;
	put_change(&what, "commit", then->commit, now->commit, 10);
	put_change(&what, "the archive", then->sha256, now->sha256, 10);
	if (!then->dirty && now->dirty && then->commit)
		buf_adds(&what, "; the work tree has changes that are not committed");
	if (!then->manifest != !now->manifest)
		buf_addf(
		    &what, "; there is %s MLproject", now->manifest ? "now an" : "no");
	put_change(&what, "the MLproject", then->manifest, now->manifest, 0);
	put_command(&what, then->command, now->command);
	if (what.len == 0)
		return 0;
	err_set(err, ERR_CONFLICT, "the project has changed since the sweep began: %s",
	    what.s + 2);
	return err_hint(
	    err, "put it back as it was; or go on with what it is now: --force");
}
