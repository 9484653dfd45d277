/* SPDX-License-Identifier: MIT */
#include "flow/prepare.h"

#include "flow/download.h"
#include "flow/kept.h"

static void prepared_init(struct arena *a, struct prepared *p)
{
	static const struct source_facts facts = SOURCE_FACTS_INIT;
	memset(p, 0, sizeof(*p));
	p->facts = facts;
	p->source.dirty = -1;
	p->diags.arena = a;
}

/* The commit that it was the first time; nobody is asked where the mirror has it. */
static int get_pinned(const struct ctx *ctx, struct arena *a, const struct source_uri *u,
    const char *version, const struct pin *pin, struct prepared *p, struct err *err)
{
	struct ctx quiet = *ctx;
	struct err ignored = ERR_INIT;
	quiet.offline = true;
	if (source_fetch(&quiet, a, u, pin->commit, &p->source, &ignored) < 0 &&
	    source_fetch(ctx, a, u, pin->commit, &p->source, err) < 0)
		return -1;
	p->source.version = version;
	p->source.branch = pin->branch;
	return 0;
}

static int get_kept(const struct ctx *ctx, struct arena *a, const struct source_uri *u,
    const char *uri, const char *version, struct kept *kept, struct prepared *p,
    struct err *err)
{
	const struct pin *known = kept && u->kind == SOURCE_GIT && !u->tree
				      ? kept_pin(kept, uri, version)
				      : NULL;
	if (known)
		return get_pinned(ctx, a, u, version, known, p, err);
	if (source_fetch(ctx, a, u, version, &p->source, err) < 0)
		return -1;
	if (kept && p->source.kind == SOURCE_GIT && !u->tree && p->source.commit)
		kept_add_pin(kept,
		    &(struct pin){uri, version, p->source.commit, p->source.branch});
	return 0;
}

static int get_source(const struct ctx *ctx, struct arena *a, const char *uri,
    const char *version, enum prepare_how how, struct kept *kept, struct prepared *p,
    struct err *err)
{
	struct source_uri u;
	if (source_parse(a, ctx->cwd, uri, version != NULL, &u, err) < 0)
		return -1;
	if (how != PREPARE_RUN && u.kind != SOURCE_LOCAL) {
		if ((how == PREPARE_QUEUE ? source_bring : source_peek)(
			ctx, a, &u, version, &p->source, err) < 0)
			return -1;
		p->peeked = true;
		return 0;
	}
	return get_kept(ctx, a, &u, uri, version, kept, p, err);
}

static int count_errors(const struct prepared *p, struct err *err)
{
	const char *file = p->manifest ? p->manifest->file : p->diags.v[0].file;
	err_set(err, ERR_FAIL, "%s has %zu mistake%s", file, p->diags.errors,
	    p->diags.errors == 1 ? "" : "s");
	return -1;
}

static int get_manifest(const struct ctx *ctx, struct arena *a, const char *uri,
    const char *version, enum prepare_how how, char *const *ignore, struct kept *kept,
    struct prepared *p, struct err *err)
{
	prepared_init(a, p);
	if (get_source(ctx, a, uri, version, how, kept, p, err) < 0) {
		/* ERR_USAGE is for the command line: 2 there, 125 for the source */
		err->code = err->code == ERR_USAGE ? ERR_FAIL : err->code;
		return -1;
	}
	if (ignore && p->source.kind == SOURCE_LOCAL &&
	    source_facts_start(ctx, p->source.dir, ignore, &p->facts, err) < 0)
		return -1;
	if ((kept ? manifests_load(
			&kept->manifests, p->source.dir, &p->manifest, &p->diags, err)
		  : manifest_load(a, p->source.dir, &p->manifest, &p->diags, err)) < 0)
		return -1;
	ctx_say(ctx, SAY_DEBUG, "project in %s, manifest: %s", p->source.dir,
	    p->manifest && p->manifest->path ? p->manifest->path : "none");
	return p->diags.errors ? count_errors(p, err) : 0;
}

int prepare_manifest(const struct ctx *ctx, struct arena *a, const char *uri,
    const char *version, enum prepare_how how, char *const *ignore, struct prepared *p,
    struct err *err)
{
	return get_manifest(ctx, a, uri, version, how, ignore, NULL, p, err);
}

static int make_plan(const struct ctx *ctx, struct arena *a, const struct request *rq,
    enum prepare_how how, struct prepared *p, struct err *err)
{
	struct request mine = *rq;
	struct download download = {
	    .ctx = ctx, .dir = rq->storage_dir, .holds = &p->holds};
	mine.partial_tree = p->peeked;
	if (how == PREPARE_RUN) {
		mine.bring = download_param;
		mine.bring_arg = &download;
	}
	if (plan_make(a, p->manifest, p->source.dir, &mine, &p->plan, &p->diags, err) < 0)
		return -1;
	for (size_t i = 0; i < p->plan.environment.nnotes; i++)
		ctx_say(ctx, SAY_WARNING, "%s", p->plan.environment.notes[i]);
	return 0;
}

int prepare_plan(const struct ctx *ctx, struct arena *a, const char *uri,
    const char *version, const struct request *rq, enum prepare_how how,
    char *const *ignore, struct kept *kept, struct prepared *p, struct err *err)
{
	if (get_manifest(ctx, a, uri, version, how, ignore, kept, p, err) < 0)
		return -1;
	return make_plan(ctx, a, rq, how, p, err);
}

int prepare_again(const struct ctx *ctx, struct arena *a, const struct request *rq,
    struct prepared *p, struct err *err)
{
	return make_plan(ctx, a, rq, PREPARE_LOOK, p, err);
}

int prepare_frozen(const struct ctx *ctx, struct arena *a, const struct frozen *f,
    const char *uri, const char *version, const struct request *rq, struct prepared *p,
    struct err *err)
{
	prepared_init(a, p);
	if (frozen_fetch(ctx, a, f, uri, version, &p->source, err) < 0 ||
	    manifest_load(a, p->source.dir, &p->manifest, &p->diags, err) < 0)
		return -1;
	if (p->diags.errors)
		return count_errors(p, err);
	return make_plan(ctx, a, rq, PREPARE_RUN, p, err);
}

void prepared_done(struct prepared *p)
{
	helper_stop(&p->facts.helper);
	if (p->peeked)
		source_peek_done(&p->source);
	p->peeked = false;
	lease_release(&p->source.lease);
	holds_release(&p->holds);
}
