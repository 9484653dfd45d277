/* SPDX-License-Identifier: MIT */
/* limitopts.h -- options about what a run may use, and what is done when it has ended. */
#ifndef LIMITOPTS_H
#define LIMITOPTS_H

#include "cli/opt.h"
#include "flow/launch.h"

extern const struct opt limit_opts[];

/* As runopts_take; 1: it is none of these. */
int limitopts_take(
    struct run_request *rq, const struct opt *opt, const char *value, struct err *err);

#endif
