/* SPDX-License-Identifier: MIT */
/*
 * error.h -- a failure as MLflow's server tells it: {"error_code": ..., "message": ...} and
 * the status that belongs to the code.  The text is the error's own; hints stay behind.
 *
 *   ERR_NOTFOUND    404 RESOURCE_DOES_NOT_EXIST
 *   ERR_USAGE       400 INVALID_PARAMETER_VALUE
 *   ERR_CONFLICT    400 INVALID_PARAMETER_VALUE (a parameter's other value, a deleted run)
 *   ERR_EXISTS      400 RESOURCE_ALREADY_EXISTS
 *   ERR_UNSUPPORTED 404 ENDPOINT_NOT_FOUND (as a server of the store's age)
 *   ERR_BUSY        503 TEMPORARILY_UNAVAILABLE  (clients try again)
 *   else            500 INTERNAL_ERROR           (clients try again: disk full ...)
 */
#ifndef API_ERROR_H
#define API_ERROR_H

#include "api/api.h"
#include "base/err.h"

void api_fail(struct api_reply *out, const struct err *err);
/* With a code of MLflow's that has no err_code of its own: ENDPOINT_NOT_FOUND, ... */
void api_fail_as(
    struct api_reply *out, int status, const char *error_code, const char *message);
/*
 * The same from within a handler: sets *err, and that the reply to this request bears this
 * status and code.  `error_code` is static.  -1.
 */
int api_refuse(struct api *api, struct err *err, int status, const char *error_code,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#endif
