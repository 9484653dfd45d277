/* SPDX-License-Identifier: MIT */
#include "base/strvec.h"

#include <stdarg.h>

#include "base/alloc.h"
#include "base/buf.h"

static void push_owned(struct strvec *sv, char *s)
{
	if (sv->n + 1 >= sv->cap) {
		sv->cap = sv->cap ? sv->cap * 2 : 8;
		sv->v = xrealloc_array(sv->v, sv->cap, sizeof(*sv->v));
	}
	sv->v[sv->n++] = s;
	sv->v[sv->n] = NULL;
}

void strvec_push(struct strvec *sv, const char *s)
{
	push_owned(sv, xstrdup(s));
}

void strvec_pushf(struct strvec *sv, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	push_owned(sv, buf_detach(&b));
}

void strvec_push_all(struct strvec *sv, char *const *v)
{
	for (; v && *v; v++)
		strvec_push(sv, *v);
}

char *const *strvec_argv(struct strvec *sv)
{
	static char *const none[] = {NULL};
	return sv->v ? sv->v : none;
}

static size_t env_find(const struct strvec *sv, const char *name)
{
	size_t len = strlen(name), i;
	for (i = 0; i < sv->n; i++)
		if (strncmp(sv->v[i], name, len) == 0 && sv->v[i][len] == '=')
			break;
	return i;
}

void strvec_setenv(struct strvec *sv, const char *name, const char *value)
{
	size_t i = env_find(sv, name);
	if (i < sv->n) {
		free(sv->v[i]);
		memmove(sv->v + i, sv->v + i + 1, (sv->n - i) * sizeof(*sv->v));
		sv->n--;
	}
	if (value)
		strvec_pushf(sv, "%s=%s", name, value);
}

const char *strvec_getenv(const struct strvec *sv, const char *name)
{
	size_t i = env_find(sv, name);
	return i < sv->n ? sv->v[i] + strlen(name) + 1 : NULL;
}

void strvec_release(struct strvec *sv)
{
	for (size_t i = 0; i < sv->n; i++)
		free(sv->v[i]);
	free(sv->v);
	sv->v = NULL;
	sv->n = sv->cap = 0;
}
