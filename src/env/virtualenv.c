/* SPDX-License-Identifier: MIT */
/* virtualenv.c -- virtual environments made with uv where it is there, else Python's venv and pip. */
#include "env/venv.h"

static int look(const struct env_want *w, struct env_look *out, struct err *err)
{
	return venv_look(w, false, out, err);
}

static int begin(struct env *e, struct err *err)
{
	return venv_open(e, false, err);
}

const struct env_ops virtualenv_ops = {
    .kind = ENV_VIRTUALENV,
    .look = look,
    .open = begin,
    .make = venv_make,
    .wrap = venv_wrap,
    .end = venv_end,
    .release = venv_close,
};
