/* SPDX-License-Identifier: MIT */
/* response.h -- a reply as libmicrohttpd wants it. */
#ifndef RESPONSE_H
#define RESPONSE_H

#include <microhttpd.h>

#include "server/exchange.h"

/* For MHD_destroy_response.  Takes over the reply's body or file.  NULL: out of resources. */
struct MHD_Response *response_make(struct reply *reply, const char *id);

#endif
