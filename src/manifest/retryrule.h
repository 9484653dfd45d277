/* SPDX-License-Identifier: MIT */
/*
 * retryrule.h -- whether a command that has failed is started again: how often, how soon,
 * after which ends.
 */
#ifndef RETRYRULE_H
#define RETRYRULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { RETRIES_MOST = 1000 };

/* The zero value says nothing. */
struct retry_rule {
	bool given;	  /* `most` is */
	int most;	  /* attempts after the first */
	int64_t delay_ms; /* before the first of them; 0: not given */
	const char *on;	  /* as retry_on_check takes it; NULL: not given */
};

/* "0", "3".  ERR_USAGE. */
int retry_most_parse(const char *text, int *most, struct err *err);

/*
 * A list of ends, with commas between: exit codes (1 to 255), "signal" (one that mlp did
 * not send), "timeout", "oom" (out of memory), "never" (its environment could not be
 * made, or it could not be started), "any" (each of them but never).  ERR_USAGE.
 */
int retry_on_check(const char *list, struct err *err);
/* Is it in a list that was checked?  `word`: one of the words above, or the code. */
bool retry_on_has(const char *list, const char *word);

/* What `over` gives, and of the rest what `rule` gives. */
struct retry_rule retry_rule_over(
    const struct retry_rule *rule, const struct retry_rule *over);

#endif
