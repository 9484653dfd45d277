/* SPDX-License-Identifier: MIT */
/*
 * arena.h -- memory for one operation, freed all at once.  What is parsed or planned lives
 * in the arena that was passed in; nothing in it is freed singly.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
	struct arena_block *head;
};

#define ARENA_INIT                                                                       \
	{                                                                                \
		.head = NULL                                                             \
	}
#define auto_arena __attribute__((cleanup(arena_release))) struct arena

/* Zeroed and aligned for anything. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((returns_nonnull));
void *arena_array(struct arena *a, size_t n, size_t size)
    __attribute__((returns_nonnull));
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void arena_release(struct arena *a);

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))

/*
 * One more element at the end of an array that lives in an arena (the old copy stays until
 * the arena goes): ARENA_GROW(a, v, n) leaves room for v[n].
 */
#define ARENA_GROW(a, v, n)                                                              \
	do {                                                                             \
		if ((n) == 0 || ((n) >= 4 && ((n) & ((n)-1)) == 0)) {                    \
			void *old_ = (v);                                                \
			(v) = arena_array((a), (n) ? (n)*2 : 4, sizeof(*(v)));           \
			if (n)                                                           \
				memcpy((v), old_, (n) * sizeof(*(v)));                   \
		}                                                                        \
	} while (0)

#endif
