/* SPDX-License-Identifier: MIT */
/*
 * alloc.h -- memory that is there or the program ends.  Sizes are checked for overflow;
 * out of memory calls the hook, if there is one, and aborts.
 */
#ifndef ALLOC_H
#define ALLOC_H

#include <stddef.h>

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
/* Room for n elements of `size` bytes each; p may be NULL. */
void *xrealloc_array(void *p, size_t n, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));

/* End the program as a failed allocation of `wanted` bytes does. */
_Noreturn void alloc_abort(size_t wanted);
/* Called once before abort(); must not allocate.  NULL: none. */
void alloc_set_oom_hook(void (*hook)(size_t wanted));
/* The hook of a program: one line on stderr. */
void alloc_say_oom(size_t wanted);

/*
 * Make room for one more element at the end of a growing array: GROW(v, n, cap) may move
 * v, and doubles cap when n has reached it.
 */
#define GROW(v, n, cap)                                                                  \
	do {                                                                             \
		if ((n) >= (cap)) {                                                      \
			(cap) = (cap) ? (cap)*2 : 8;                                     \
			(v) = xrealloc_array((v), (cap), sizeof(*(v)));                  \
		}                                                                        \
	} while (0)

#endif
