/* SPDX-License-Identifier: MIT */
#include "env/env.h"

static int cannot(struct err *err)
{
	return err_set(
	    err, ERR_FAIL, "--env-manager uv is not supported by this version");
}

static int uv_look(const struct env_want *w, struct env_look *out, struct err *err)
{
	(void)w;
	(void)out;
	return cannot(err);
}

static int uv_open(struct env *e, struct err *err)
{
	(void)e;
	return cannot(err);
}

static void uv_release(struct env *e)
{
	(void)e;
}

const struct env_ops uv_ops = {
    .kind = ENV_UV,
    .look = uv_look,
    .open = uv_open,
    .release = uv_release,
};
