/* SPDX-License-Identifier: MIT */
/* netrc.h -- ~/.netrc, as curl reads it for git. */
#ifndef NETRC_H
#define NETRC_H

#include <stdbool.h>

#include "base/arena.h"

/*
 * The entry for the host (and for *user, where that is not NULL), or "default", in a
 * netrc's text.
 */
bool netrc_find(struct arena *a, const char *text, const char *host, const char **user,
    const char **password);
/* The same, in the file of this user; a file that cannot be read has no entry. */
bool netrc_lookup(
    struct arena *a, const char *host, const char **user, const char **password);

#endif
