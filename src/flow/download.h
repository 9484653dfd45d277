/* SPDX-License-Identifier: MIT */
/* download.h -- path parameters that are elsewhere, brought here. */
#ifndef DOWNLOAD_FLOW_H
#define DOWNLOAD_FLOW_H

#include "base/ctx.h"
#include "flow/hold.h"
#include "plan/params.h"

struct download {
	const struct ctx *ctx;
	const char *dir; /* where files are kept by content; NULL: <cache>/downloads */
	struct holds *holds; /* gets what is brought */
};

/* For params_bring; arg is a struct download. */
int download_param(void *arg, struct arena *a, struct param *p, struct err *err);

#endif
