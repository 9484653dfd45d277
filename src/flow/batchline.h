/* SPDX-License-Identifier: MIT */
/*
 * batchline.h -- one line of `mlp batch`: a run that is asked for, as a JSON object.  Pure.
 *
 *   uri              text, needed
 *   entry_point, version, run_name, experiment_name, env_manager
 *                    texts
 *   params, tags     {name: text, number, true or false}
 *   timeout          a number of seconds, or a text as --timeout takes it
 *
 * A member that is null is as one that is not there.
 */
#ifndef BATCHLINE_H
#define BATCHLINE_H

#include "base/json.h"
#include "flow/launch.h"

enum { BATCHLINE_MAX = 1 << 20 };

/*
 * Fill in *rq; strings are borrowed from *j, which is the caller's to delete (also after a
 * failure), and lists are in the arena.  ERR_USAGE says what is wrong.
 */
int batchline_parse(struct arena *a, const char *text, size_t n, cJSON **j,
    struct run_request *rq, struct err *err);

/* The text of a number, true or false, as Python's str() gives it; NULL: none of them. */
const char *batchline_scalar(struct arena *a, const cJSON *j);

#endif
