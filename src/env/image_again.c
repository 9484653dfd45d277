/* SPDX-License-Identifier: MIT */
/* image_again.c -- the image that a run had which is run again. */
#include "env/image_parts.h"

/* What name it has now may be another one. */
static void say_gone(const struct env *e)
{
	const struct env_image_was *was = &e->want.plan->environment.was;
	ctx_say(e->want.ctx, SAY_WARNING,
	    "the image of the recorded run, %s (%.19s), is not here any more%s: what has "
	    "its name now is used",
	    was->uri ? was->uri : "", was->id,
	    was->digest ? ", nor in its registry" : "");
}

int image_again(
    struct env *e, const struct engine *en, struct image *out, struct err *err)
{
	const struct env_image_was *was = &e->want.plan->environment.was;
	enum pull_failure failure;
	struct image_found found;
	struct err why = ERR_INIT;
	int there = was->id ? image_find(en, was->id, &found, err) : 0;
	if (there < 0 || !was->id)
		return there;
	if (!there && was->digest && was->digest[0] != '-' && !e->want.ctx->offline &&
	    image_pull(e, en, was->digest, &failure, &why) == 0)
		there = image_find(en, was->digest, &found, err);
	if (why.code == ERR_INTERRUPTED) {
		*err = why;
		return -1;
	}
	if (there < 0)
		return -1;
	if (!there) {
		say_gone(e);
		return 0;
	}
	*out = found.image;
	out->uri = was->uri ? was->uri : was->id;
	out->has_project = e->want.plan->environment.build_image && found.context;
	return 1;
}
