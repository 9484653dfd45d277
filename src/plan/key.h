/* SPDX-License-Identifier: MIT */
/* key.h -- which names a parameter, tag or metric may have, as MLflow's stores check. */
#ifndef KEY_H
#define KEY_H

#include "base/err.h"

enum {
	KEY_CHARS_MAX = 250,	/* characters */
	PARAM_VALUE_MAX = 6000, /* characters kept in the store; longer is cut */
	TAG_VALUE_MAX = 5000,	/* the smallest limit of any schema that we write to */
};

/*
 * Word characters, '/', '_', '-', '.', ' ' and ':' only; at most KEY_CHARS_MAX
 * characters; equal to its own normalised path (no "a//b", "../a", trailing slash).
 * `what` is "parameter" or "tag" in the error (ERR_USAGE).
 */
int key_check(const char *what, const char *key, struct err *err);

#endif
