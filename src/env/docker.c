/* SPDX-License-Identifier: MIT */
#include "env/env.h"

static int cannot(struct err *err)
{
	return err_set(
	    err, ERR_FAIL, "--env-manager docker is not supported by this version");
}

static int docker_look(const struct env_want *w, struct env_look *out, struct err *err)
{
	(void)w;
	(void)out;
	return cannot(err);
}

static int docker_open(struct env *e, struct err *err)
{
	(void)e;
	return cannot(err);
}

static void docker_release(struct env *e)
{
	(void)e;
}

const struct env_ops docker_ops = {
    .kind = ENV_DOCKER,
    .look = docker_look,
    .open = docker_open,
    .release = docker_release,
};
