/* SPDX-License-Identifier: MIT */
/* key.h -- which names a parameter, tag or metric may have, as MLflow's stores check. */
#ifndef KEY_H
#define KEY_H

#include "base/err.h"

/* MLflow's limits, in characters: longer keys are refused, longer values are cut. */
enum { KEY_MAX = 250, PARAM_MAX = 6000, TAG_MAX = 8000 };

/* What is wrong with a key: the first that applies. */
enum key_flaw {
	KEY_FINE,
	KEY_CHARS, /* not UTF-8, or a character that no key may have */
	KEY_EMPTY,
	KEY_PATH, /* as a path it would be another name: "a//b", "../a", "/a" */
	KEY_LONG,
};
enum key_flaw key_flaw(const char *key);

/*
 * Word characters, '/', '_', '-', '.', ' ' and ':' only; at most KEY_MAX
 * characters; equal to its own normalised path (no "a//b", "../a", trailing slash).
 * `what` is "parameter" or "tag" in the error (ERR_USAGE).
 */
int key_check(const char *what, const char *key, struct err *err);

#endif
