/* SPDX-License-Identifier: MIT */
/* nearest.h -- "did you mean": the known word that a mistyped one is closest to. */
#ifndef NEAREST_H
#define NEAREST_H

#include <stddef.h>

/*
 * The candidate closest to word (letter case counts nothing, swapped neighbours count one
 * edit), or NULL when none is close: at most one edit in three letters.  The first of
 * equally close ones wins.
 */
const char *nearest(const char *word, const char *const *candidates, size_t n);

#endif
