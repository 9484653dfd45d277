/* SPDX-License-Identifier: MIT */
/*
 * points.h -- the points of a sweep: from what was given with -P to a table of values.
 *
 * Lists and ranges are crossed, the last one varying fastest; the columns of one CSV file
 * go together.  A random sweep draws from each instead.
 */
#ifndef POINTS_H
#define POINTS_H

#include <stdbool.h>

#include "plan/range.h"

enum { POINTS_MAX = 100000, POINTS_PARAMS_MAX = 200 };

struct points {
	const char **names; /* of the parameters, in the order given */
	size_t nparams;
	const char ***rows; /* a value for each; numbered from 1, for ever */
	size_t n;
	size_t *index; /* numbers by hash, 0: free; in the arena */
	size_t places; /* of the index, a power of 2 */
};

/* Everything is borrowed. */
struct points_want {
	struct {
		const char *name; /* NULL: the columns of a file, as "@points.csv" */
		const char *text; /* plan/range.h */
	} given[POINTS_PARAMS_MAX];
	size_t ngiven;
	size_t random; /* so many random points; 0: all there are */
	uint64_t seed;
	bool seeded; /* seed was given */
};

/*
 * One more, "lr=0.1,0.01" or "@points.csv".  ERR_USAGE: no "=", a name that is there.
 */
int points_want_add(
    struct arena *a, struct points_want *w, const char *text, struct err *err);

/*
 * Strings live in the arena.  Random points differ from each other and from those in
 * `known` (which may be NULL) where enough of them can be found.  ERR_USAGE names the
 * parameter and the place.
 */
int points_make(struct arena *a, const struct points_want *w, const struct points *known,
    struct points *out, struct err *err);

/* The number of an equal row, from 1; 0: there is none. */
size_t points_find(const struct points *p, const char *const *row);
/*
 * Add the rows of `from` that are not there.  ERR_USAGE: it has other parameters, or
 * there would be too many.
 */
int points_merge(
    struct arena *a, struct points *to, const struct points *from, struct err *err);
/* Append it; strings are borrowed. */
void points_add(struct arena *a, struct points *p, const char **row);

#endif
