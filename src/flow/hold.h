/* SPDX-License-Identifier: MIT */
/* hold.h -- directories of the cache that a run uses: `mlp gc` leaves them. */
#ifndef HOLD_H
#define HOLD_H

#include <stdbool.h>
#include <stddef.h>

/* The zero value holds nothing. */
struct holds {
	int *v; /* locked descriptors, owned */
	size_t n, cap;
};

/* False: the directory is not there (any more). */
bool holds_add(struct holds *h, const char *dir);
void holds_release(struct holds *h);

#endif
