/* SPDX-License-Identifier: MIT */
/*
 * prepare.h -- from a project URI and a request to a plan: source, manifest, plan, in
 * that order.  Nothing is recorded and no command is started; a git project is fetched.
 */
#ifndef PREPARE_H
#define PREPARE_H

#include "base/ctx.h"
#include "flow/frozen.h"
#include "flow/hold.h"
#include "manifest/manifest.h"
#include "plan/plan.h"
#include "source/source.h"

struct prepared {
	struct source source;
	struct source_facts facts; /* asked for, not yet waited for (local projects) */
	struct holds holds;	   /* what was brought for parameters */
	bool peeked; /* source.dir is a temporary extract of a git project */
	struct manifest *manifest;
	struct plan plan;
	struct diags diags; /* of the manifest and the plan; also filled on failure */
};

enum prepare_how {
	PREPARE_RUN,   /* a checkout that the command can run in */
	PREPARE_LOOK,  /* only what is needed to look at the manifest */
	PREPARE_QUEUE, /* the same; a later run of a git project need ask nobody */
};

/*
 * Get the project and read its manifest.  `ignore` as source_facts_start has it; NULL
 * asks for no facts.  -1: *err; mistakes in the manifest are in p->diags and *err counts
 * them. The caller owes prepared_done either way.
 */
int prepare_manifest(const struct ctx *ctx, struct arena *a, const char *uri,
    const char *version, enum prepare_how how, char *const *ignore, struct prepared *p,
    struct err *err);

/*
 * The plan as well.  ERR_USAGE is kept for mistakes of the command line alone.  `kept`
 * (flow/kept.h): a manifest that is known is not read again, nor a git project fetched
 * that was; *p must be done with before it is used again.  NULL: nothing is kept.
 */
struct kept;
int prepare_plan(const struct ctx *ctx, struct arena *a, const char *uri,
    const char *version, const struct request *rq, enum prepare_how how,
    char *const *ignore, struct kept *kept, struct prepared *p, struct err *err);

/* Of a project that was looked at, another plan. */
int prepare_again(const struct ctx *ctx, struct arena *a, const struct request *rq,
    struct prepared *p, struct err *err);

/* The same of a project as it was when the run was queued. */
int prepare_frozen(const struct ctx *ctx, struct arena *a, const struct frozen *f,
    const char *uri, const char *version, const struct request *rq, struct prepared *p,
    struct err *err);

/* Stop what is still asked for; remove what was only peeked at; let go of the rest. */
void prepared_done(struct prepared *p);

#endif
