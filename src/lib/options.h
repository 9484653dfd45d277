/* SPDX-License-Identifier: MIT */
/* options.h -- the options of a run as what mlp-supervise is asked (supervise/request.h). */
#ifndef LIB_OPTIONS_H
#define LIB_OPTIONS_H

#include "base/json.h"
#include "lib/context.h"

/* Fill in the empty object; new_id: of the run, where it is a new one. */
int options_to_request(const struct mlp *m, const struct mlp_run_options *o,
    const char *new_id, cJSON *request, struct err *err);

#endif
