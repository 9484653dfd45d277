/* SPDX-License-Identifier: MIT */
#include "env/env.h"

static int cannot(struct err *err)
{
	return err_set(
	    err, ERR_FAIL, "--env-manager conda is not supported by this version");
}

static int conda_look(const struct env_want *w, struct env_look *out, struct err *err)
{
	(void)w;
	(void)out;
	return cannot(err);
}

static int conda_open(struct env *e, struct err *err)
{
	(void)e;
	return cannot(err);
}

static void conda_release(struct env *e)
{
	(void)e;
}

const struct env_ops conda_ops = {
    .kind = ENV_CONDA,
    .look = conda_look,
    .open = conda_open,
    .release = conda_release,
};
