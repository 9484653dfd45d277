/* SPDX-License-Identifier: MIT */
/* drylimits.h -- the part of a dry run about limits, repetition and the end. */
#ifndef DRYLIMITS_H
#define DRYLIMITS_H

#include "base/buf.h"
#include "base/json.h"
#include "flow/launch.h"

/* Members of the plan, null where nothing is asked for. */
void drylimits_json(cJSON *j, const struct plan *plan, const struct run_request *rq);
/* Lines of the table, none where nothing is asked for. */
void drylimits_print(
    struct buf *b, const struct plan *plan, const struct run_request *rq);

#endif
