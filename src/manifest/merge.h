/* SPDX-License-Identifier: MIT */
/* merge.h -- finishing a mapping: merge keys, then repeated keys. */
#ifndef MERGE_H
#define MERGE_H

#include "manifest/node.h"

/*
 * All pairs of `map` have been read.  Pairs that come by << stand first and yield to its
 * own; of a repeated key the last value stays, in the first one's place.  *count grows by
 * what is merged in and is held to NODE_MAX_COUNT.  -1: reported.
 */
int map_finish(struct page *p, struct node *map, size_t *count);

#endif
