/* SPDX-License-Identifier: MIT */
/* uv.c -- virtual environments made with uv alone. */
#include "env/venv.h"

static int look(const struct env_want *w, struct env_look *out, struct err *err)
{
	return venv_look(w, true, out, err);
}

static int begin(struct env *e, struct err *err)
{
	return venv_open(e, true, err);
}

const struct env_ops uv_ops = {
    .kind = ENV_UV,
    .look = look,
    .open = begin,
    .make = venv_make,
    .wrap = venv_wrap,
    .end = venv_end,
    .release = venv_close,
};
