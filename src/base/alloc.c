/* SPDX-License-Identifier: MIT */
#include "base/alloc.h"

#include <stdint.h>

static void (*oom_hook)(size_t);

void alloc_say_oom(size_t wanted)
{
	dprintf(STDERR_FILENO, "mlp: out of memory (%zu bytes wanted)\n", wanted);
}

void alloc_set_oom_hook(void (*hook)(size_t wanted))
{
	__atomic_store_n(&oom_hook, hook, __ATOMIC_RELAXED);
}

_Noreturn void alloc_abort(size_t wanted)
{
	void (*hook)(size_t) = __atomic_load_n(&oom_hook, __ATOMIC_RELAXED);
	if (hook)
		hook(wanted);
	abort();
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);
	if (!p)
		alloc_abort(size);
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);
	if (!p)
		alloc_abort(n);
	return p;
}

void *xrealloc_array(void *p, size_t n, size_t size)
{
	size_t total;
	if (__builtin_mul_overflow(n, size, &total))
		alloc_abort(SIZE_MAX);
	p = realloc(p, total ? total : 1);
	if (!p)
		alloc_abort(total);
	return p;
}

char *xstrndup(const char *s, size_t n)
{
	char *p = xmalloc(n + 1);
	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}
