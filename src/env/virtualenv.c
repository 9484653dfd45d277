/* SPDX-License-Identifier: MIT */
#include "env/env.h"

static int cannot(struct err *err)
{
	return err_set(
	    err, ERR_FAIL, "--env-manager virtualenv is not supported by this version");
}

static int virtualenv_look(
    const struct env_want *w, struct env_look *out, struct err *err)
{
	(void)w;
	(void)out;
	return cannot(err);
}

static int virtualenv_open(struct env *e, struct err *err)
{
	(void)e;
	return cannot(err);
}

static void virtualenv_release(struct env *e)
{
	(void)e;
}

const struct env_ops virtualenv_ops = {
    .kind = ENV_VIRTUALENV,
    .look = virtualenv_look,
    .open = virtualenv_open,
    .release = virtualenv_release,
};
