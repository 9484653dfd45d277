/* SPDX-License-Identifier: MIT */
/* secret.h -- which names speak of something that others must not see. */
#ifndef SECRET_H
#define SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* A variable: the first n bytes of `name` speak of a token, a password, a key or the like. */
bool secret_name(const char *name, size_t n);

enum secret_sure {
	SECRET_NOT,
	SECRET_MAYBE, /* it is masked, but may as well say which file is meant: key= */
	SECRET_SURE,
};

/*
 * A parameter in the query of a URL, as it stands there: percent-encoded or not, in any
 * case.  It tells by its end, so what stands before it, as in "amp;token", does no harm.
 */
enum secret_sure secret_in_query(const char *name, size_t n);

/*
 * A parameter that only says until when and with which algorithm a signature of the same
 * URL holds: it is no secret, but new with each.
 */
bool secret_is_signing(const char *name, size_t n);

#endif
