/* SPDX-License-Identifier: MIT */
/* key.h -- which names a parameter, tag or metric may have, as MLflow's stores check. */
#ifndef KEY_H
#define KEY_H

#include "base/err.h"

/* MLflow's limits, in characters: longer keys are refused, longer values are cut. */
enum { KEY_MAX = 250, PARAM_MAX = 6000, TAG_MAX = 8000 };

/*
 * Word characters, '/', '_', '-', '.', ' ' and ':' only; at most KEY_CHARS_MAX
 * characters; equal to its own normalised path (no "a//b", "../a", trailing slash).
 * `what` is "parameter" or "tag" in the error (ERR_USAGE).
 */
int key_check(const char *what, const char *key, struct err *err);

#endif
