/* SPDX-License-Identifier: MIT */
/*
 * siphash.h -- SipHash-2-4: a keyed hash of 64 bits that who does not know the key cannot
 * tell from chance.
 */
#ifndef SIPHASH_H
#define SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t k0, k1;
};

/* From the kernel's generator. */
void siphash_key_new(struct siphash_key *key);
uint64_t siphash(const struct siphash_key *key, const void *data, size_t n);

#endif
