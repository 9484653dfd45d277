/* SPDX-License-Identifier: MIT */
/*
 * left.c -- what a killed mlp left of an environment (declared in env.h).  Apart from env.c,
 * so that who only heals runs, as the library does, has none of the kinds in it.
 */
#include "env/docker.h"

bool env_is_left(struct arena *a, const char *state_dir)
{
	return docker_is_noted(a, state_dir);
}

void env_remove_left(
    const struct ctx *ctx, struct arena *a, const char *state_dir, const char *run_id)
{
	struct err err = ERR_INIT;
	int n = 0;
	if (docker_remove_left(ctx, a, state_dir, run_id, &n, &err) < 0)
		ctx_say(ctx, SAY_DEBUG, "what is left of run %.8s stays: %s", run_id,
		    err.msg);
	else if (n > 0)
		ctx_say(ctx, SAY_WARNING,
		    "a container that was left of run %.8s is removed", run_id);
}
