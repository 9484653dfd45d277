/* SPDX-License-Identifier: MIT */
/* jobs.h -- how many runs at once: -j, else MLP_JOBS, else 1. */
#ifndef JOBS_H
#define JOBS_H

#include "cli/cli.h"

/* The value of -j, or NULL: what the environment says.  ERR_USAGE. */
int jobs_take(const char *value, size_t *n, struct err *err);

#endif
