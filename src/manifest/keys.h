/* SPDX-License-Identifier: MIT */
/* keys.h -- the keys that a mapping of the manifest may have, and words about the others.
 */
#ifndef KEYS_H
#define KEYS_H

#include "manifest/node.h"

enum key_level {
	KEYS_TOP,
	KEYS_ENTRY,
	KEYS_PARAM,
	KEYS_DOCKER,
	KEYS_RESOURCES,
	KEYS_RETRIES
};

/*
 * Warn about every key that the level does not know, with what was probably meant, and
 * about those that are kept for later versions.
 */
void keys_check(struct page *p, const struct node *map, enum key_level level);

#endif
