/* SPDX-License-Identifier: MIT */
/* httperr.h -- what libcurl and servers answer, in plain words. */
#ifndef HTTPERR_H
#define HTTPERR_H

#include <curl/curl.h>
#include <stdbool.h>

#include "fetch/request.h"

/* The connection broke while it was in use. */
bool httperr_is_cut(CURLcode rc);
/* There was no connection: the name, the network or the host. */
bool httperr_is_unreachable(CURLcode rc);

/* `cause`: libcurl's own text, or "".  `status`: of HTTP, or 0. */
int httperr_set(struct err *err, const struct request *rq, CURLcode rc, long status,
    const char *cause);

#endif
