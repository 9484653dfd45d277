/* SPDX-License-Identifier: MIT */
/* secret.h -- which variables may hold something that others must not see. */
#ifndef SECRET_H
#define SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* The first n bytes of `name` speak of a token, a password, a key or the like. */
bool secret_name(const char *name, size_t n);

#endif
