/* SPDX-License-Identifier: MIT */
/*
 * range.h -- the values that a parameter takes in a sweep, from one text.  Pure.
 *
 *   0.1,0.01,'a, b'     these values, as they stand; quotes and \ keep a comma
 *   range(2,9,2)        2 4 6 8: as Python's, the end is not in it; numbers with a
 *                       point or a negative step, too: range(0,1,0.25), range(5)
 *   uniform(0,1)        a random number in [0, 1): one per point of a random sweep
 *   loguniform(1e-5,1)  the same, its logarithm being uniform
 *   @points.csv         the column of that name; columns of one file go together
 *   @points.csv:lr      the column lr
 *
 * Lists and ranges can be mixed: 1,range(10,40,10),100.
 */
#ifndef RANGE_H
#define RANGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum { RANGE_MAX = 1000000 }; /* values of one parameter */

enum range_kind { RANGE_VALUES, RANGE_UNIFORM, RANGE_LOGUNIFORM, RANGE_COLUMN };

struct range {
	enum range_kind kind;
	const char **v; /* VALUES: n of them, at least one */
	size_t n;
	double low, high;	   /* UNIFORM, LOGUNIFORM */
	const char *file, *column; /* COLUMN; column NULL: the parameter's own name */
};

/*
 * The strings are in the arena.  ERR_USAGE names the place: "range(1,5,0): the step is 0
 * (at character 11)".
 */
int range_parse(struct arena *a, const char *text, struct range *out, struct err *err);

/*
 * A random value of *r as text, from `state` (any number but 0; changed): the same on
 * every machine.  VALUES: one of them.  Not for COLUMN.
 */
const char *range_draw(struct arena *a, const struct range *r, uint64_t *state);
/* One of 0 .. n - 1, likewise. */
size_t range_draw_index(size_t n, uint64_t *state);

#endif
