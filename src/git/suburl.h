/* SPDX-License-Identifier: MIT */
/* suburl.h -- the address of a submodule, which may be relative to that of its parent. */
#ifndef SUBURL_H
#define SUBURL_H

#include "base/arena.h"
#include "base/err.h"

/*
 * "../other.git" and "./x" against `base`: a URL, host:path or a path.  What does not begin
 * so is returned as it is.  NULL: it leads above what the address has.
 */
const char *suburl_resolve(
    struct arena *a, const char *base, const char *url, struct err *err);

#endif
