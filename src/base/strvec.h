/* SPDX-License-Identifier: MIT */
/*
 * strvec.h -- a growing, NULL-terminated array of owned strings, the shape of an argv or an
 * environment.  `v` may be NULL while n is 0; use strvec_argv() where a NULL-terminated
 * array is needed.
 */
#ifndef STRVEC_H
#define STRVEC_H

#include <stddef.h>

struct strvec {
	char **v;
	size_t n, cap;
};

#define STRVEC_INIT                                                                      \
	{                                                                                \
		.v = NULL                                                                \
	}
#define auto_strvec __attribute__((cleanup(strvec_release))) struct strvec

void strvec_push(struct strvec *sv, const char *s);
void strvec_pushf(struct strvec *sv, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Copy a NULL-terminated array. */
void strvec_push_all(struct strvec *sv, char *const *v);
char *const *strvec_argv(struct strvec *sv);
/* As an environment: set NAME to value (replacing it), or remove it (value NULL). */
void strvec_setenv(struct strvec *sv, const char *name, const char *value);
const char *strvec_getenv(const struct strvec *sv, const char *name);
void strvec_release(struct strvec *sv);

#endif
