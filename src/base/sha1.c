/* SPDX-License-Identifier: MIT */
#include "base/sha1.h"

#include <stdint.h>

enum { BLOCK = 64, LENGTH_AT = 56 };

struct sha1 {
	uint32_t h[5];
	uint64_t bytes;
	unsigned char block[BLOCK];
};

static uint32_t rotate(uint32_t x, int n)
{
	return x << n | x >> (32 - n);
}

static uint32_t word_at(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void expand(const unsigned char *block, uint32_t w[80])
{
	for (int i = 0; i < 16; i++)
		w[i] = word_at(block + 4 * i);
	for (int i = 16; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
}

/* The function and the constant of a round of twenty. */
static uint32_t mix(int i, uint32_t b, uint32_t c, uint32_t d)
{
	if (i < 20)
		return ((b & c) | (~b & d)) + 0x5a827999;
	if (i < 40)
		return (b ^ c ^ d) + 0x6ed9eba1;
	if (i < 60)
		return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
	return (b ^ c ^ d) + 0xca62c1d6;
}

static void take_block(struct sha1 *s)
{
	uint32_t w[80], v[5];
	expand(s->block, w);
	memcpy(v, s->h, sizeof(v));
	for (int i = 0; i < 80; i++) {
		uint32_t next = rotate(v[0], 5) + mix(i, v[1], v[2], v[3]) + v[4] + w[i];
		v[4] = v[3];
		v[3] = v[2];
		v[2] = rotate(v[1], 30);
		v[1] = v[0];
		v[0] = next;
	}
	for (int i = 0; i < 5; i++)
		s->h[i] += v[i];
}

static void add(struct sha1 *s, const void *data, size_t n)
{
	const unsigned char *p = data;
	for (size_t i = 0; i < n; i++) {
		s->block[s->bytes++ % BLOCK] = p[i];
		if (s->bytes % BLOCK == 0)
			take_block(s);
	}
}

static void finish(struct sha1 *s, char hex[SHA1_HEX + 1])
{
	uint64_t bits = s->bytes * 8;
	unsigned char length[8];
	add(s, "\x80", 1);
	while (s->bytes % BLOCK != LENGTH_AT)
		add(s, "", 1);
	for (int i = 0; i < 8; i++)
		length[i] = (unsigned char)(bits >> (56 - 8 * i));
	add(s, length, sizeof(length));
	for (int i = 0; i < 5; i++)
		snprintf(hex + 8 * i, 9, "%08x", s->h[i]);
}

static const struct sha1 start = {
    .h = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};

void sha1_of_blob(const void *data, size_t n, char hex[SHA1_HEX + 1])
{
	struct sha1 s = start;
	char head[32];
	int len = snprintf(head, sizeof(head), "blob %zu", n);
	add(&s, head, (size_t)len + 1);
	add(&s, data, n);
	finish(&s, hex);
}

void sha1_of(const void *data, size_t n, char hex[SHA1_HEX + 1])
{
	struct sha1 s = start;
	add(&s, data, n);
	finish(&s, hex);
}
