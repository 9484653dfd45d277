/* SPDX-License-Identifier: MIT */
/* place.h -- where the bytes of a scalar's value stand in the file. */
#ifndef PLACE_H
#define PLACE_H

#include "manifest/node.h"

/*
 * The mark of every byte of n->text and of its end (strlen + 1 marks), or NULL when the
 * way from the file to the value cannot be retraced.  Computed once per node.
 */
const struct mark *place_map(struct page *p, struct node *n);

#endif
