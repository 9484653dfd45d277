/* SPDX-License-Identifier: MIT */
#include "base/nearest.h"

#include <stdbool.h>
#include <stdint.h>

enum { LONGEST = 64 };

static unsigned char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : (unsigned char)c;
}

static size_t min2(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edits that turn a into b: insert, delete, replace, swap two neighbours. */
static size_t distance(const char *a, size_t na, const char *b, size_t nb)
{
	size_t row[3][LONGEST + 1];
	size_t *before = row[0], *last = row[1], *now = row[2];
	for (size_t j = 0; j <= nb; j++)
		last[j] = before[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t *spare = before;
		now[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			bool same = fold(a[i - 1]) == fold(b[j - 1]);
			now[j] = min2(last[j - 1] + !same, min2(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
			    fold(a[i - 2]) == fold(b[j - 1]))
				now[j] = min2(now[j], before[j - 2] + 1);
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[nb];
}

const char *nearest(const char *word, const char *const *candidates, size_t n)
{
	const char *best = NULL;
	size_t len = strlen(word), best_distance = SIZE_MAX;
	if (len == 0 || len > LONGEST)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t clen = strlen(candidates[i]), longer = len > clen ? len : clen, d;
		if (clen > LONGEST)
			continue;
		d = distance(word, len, candidates[i], clen);
		if (d <= longer / 3 && d < best_distance) {
			best = candidates[i];
			best_distance = d;
		}
	}
	return best;
}
